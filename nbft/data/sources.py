"""Sources named in a spec -> rows: files, folders, URLs, databases, starter data, variables of the notebook, the hub."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datasets import Dataset, ReadInstruction, concatenate_datasets

from nbft.data.databases import read_database
from nbft.data.downloads import fetch, without_secrets
from nbft.data.files import Options, read_file
from nbft.data.folders import read_folder
from nbft.data.gathering import gather
from nbft.data.hub import is_laid_out, read_hub
from nbft.errors import DataError
from nbft.spec.row_source import RowSource, sources_in
from nbft.spec.sources import FILE_ENDINGS, ending_of, source_of
from nbft.starter import STARTER_DATA


@dataclass
class Source:
    """What a source holds: `rows` by split where it knows splits, under `train` where it doesn't."""

    splits: dict[str, Dataset]
    notes: list[str] = field(default_factory=list)
    weight: float = 1.0
    """How many times its rows are taken for training: 0.5 takes half of them, 2 takes each twice."""
    name: str = ""
    """As the spec says it."""


def read_sources(value: Any, variables: Path, key: str = "") -> list[Source]:
    """Reads all that the value of a `data` key names (a text, a mapping, or a list of them), in their order.

    Raises DataError, whose path is the place in the spec: `key` (as `data.train`) and what is below it.
    """
    several = isinstance(value, list)
    return [
        read_source(source, variables, f"{key}.{place}" if several and key else key)
        for place, source in enumerate(sources_in(value))
    ]


def read_source(source: Any, variables: Path, key: str = "") -> Source:
    """Reads one source, a text or a mapping; `variables` is the run's folder of notebook variables. Raises DataError."""
    (wanted,) = sources_in(source)
    try:
        found = _with_train(_read(wanted, variables), wanted)
    except DataError as error:
        is_below = key and not isinstance(source, str) and error.path in RowSource.model_fields
        raise DataError(error.what, error.fix, f"{key}.{error.path}" if is_below else key) from error.__cause__
    return replace(found, weight=wanted.weight, name=without_secrets(wanted.source))


def _read(wanted: RowSource, variables: Path) -> Source:
    """Reads a source and takes the split of it that is named, if any."""
    is_hub = _is_of_hub(wanted)
    if is_hub or _kind(wanted) == "hub":
        splits = read_hub(wanted.source, wanted.config, wanted.split)
        said = " ".join(part for part in (wanted.source, wanted.config, wanted.split) if part)
        return Source(splits, [] if is_hub else [f"{said} was read from the hub."])
    found = _READERS[_kind(wanted)](wanted, variables)
    return replace(found, splits={"train": _taken(found, wanted)}) if wanted.split else found


def _with_train(found: Source, wanted: RowSource) -> Source:
    """What is read for one split only still has its rows under `train`; which they are is for the spec to say."""
    if "train" in found.splits:
        return found
    fix = f"Say which of its rows, as in   {{source: {wanted.source}, split: {next(iter(found.splits))}}}"
    raise DataError(f"{wanted.source} has no training rows, only {', '.join(found.splits)}.", fix, "split")


def _kind(wanted: RowSource) -> str:
    """Returns what the source is, now that it can be looked for: file, folder, variable, url, database or hub."""
    kind = source_of(wanted.source).kind
    path = Path(wanted.source).expanduser()
    if wanted.source in STARTER_DATA or (kind in ("file", "hub") and path.is_dir()):
        return "folder"
    is_file = ending_of(wanted.source) in FILE_ENDINGS or path.is_file()
    return "file" if kind == "hub" and is_file else "database" if kind == "url" and wanted.query else kind


def _is_of_hub(wanted: RowSource) -> bool:
    """Returns whether a folder here is laid out as a data set of the hub is."""
    path = Path(wanted.source).expanduser()
    return wanted.source not in STARTER_DATA and path.is_dir() and (wanted.config is not None or is_laid_out(path))


def _options(wanted: RowSource) -> Options:
    return Options(wanted.sheet, wanted.query, wanted.encoding)


def _read_one_file(wanted: RowSource, _: Path) -> Source:
    rows, notes = read_file(Path(wanted.source).expanduser(), _options(wanted))
    return Source({"train": rows}, notes)


def _read_one_folder(wanted: RowSource, _: Path) -> Source:
    return Source(*read_folder(STARTER_DATA.get(wanted.source) or Path(wanted.source).expanduser(), _options(wanted)))


def _read_url(wanted: RowSource, _: Path) -> Source:
    file, said = fetch(wanted.source)
    rows, notes = read_file(file, _options(wanted))
    return Source({"train": rows}, [*said, *notes])


def _read_database(wanted: RowSource, _: Path) -> Source:
    if not wanted.query:
        raise DataError("A database needs a query.", "Write   query: SELECT text, label FROM reviews", "query")
    key = f"query-{uuid.uuid4().hex}"  # a query may give other rows each time
    rows = gather("the database", read_database(wanted.source, wanted.query), [], key)
    if not len(rows):
        raise DataError("The query gives no rows.", "", "query")
    return Source({"train": rows})


def _read_variable(wanted: RowSource, variables: Path) -> Source:
    name = wanted.source[1:]
    file, folder = variables / f"{name}.parquet", variables / name
    if file.is_file():
        return Source({"train": read_file(file)[0]})
    if folder.is_dir():
        return Source(*read_folder(folder))
    raise DataError(
        f"{wanted.source} is a variable of a notebook, and this run's folder holds no copy of it.",
        f"Start the run from the notebook that has {name!r}, or name a file instead.",
    )


def _taken(found: Source, wanted: RowSource) -> Dataset:
    """Returns the rows of a split, or of a slice of one, as `train[:10%]` or `test[100:200]+train`."""
    sizes = {name: len(rows) for name, rows in found.splits.items()}
    try:
        parts = ReadInstruction.from_spec(str(wanted.split)).to_absolute(sizes)
    except (ValueError, AssertionError, TypeError) as error:
        reason = "" if "Unknown split" in str(error) else f": {str(error).splitlines()[0].rstrip('.')}"
        what = f"{wanted.source} has no split {wanted.split!r}{reason}."
        fix = f"Its splits: {', '.join(sizes)}. A slice is written   split: train[:10%]"
        raise DataError(what, fix, "split") from None
    rows = [found.splits[part.splitname].select(range(part.from_, part.to)) for part in parts]
    return rows[0] if len(rows) == 1 else concatenate_datasets(rows)


_READERS = {
    "file": _read_one_file,
    "folder": _read_one_folder,
    "url": _read_url,
    "database": _read_database,
    "variable": _read_variable,
}
