"""Data files -> tables, read so that text stays text and every fault names its line or row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from datasets import Dataset

from nbft.data.arrow_files import mapped_arrow, read_arrow, read_parquet
from nbft.data.databases import read_sqlite
from nbft.data.delimited import read_delimited
from nbft.data.encodings import TextFile, whole
from nbft.data.gathering import gather, kept_table
from nbft.data.json_files import read_json, read_jsonl
from nbft.data.tables import Batch
from nbft.data.workbooks import read_workbook
from nbft.errors import DataError
from nbft.spec.sources import ENDINGS_IN_WORDS, FILE_ENDINGS, ending_of

_FORM = 1
"""Counted up when the same file is to give other rows than those in the cache."""


@dataclass(frozen=True)
class Options:
    """What a spec says of how a file is to be read."""

    sheet: str | int | None = None
    query: str | None = None
    encoding: str | None = None


AS_IT_IS = Options()


def read_file(file: Path, options: Options = AS_IT_IS) -> tuple[Dataset, list[str]]:
    """Returns the rows of a data file, mapped from the cache where they are many, and notes on how it was read.

    Raises DataError.
    """
    ending = ending_of(file.name)
    if ending not in FILE_ENDINGS:
        raise DataError(f"{file.name}: nbft can't read files that end in {ending!r}.", f"It reads {ENDINGS_IN_WORDS}.")
    if not file.is_file():
        raise DataError(f"There is no file {str(file)!r}.", _beside(file))
    if file.stat().st_size == 0:
        raise DataError(f"{file.name} is empty.")
    rows, notes = _read(file, ending, options)
    if not len(rows):
        raise DataError(f"{file.name} has no rows.", "", "query" if options.query else "")
    return rows, notes


def _read(file: Path, ending: str, options: Options) -> tuple[Dataset, list[str]]:
    try:
        mapped = mapped_arrow(file) if ending in (".arrow", ".feather") else None
        if mapped is not None:
            return mapped, []
        key = _key(file, options)
        before = kept_table(key)
        if before is not None:
            return before
        with whole(file):
            notes: list[str] = []
            return gather(file.name, _READERS[ending.removesuffix(".gz")](file, options, notes), notes, key), notes
    except PermissionError:
        raise DataError(f"{str(file)!r} may not be read by you.") from None


def _key(file: Path, options: Options) -> str:
    """The same file, unchanged and read in the same way, has the same key."""
    found = file.stat()
    said = [str(file.absolute()), found.st_size, found.st_mtime_ns, asdict(options), _FORM]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _beside(file: Path) -> str:
    if not file.parent.is_dir():
        return f"There is no folder {str(file.parent)!r} either; paths start at {Path.cwd()}."
    there = sorted(p.name for p in file.parent.iterdir() if ending_of(p.name) in FILE_ENDINGS)
    return f"Data files in that folder: {', '.join(there[:12]) or 'none'}."


Reader = Callable[[Path, Options, list[str]], Iterator[Batch]]


def _of_text(read: Callable[[TextFile], Iterator[Batch]]) -> Reader:
    def reader(file: Path, options: Options, notes: list[str]) -> Iterator[Batch]:
        yield from read(TextFile(file, options.encoding, notes))

    return reader


def _document(text: TextFile) -> Iterator[Batch]:
    """A text file is one document: one row, with column text."""
    content = text.read()
    if not content.strip():
        raise DataError(f"{text.name} holds no text.")
    yield Batch(pa.table({"text": pa.array([content.replace("\r\n", "\n")], pa.large_string())}))


_READERS: dict[str, Reader] = {
    ".csv": _of_text(lambda text: read_delimited(text, None)),
    ".tsv": _of_text(lambda text: read_delimited(text, "\t")),
    ".json": _of_text(read_json),
    ".jsonl": _of_text(read_jsonl),
    ".ndjson": _of_text(read_jsonl),
    ".txt": _of_text(_document),
    ".parquet": lambda file, _, __: read_parquet(file),
    ".arrow": lambda file, _, __: read_arrow(file),
    ".feather": lambda file, _, __: read_arrow(file),
    ".xlsx": lambda file, options, notes: iter([read_workbook(file, options.sheet, notes)]),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), lambda file, options, _: read_sqlite(file, options.query)),
}
