"""Files -> tables: csv, tsv, json, jsonl, parquet and txt, read so that text stays text and every fault names its line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset

from nbft.data.squad import flatten, is_nested
from nbft.errors import DataError

Rows = list[dict[str, Any]]


def read_file(file: Path) -> tuple[Dataset, list[str]]:
    """Returns the rows of a data file and notes on how it was read; raises DataError."""
    read = READERS.get(file.suffix.lower())
    if read is None:
        known = ", ".join(sorted(READERS))
        raise DataError(f"{file.name}: nbft can't read files that end in {file.suffix!r}.", f"It reads {known}.")
    if not file.is_file():
        raise DataError(f"There is no file {str(file)!r}.", _beside(file))
    if file.stat().st_size == 0:
        raise DataError(f"{file.name} is empty.")
    dataset, notes = read(file)
    if not len(dataset):
        raise DataError(f"{file.name} has no rows.")
    return dataset, notes


def _beside(file: Path) -> str:
    if not file.parent.is_dir():
        return f"There is no folder {str(file.parent)!r} either; paths start at {Path.cwd()}."
    there = sorted(p.name for p in file.parent.iterdir() if p.suffix.lower() in READERS)
    return f"Data files in that folder: {', '.join(there[:12]) or 'none'}."


def read_text(file: Path) -> tuple[str, list[str]]:
    """Returns the file's text, decoded as UTF-8, as its byte order mark says, or as Windows-1252, and a note if not UTF-8."""
    raw = file.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16"), [f"{file.name} was read as UTF-16."]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        place = raw[: error.start].count(b"\n") + 1
        text = raw.decode("cp1252", errors="replace")
        found = text[error.start] if error.start < len(text) else "?"
        note = f"{file.name} is not UTF-8 (line {place}); it was read as Windows-1252, where that byte is {found!r}."
        return text, [note]


def _read_delimited(delimiter: str) -> Callable[[Path], tuple[Dataset, list[str]]]:
    def read(file: Path) -> tuple[Dataset, list[str]]:
        text, notes = read_text(file)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise DataError(f"{file.name}, line {reader.line_num}: {error}.", "Is a quote left open?") from None
        if not rows:
            raise DataError(f"{file.name} is empty.")
        header = _header(file, rows[0][1])
        _check_widths(file, header, rows[1:])
        width = len(header)
        columns = {
            name: [row[i] if i < len(row) else "" for _, row in rows[1:]]
            for i, name in enumerate(header[:width])
            if name
        }
        unnamed = len(header) - len(columns)
        if unnamed:
            notes = [*notes, f"{file.name} has {unnamed} column{'s' * (unnamed > 1)} without a name, left out."]
        return Dataset(pa.table(columns)), notes

    return read


def _header(file: Path, names: list[str]) -> list[str]:
    names = [name.strip() for name in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(f"{file.name}, line 1: column {twice[0]!r} appears twice.", "Rename one of them.")
    return names


def _check_widths(file: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> None:
    for line, row in rows:
        if len(row) > len(header) or len(row) < len([name for name in header if name]):
            raise DataError(
                f"{file.name}, line {line}: {len(row)} values for {len(header)} columns.",
                "Is a value that holds the separator left without quotes?",
            )


def _read_jsonl(file: Path) -> tuple[Dataset, list[str]]:
    text, notes = read_text(file)
    rows: Rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(f"{file.name}, line {number} is not whole JSON: {error}.", line[:120]) from None
        if not isinstance(row, dict):
            raise DataError(f"{file.name}, line {number}: an object with named values is needed.", line[:120])
        rows.append(row)
    if is_nested(rows):
        rows, note = flatten(rows, file.name)
        notes = [*notes, note]
    return rows_to_dataset(rows, file.name), notes


def _read_json(file: Path) -> tuple[Dataset, list[str]]:
    text, notes = read_text(file)
    try:
        data = json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith("{") and "\n{" in text:
            return _read_jsonl(file)
        raise DataError(f"{file.name} is not whole JSON: {error}.") from None
    if is_nested(data):
        rows, note = flatten(data, file.name)
        return rows_to_dataset(rows, file.name), [*notes, note]
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        data = lists[0] if len(lists) == 1 else [data]
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise DataError(f"{file.name}: a list of objects with named values is needed.")
    return rows_to_dataset(data, file.name), notes


def _read_parquet(file: Path) -> tuple[Dataset, list[str]]:
    try:
        return Dataset.from_parquet(str(file), keep_in_memory=True), []  # pyright: ignore[reportReturnType]
    except (pa.ArrowInvalid, OSError, ValueError) as error:
        raise DataError(f"{file.name} can't be read as parquet: {error}.") from None


def _read_document(file: Path) -> tuple[Dataset, list[str]]:
    """A text file is one document: one row, with column text."""
    text, notes = read_text(file)
    if not text.strip():
        raise DataError(f"{file.name} holds no text.")
    return Dataset(pa.table({"text": pa.array([text.replace("\r\n", "\n")], pa.large_string())})), notes


def rows_to_dataset(rows: Rows, name: str) -> Dataset:
    """Returns the rows as a table; raises DataError where a column mixes kinds of values."""
    if not rows:
        raise DataError(f"{name} has no rows.")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        try:
            table[column] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            table[column] = _mixed(values, column, name)
    return Dataset(pa.table(table))


def _mixed(values: list[Any], column: str, name: str) -> pa.Array:
    """Text and numbers mixed become text, as they would in a csv; anything else is refused with its row.

    Lists of objects of different kinds (messages whose content is now text, now parts) are kept as JSON text.
    """
    if all(isinstance(value, str | int | float | None) for value in values):
        return pa.array([None if value is None else str(value) for value in values])
    if all(value is None or (isinstance(value, list) and all(isinstance(v, dict) for v in value)) for value in values):
        return pa.array([None if value is None else json.dumps(value, ensure_ascii=False) for value in values])
    kinds = [type(value).__name__ for value in values]
    odd = next(i for i, kind in enumerate(kinds) if kind != kinds[0])
    raise DataError(
        f"{name}, row {odd + 1}: column {column!r} holds a {kinds[odd]} where the rows before hold a {kinds[0]}."
    )


READERS: dict[str, Callable[[Path], tuple[Dataset, list[str]]]] = {
    ".csv": _read_delimited(","),
    ".tsv": _read_delimited("\t"),
    ".jsonl": _read_jsonl,
    ".json": _read_json,
    ".parquet": _read_parquet,
    ".txt": _read_document,
}
