"""The column names of data, seen without reading its rows: the first lines of a file, or a variable's own list."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nbft.spec.sources import FILE_ENDINGS
from nbft.starter import STARTER_DATA

_HEAD_BYTES = 256 * 1024
_MOST_FILES = 2000
"""Files of a folder that are looked at."""
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


def columns_of(source: str, variables: Mapping[str, Any] | None = None, *, may_import: bool = False) -> Columns:
    """Returns the columns of a source's rows; none where they can't be known cheaply.

    Parquet needs pyarrow, which is used where it is loaded already, and loaded only with `may_import`.
    """
    if source.startswith("$"):
        return _of_variable((variables or {}).get(source[1:]))
    try:
        path = STARTER_DATA.get(source) or Path(source).expanduser()
        if path.is_dir():
            path = _training_file(path)
        if path.suffix.lower() not in FILE_ENDINGS or not path.is_file():
            return NONE
        return _of_file(path, may_import)
    except (OSError, ValueError, RuntimeError):
        return NONE


def _training_file(folder: Path) -> Path:
    """Returns the file of a folder that holds the training rows, or one of its documents; else the folder itself."""
    files = sorted(file for file in islice(folder.iterdir(), _MOST_FILES) if file.suffix.lower() in FILE_ENDINGS)
    are_documents = bool(files) and all(file.suffix.lower() == ".txt" for file in files)
    named = [file for file in files if file.stem.lower() in ("train", "training")]
    return (named or (files if are_documents else []) or [folder])[0]


def _of_variable(value: Any) -> Columns:
    if isinstance(value, list):
        return Columns(_keys(value), len(value) <= _ROWS)
    names = getattr(value, "column_names", None)
    if isinstance(names, Mapping):
        names = next(iter(names.values()), [])
    if names is None:
        names = getattr(value, "columns", [])
    return Columns([str(name) for name in names], True)


def _of_file(path: Path, may_import: bool) -> Columns:
    ending = path.suffix.lower()
    if ending == ".parquet":
        return _of_parquet(path, may_import)
    if ending == ".txt":
        return Columns(["text"], True)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    is_utf16 = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = head.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")
    if ending in (".csv", ".tsv"):
        return Columns(_of_header(text, "\t" if ending == ".tsv" else ","), True)
    return Columns(_keys(_rows(text)), False)


def _of_parquet(path: Path, may_import: bool) -> Columns:
    if not may_import and "pyarrow.parquet" not in sys.modules:
        return NONE
    from pyarrow import ArrowException, parquet

    try:
        return Columns(list(parquet.read_schema(path).names), True)
    except ArrowException:
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
