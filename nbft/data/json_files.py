"""json and json lines -> rows; nested files of SQuAD become a row a question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from nbft.data.encodings import TextFile
from nbft.data.gathering import BATCH_BYTES, BATCH_ROWS
from nbft.data.squad import flatten, is_nested
from nbft.data.tables import Batch, Rows, batch_of
from nbft.errors import DataError

LARGE = 64 * 2**20
"""Characters of a json file that is not read as a whole, where it is a list."""
_PIECE = 2**20
_SHOWN = 120


def read_jsonl(text: TextFile) -> Iterator[Batch]:
    """Yields the rows of json lines: an object with named values a line."""
    rows: Rows = []
    size, first = 0, 1
    with text.open(newline="\n") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            rows.append(_row(text.name, number, line))
            size += len(line)
            if len(rows) == 1 == first and is_nested(rows):
                yield _flat(
                    [*rows, *(_row(text.name, n, rest) for n, rest in enumerate(stream, 2) if rest.strip())], text
                )
                return
            if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield batch_of(rows, text.name, first)
                first, size, rows = first + len(rows), 0, []
    if rows:
        yield batch_of(rows, text.name, first)


def _row(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"{name}, line {number} is not whole JSON: {error}.", line[:_SHOWN].rstrip()) from None
    except RecursionError:
        raise DataError(f"{name}, line {number} is nested too deep to be read.", line[:_SHOWN]) from None
    if not isinstance(row, dict):
        raise DataError(f"{name}, line {number}: an object with named values is needed.", line[:_SHOWN].rstrip())
    return row


def read_json(text: TextFile) -> Iterator[Batch]:
    """Yields the rows of a list, of the one list that an object holds, of one object, or of json lines."""
    with text.open() as stream:
        head = stream.read(_PIECE)
    start = head.lstrip()
    if start.startswith("{") and _is_object(start.partition("\n")[0]) and start.partition("\n")[2].strip():
        yield from read_jsonl(text)
    elif start.startswith("[") and text.file.stat().st_size > LARGE and not _is_nested_list(start):
        yield from _read_list(text)
    else:
        yield from _read_whole(text)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _is_nested_list(start: str) -> bool:
    return '"paragraphs"' in start[:_PIECE] or '"qas"' in start[:_PIECE]


def _read_whole(text: TextFile) -> Iterator[Batch]:
    whole = text.read()
    try:
        data = json.loads(whole)
    except (ValueError, RecursionError) as error:
        if whole.lstrip().startswith("{") and "\n{" in whole:
            yield from read_jsonl(text)
            return
        raise DataError(f"{text.name} is not whole JSON: {error}.") from None
    if is_nested(data):
        yield _flat(data, text)
        return
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        data = lists[0] if len(lists) == 1 else [data]
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise DataError(f"{text.name}: a list of objects with named values is needed.")
    yield batch_of(data, text.name)


def _flat(data: Any, text: TextFile) -> Batch:
    rows, note = flatten(data, text.name)
    text.notes.append(note)
    return batch_of(rows, text.name)


def _read_list(text: TextFile) -> Iterator[Batch]:
    """Yields the objects of a list that is too long to be held at once."""
    rows: Rows = []
    first, size = 1, 0
    with text.open() as stream:
        for row, length in _objects(stream, text.name):
            if not isinstance(row, dict):
                raise DataError(f"{text.name}: a list of objects with named values is needed.")
            rows.append(row)
            size += length
            if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield batch_of(rows, text.name, first)
                first, size, rows = first + len(rows), 0, []
    if rows:
        yield batch_of(rows, text.name, first)


def _objects(stream: TextIO, name: str) -> Iterator[tuple[Any, int]]:
    """Yields the items of the list that a stream spells, and how many characters each took."""
    decoder, piece, place, number = json.JSONDecoder(), stream.read(_PIECE), 0, 0
    place = piece.index("[") + 1
    while True:
        while place < len(piece) and piece[place] in " \t\r\n,":
            place += 1
        if piece[place : place + 1] == "]":
            return
        try:
            item, end = decoder.raw_decode(piece, place)
        except (ValueError, RecursionError) as error:
            more = stream.read(max(_PIECE, len(piece) - place))
            if not more:
                raise DataError(f"{name}, item {number + 1} is not whole JSON: {error}.") from None
            piece, place = piece[place:] + more, 0
            continue
        yield item, end - place
        place, number = end, number + 1
