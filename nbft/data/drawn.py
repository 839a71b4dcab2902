"""Held-out rows that are not drawn one by one: whole groups (`group_by`), or the last rows (`order_by`)."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from datasets import Dataset

from nbft.data.dropped import GROUP, ORDER, ROW
from nbft.data.slices import chosen
from nbft.data.splits import wanted_rows
from nbft.errors import DataError

SHOWN_ROWS = 5
_DAY_OR_MONTH = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2\d{2,4}\b")

Drawn = tuple[Dataset, Dataset, str]
"""Rows kept, rows held out, and a note."""


def hold_out_groups(rows: Dataset, size: float | int, labels: Sequence[str] | None, seed: int, column: str) -> Drawn:
    """Holds out whole groups, about as many rows as `size` says (a share or a number), in proportion to the labels.

    Rows without a group are each a group of their own. Raises DataError where there is but one group.
    """
    groups, alone = _groups(rows[GROUP][:])
    if len(groups) < 2:
        what = f"All rows have the same value in column {column!r}: there are no two groups to be split."
        raise DataError(what, "Name another column, or leave group_by out.", "data.group_by")
    chosen = _choose(groups, labels or [""] * len(rows), wanted_rows(size, len(rows)), seed)
    held = sorted(row for group in chosen for row in groups[group])
    note = (
        f"{len(chosen):,} of {len(groups):,} groups by {column!r}, {len(held):,} rows, were held out: "
        f"no group is on both sides."
    )
    if alone:
        note += f" {alone:,} rows without a group were taken one by one."
    return _parted(rows, held, note)


def _groups(values: Sequence[Any]) -> tuple[list[list[int]], int]:
    """Returns the rows of each group, and how many rows have none."""
    found: dict[Any, list[int]] = defaultdict(list)
    for row, value in enumerate(values):
        is_missing = value is None or value != value or value == ""  # noqa: PLR0124 - not a number
        found[("", row) if is_missing else (str(value),)].append(row)
    return list(found.values()), sum(len(key) > 1 for key in found)


def _choose(groups: list[list[int]], labels: Sequence[str], wanted: int, seed: int) -> list[int]:
    """Takes groups in an order of chance, each only if that brings the held-out labels nearer to their share of all rows."""
    totals = Counter(labels)
    missing = {label: count * wanted / len(labels) for label, count in totals.items()}
    order = list(range(len(groups)))
    random.Random(seed).shuffle(order)
    chosen: list[int] = []
    for group in order:
        own = Counter(labels[row] for row in groups[group])
        gain = sum(missing[label] ** 2 - (missing[label] - count) ** 2 for label, count in own.items())
        if gain > 0 and len(chosen) < len(groups) - 1:
            chosen.append(group)
            for label, count in own.items():
                missing[label] -= count
    return chosen or [order[-1]]


def hold_out_last(rows: Dataset, size: float | int, column: str) -> Drawn:
    """Holds out the last rows by a column of numbers, dates or texts that spell them; raises DataError for others."""
    values = rows[ORDER][:]
    places = _places(values, column, rows)
    order = sorted(range(len(rows)), key=places.__getitem__)
    wanted = wanted_rows(size, len(rows))
    held, kept = order[-wanted:], order[:-wanted]
    note = (
        f"The last {len(held):,} rows by {column!r} were held out: they begin with {_shown(values[held[0]])}, "
        f"those that are left end with {_shown(values[kept[-1]])}."
    )
    return _parted(rows, sorted(held), note)


def _places(values: Sequence[Any], column: str, rows: Dataset) -> list[Any]:
    """Returns what the values are sorted by."""
    numbers: Any = pd.to_numeric(
        pd.Series([None if isinstance(v, datetime | date) else v for v in values]), errors="coerce"
    )
    if not numbers.isna().any():
        return numbers.tolist()
    day_first = _is_day_first(values)
    times = pd.to_datetime(pd.Series(values), errors="coerce", format="mixed", dayfirst=day_first, utc=True)
    unclear = [row for row, is_missing in enumerate(times.isna()) if is_missing]
    if unclear:
        shown = ", ".join(f"{rows[ROW][row] + 1} ({_shown(values[row])})" for row in unclear[:SHOWN_ROWS])
        what = f"{len(unclear):,} of {len(values):,} rows have neither a date nor a number in column {column!r}."
        raise DataError(what, f"The first of them: row {shown}.", "data.order_by")
    return times.tolist()


def _is_day_first(values: Sequence[Any]) -> bool:
    """Returns whether dates such as 03/04/2024 begin with the day: where one can't begin with a month, or by their dots."""
    found = [match for value in values if isinstance(value, str) and (match := _DAY_OR_MONTH.match(value))]
    if any(int(match[1]) > 12 for match in found):
        return True
    return bool(found) and found[0][2] == "." and all(int(match[3]) <= 12 for match in found)


def _shown(value: Any) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value) if value is not None else "nothing"


def _parted(rows: Dataset, held: list[int], note: str) -> Drawn:
    gone = set(held)
    return chosen(rows, [row for row in range(len(rows)) if row not in gone]), chosen(rows, held), note
