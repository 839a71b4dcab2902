"""Rows that can be used, and those that can't."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from datasets import Dataset

from nbft.errors import DataError

SHOWN_ROWS = 5
AT_ONCE = 1000


def cells(rows: Dataset, column: str) -> Iterator[Any]:
    """Yields a column's values: read in batches, several times as quick as one by one, and never all at once."""
    for batch in rows.select_columns([column]).iter(batch_size=AT_ONCE):
        yield from batch[column]  # pyright: ignore[reportArgumentType, reportCallIssue] - a dict of lists


def each(rows: Dataset) -> Iterator[dict[str, Any]]:
    """Yields the rows, read in batches."""
    for batch in rows.iter(batch_size=AT_ONCE):
        columns: dict[str, list[Any]] = batch  # pyright: ignore[reportAssignmentType]
        for row in zip(*columns.values(), strict=True):
            yield dict(zip(columns, row, strict=True))


class NothingLeft(DataError):
    """No row of a split can be used."""


def whole_rows(
    table: Mapping[str, Sequence[str]], split: str, leave_out: Callable[[str, int, Sequence[int], str], None]
) -> list[int]:
    """Returns the rows in which no column is empty, and leaves the others out; raises NothingLeft where none is whole."""
    total = len(next(iter(table.values())))
    whole = [i for i in range(total) if all(values[i] for values in table.values())]
    if len(whole) == total and total:
        return whole
    missing = [role for role, values in table.items() if not all(values)]
    if not whole:
        empty = [role for role, values in table.items() if not any(values)]
        fix = f"Always empty: {', '.join(empty)}." if empty else ""
        raise NothingLeft(f"No row of the {split} data has both {' and '.join(table)}.", fix)
    kept = set(whole)
    leave_out(split, total, [i for i in range(total) if i not in kept], f"have no {' or '.join(missing)}")
    return whole


def told(count: int, total: int, split: str, why: str) -> str:
    """Returns the sentence about rows that were left out."""
    return f"{count} of {total} {split} rows {why} and were left out."


def first_of(rows: Sequence[int]) -> str:
    """Returns where the first of these rows (from 0) stand, for people."""
    return f"The first of them: row {', '.join(str(row + 1) for row in rows[:SHOWN_ROWS])}."
