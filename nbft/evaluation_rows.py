"""The rows that an evaluation is asked about: as the worker reads them, and what tells whether they are the same again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbft.launch.prepare import write_parquet
from nbft.record.folder import RunFolder
from nbft.spec.row_source import sources_in
from nbft.spec.sources import Source, share_or_source, source_of
from nbft.starter import STARTER_DATA

HUB_TIMEOUT_S = 5.0


@dataclass
class AskedRows:
    """Rows of any kind as a request names them."""

    source: Any
    """A source's name, a mapping with one, or None for the first run's own."""
    key: str
    """The same for the same rows."""
    unsure: list[str] = field(default_factory=list)
    """Data sets of the hub that may have changed: the hub could not be asked."""

    def notes(self, file: Path) -> list[str]:
        """Returns a sentence about each of them, where an answer that was kept in `file` is taken."""
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime))
        said = "this answer is of {when}, and whether it has changed on the hub since then could not be looked up."
        return [f"{name}: {said.format(when=when)}" for name in self.unsure]


def asked_rows(data: Any, folder: RunFolder) -> AskedRows:
    """Returns the rows of `data`, those of the notebook written into the run's folder."""
    if data is None:
        return _told(None, "", _own_sources(folder))
    if isinstance(data, Mapping) and not _is_split(data) and "source" in data:
        if isinstance(data["source"], str):
            return _told(dict(data), json.dumps(data, sort_keys=True), [data["source"]])
        source, content = _staged(data["source"], folder)
        return AskedRows({**data, "source": source}, json.dumps([{**data, "source": ""}, content], sort_keys=True))
    if isinstance(data, str | Path):
        return _told(str(data), "", [str(data)])
    return AskedRows(*_staged(data, folder))


def _told(source: Any, said: str, names: Iterable[str]) -> AskedRows:
    """Returns a source with a key of what is said of it and of the sources that it names, as they are by now."""
    found = {name: as_it_is(name) for name in names}
    return AskedRows(
        source,
        f"{said} {' '.join(found.values())}",
        [n for n, is_now in found.items() if is_now == n and _is_of_hub(n)],
    )


def _own_sources(folder: RunFolder) -> list[str]:
    """Returns the names of what a run reads."""
    section = json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"]["data"]
    named = [section.get(split) for split in ("train", "validation", "test")]
    given = [value for value in named if isinstance(share_or_source(value), Source)]
    return [source.source for value in given for source in sources_in(value)]


def _is_split(data: Mapping[str, Any]) -> bool:
    """Returns whether it is a DatasetDict: rows by split."""
    return type(data).__name__ == "DatasetDict"


def _staged(data: Any, folder: RunFolder) -> tuple[str, str]:
    """Writes rows of the notebook into the run's folder; returns them as a source, and a hash of their content."""
    folder.variables.mkdir(exist_ok=True)
    staged = folder.variables / "evaluation.parquet.tmp"
    write_parquet(data, staged, "data")
    content = hashlib.sha256(staged.read_bytes()).hexdigest()
    variable = f"evaluation_{content[:12]}"
    staged.replace(folder.variables / f"{variable}.parquet")
    return f"${variable}", content


def as_it_is(source: str) -> str:
    """Returns a file's or folder's name with the sizes and times of its files, a data set's of the hub with its commit.

    The name alone of what else is elsewhere, or where the hub can't be asked.
    """
    path = Path(source).expanduser()
    files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()]
    if stats:
        return f"{path.absolute()} {stats}"
    commit = _commit(source) if _is_of_hub(source) else ""
    return f"{source} {commit}" if commit else source


def _is_of_hub(name: str) -> bool:
    return name not in STARTER_DATA and source_of(name).kind == "hub" and not Path(name).expanduser().exists()


def _commit(name: str) -> str:
    """Returns the commit of a data set of the hub; empty where it can't be asked."""
    from huggingface_hub import HfApi

    try:
        return HfApi().dataset_info(name, timeout=HUB_TIMEOUT_S).sha or ""
    except Exception:  # no network, no such data set: the worker says what is wrong
        return ""
