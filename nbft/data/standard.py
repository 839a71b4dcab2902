"""A source's rows -> rows in the task's own columns, piece by piece where they are many; each knows where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

import numpy as np
from datasets import Dataset

from nbft.data.cleaning import Texts
from nbft.data.dropped import ROW, Dropped
from nbft.data.rows import NothingLeft, first_of, told
from nbft.data.slices import is_large, slices, written
from nbft.errors import DataError


class Reads(Texts, Protocol):
    """What of a task reads its rows."""

    warn: Callable[[str, str], None]
    left_out: dict[str, list[int]]
    warns_of_rows: bool

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns the rows in the task's own columns, those left out noted in `left_out`."""
        ...

    def hold_out(self, rows: Dataset, size: float | int) -> tuple[Dataset, Dataset, str]:
        """Returns (kept, held out, note)."""
        ...

    def strata(self, rows: Dataset) -> Sequence[str] | None:
        """Returns what a split should keep in proportion, row by row, or None."""
        ...

    def look_at(self, rows: Dataset) -> None:
        """Decides by all training rows what is decided once."""
        ...


def standard_rows(task: Reads, rows: Dataset, split: str, kept: Mapping[str, str], dropped: Dropped) -> Dataset:
    """Returns a source's rows in the task's columns, ROW beside them, and under new names the columns that are `kept`.

    Raises DataError where a column is missing or nothing is left.
    """
    if not is_large(rows):
        return _part(task, rows, split, kept, dropped, 0)
    if split == "train":
        task.look_at(rows)
    task.warns_of_rows = False
    try:
        return _in_slices(task, rows, split, kept, dropped)
    finally:
        task.warns_of_rows = True


def _in_slices(task: Reads, rows: Dataset, split: str, kept: Mapping[str, str], dropped: Dropped) -> Dataset:
    left_out: dict[str, list[int]] = {}
    empty: list[NothingLeft] = []

    def parts() -> Iterator[Dataset]:
        for first, some in slices(rows):
            try:
                part = _part(task, some, split, kept, dropped, first)
            except NothingLeft as error:
                empty.append(error)
                continue
            except DataError as error:
                raise DataError(
                    error.what, f"{error.fix}\nRows are counted from row {first + 1:,}.", error.path
                ) from None
            for why, numbers in task.left_out.items():
                left_out.setdefault(why, []).extend(first + number for number in numbers)
            if len(part):
                yield part

    made = written(parts())
    if not len(made):
        raise empty[0]
    for why, numbers in left_out.items():
        task.warn(told(len(numbers), len(rows), split, why), first_of(numbers))
    return made


def _part(task: Reads, rows: Dataset, split: str, kept: Mapping[str, str], dropped: Dropped, first: int) -> Dataset:
    task.left_out = {}
    made = task.standardise(rows, split)
    out = sorted({number for numbers in task.left_out.values() for number in numbers})
    for why, numbers in task.left_out.items():
        dropped.add(split, why, rows, numbers, first)
    whole = _others(len(rows), out)
    if len(whole) != len(made):  # a document that was cut in two has no row of its own
        return made
    own = rows.select(whole) if out else rows
    columns: dict[str, Any] = {ROW: np.asarray(whole, np.int64) + first}
    columns |= {name: own[column][:] for name, column in kept.items()}
    for name, values in columns.items():
        made = made.add_column(name, values, new_fingerprint=uuid4().hex)  # else all rows are hashed  # pyright: ignore[reportCallIssue]
    return made


def _others(total: int, out: Sequence[int]) -> list[int]:
    gone = set(out)
    return [number for number in range(total) if number not in gone]
