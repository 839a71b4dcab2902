"""The column names of a file, seen from its beginning."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
import zlib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nbft.spec.row_source import RowSource
from nbft.spec.sources import ending_of
from nbft.spec.text_files import separator_of

_HEAD_BYTES = 256 * 1024
_LARGEST_WORKBOOK = 4 * 2**20
"""Bytes; an Excel file is read as a whole even for its first row."""
_NESTED_SQUAD = re.compile(r'"paragraphs"\s*:\s*\[\s*\{\s*"(?:qas|context|document_id)"')
_SQUAD_COLUMNS = ("id", "title", "context", "question", "answers")
"""What the nested files of SQuAD come to as rows."""
_LIST_INSIDE = re.compile(r'\{\s*(?:"[^"]*"\s*:\s*(?:"[^"]*"|[\w.+-]+)\s*,\s*)*"[^"]*"\s*:\s*\[(?=\s*\{)')
"""The beginning of `{"version": "1", "data": [{`, where a file is too long to be read as a whole."""
_ROWS = 50
"""Rows of a json or jsonl file that are asked for their keys."""


class Columns(NamedTuple):
    """Names of columns, and whether those are all: rows of json may name others further down."""

    names: list[str]
    are_all: bool


NONE = Columns([], False)


def of_file(path: Path, wanted: RowSource, may_import: bool) -> Columns:
    """Returns the columns of a data file; raises OSError or ValueError where it can't be read."""
    ending = ending_of(path.name).removesuffix(".gz")
    if ending == ".parquet":
        return _of_parquet(path, may_import)
    if ending in (".arrow", ".feather"):
        return _of_arrow(path, may_import)
    if ending == ".xlsx":
        return _of_workbook(path, wanted.sheet, may_import)
    if ending == ".txt":
        return Columns(["text"], True)
    text = _head(path, wanted.encoding)
    if ending in (".csv", ".tsv"):
        return Columns(_of_header(text, "\t" if ending == ".tsv" else separator_of(text)), True)
    return Columns(_keys(_rows(text)), False)


def of_rows(rows: list[Any], *, are_few: bool) -> Columns:
    """Returns the keys of the first rows; with `are_few` they are all where no row was left out."""
    return Columns(_keys(rows), are_few and len(rows) <= _ROWS)


def _head(path: Path, encoding: str | None) -> str:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (EOFError, zlib.error) as error:
        raise ValueError(str(error)) from None
    if encoding:
        try:
            return head.decode(encoding, errors="replace")
        except LookupError as error:
            raise ValueError(str(error)) from None
    is_utf16 = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    seen = "utf-16" if is_utf16 else "utf-16-le" if head[1:2] == b"\0" else "utf-16-be" if head[:1] == b"\0" else ""
    return head.decode(seen or "utf-8-sig", errors="replace")


def _of_parquet(path: Path, may_import: bool) -> Columns:
    if not may_import and "pyarrow.parquet" not in sys.modules:
        return NONE
    from pyarrow import ArrowException, parquet

    try:
        return Columns(list(parquet.read_schema(path).names), True)
    except ArrowException:
        return NONE


def _of_arrow(path: Path, may_import: bool) -> Columns:
    if not may_import and "pyarrow" not in sys.modules:
        return NONE
    from pyarrow import ArrowException, ipc, memory_map

    with memory_map(str(path)) as source:
        for read in (ipc.open_stream, ipc.open_file):
            try:
                source.seek(0)
                return Columns(list(read(source).schema.names), True)
            except ArrowException:
                continue
    return NONE


def _of_workbook(path: Path, sheet: str | int | None, may_import: bool) -> Columns:
    if path.stat().st_size > _LARGEST_WORKBOOK or (not may_import and "python_calamine" not in sys.modules):
        return NONE
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ModuleNotFoundError:
        return NONE
    try:
        with CalamineWorkbook.from_path(path) as book:
            names = [str(sheet)] if str(sheet) in book.sheet_names else book.sheet_names
            names = names[sheet - 1 : sheet] if isinstance(sheet, int) and len(names) > 1 else names
            for name in names:
                filled = [row for row in book.get_sheet_by_name(name).to_python() if any(cell != "" for cell in row)]
                if filled:
                    return Columns([str(cell).strip() for cell in filled[0] if str(cell).strip()], True)
    except CalamineError:
        pass
    return NONE


def _of_header(text: str, delimiter: str) -> list[str]:
    try:
        header = next(csv.reader(text.splitlines(), delimiter=delimiter), [])
    except csv.Error:
        return []
    return [name.strip() for name in header if name.strip()]


def _rows(text: str) -> Iterable[Any]:
    """Returns the first objects of a list, of lines, or of the one list that an object holds."""
    text = text.lstrip()
    if _NESTED_SQUAD.search(text):
        return [dict.fromkeys(_SQUAD_COLUMNS)]
    if text.startswith("[") or "\n{" in text:
        return _objects(text)
    try:
        whole = json.loads(text)
    except ValueError:
        inner = _LIST_INSIDE.match(text)
        return _objects(text[inner.end() :]) if inner else []
    lists = [value for value in whole.values() if isinstance(value, list)] if isinstance(whole, dict) else []
    return lists[0] if len(lists) == 1 else [whole]


def _objects(text: str) -> Iterable[Any]:
    """Yields objects that follow each other, parted by commas or line ends, without reading to the end."""
    start, decoder = text.find("{"), json.JSONDecoder()
    for _ in range(_ROWS):
        try:
            row, start = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        yield row
        start = text.find("{", start)
        if start < 0:
            return


def _keys(rows: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(key) for row in islice(rows, _ROWS) if isinstance(row, dict) for key in row))
