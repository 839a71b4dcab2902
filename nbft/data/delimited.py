"""csv and tsv -> rows: text stays text, and every fault names its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from nbft.data.encodings import TextFile
from nbft.data.gathering import BATCH_BYTES, BATCH_ROWS
from nbft.data.tables import Batch
from nbft.errors import DataError
from nbft.spec.text_files import SEPARATORS, separator_of

_LONGEST_VALUE = 10_000_000
"""Characters; a longer value is one whose quote was never closed."""
_HEAD = 2**16


class _Lines:
    """The lines of a stream, and how many characters came since the last look."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.size += len(line)
            yield line


def read_delimited(text: TextFile, separator: str | None) -> Iterator[Batch]:
    """Yields the rows below the header; `separator` is seen from the first lines where it is None, and said."""
    file = Path(text.name)
    with text.open() as stream:
        if separator is None:
            with text.open() as start:
                separator = separator_of(start.read(_HEAD))
            if separator != ",":
                text.notes.append(f"{text.name} has {SEPARATORS[separator]} between its values.")
        yield from _batches(file, stream, separator, text.notes)


def _batches(file: Path, stream: TextIO, separator: str, notes: list[str]) -> Iterator[Batch]:
    lines = _Lines(stream)
    before = csv.field_size_limit(_LONGEST_VALUE)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        header = _header(file, next((row for row in reader if row), []))
        unnamed = header.count("")
        if unnamed:
            notes.append(f"{file.name} has {unnamed} column{'s' * (unnamed > 1)} without a name, left out.")
        rows: list[list[str]] = []
        for row in reader:
            if not row:
                continue
            _check_width(file, header, row, reader.line_num)
            rows.append(row)
            if len(rows) >= BATCH_ROWS or lines.size >= BATCH_BYTES:
                yield _batch(header, rows)
                rows, lines.size = [], 0
        yield _batch(header, rows)
    except csv.Error as error:
        raise DataError(f"{file.name}, line {reader.line_num}: {error}.", "Is a quote left open?") from None
    finally:
        csv.field_size_limit(before)


def _header(file: Path, names: list[str]) -> list[str]:
    if not names:
        raise DataError(f"{file.name} is empty.")
    names = [name.strip() for name in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(f"{file.name}, line 1: column {twice[0]!r} appears twice.", "Rename one of them.")
    return names


def _check_width(file: Path, header: list[str], row: list[str], line: int) -> None:
    if len(row) > len(header) or len(row) < len(header) - header.count(""):
        raise DataError(
            f"{file.name}, line {line}: {len(row)} values for {len(header)} columns.",
            "Is a value that holds the separator left without quotes?",
        )


def _batch(header: list[str], rows: list[list[str]]) -> Batch:
    columns = {
        name: pa.array([row[place] if place < len(row) else "" for row in rows], pa.string())
        for place, name in enumerate(header)
        if name
    }
    return Batch(pa.table(columns))
