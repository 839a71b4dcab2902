"""Rows that can be used: those in which nothing is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nbft.errors import DataError

SHOWN_ROWS = 5


def whole_rows(table: Mapping[str, Sequence[str]], split: str, warn: Callable[[str, str], None]) -> list[int]:
    """Returns the rows in which no column is empty, and warns of the others; raises DataError where none is left."""
    total = len(next(iter(table.values())))
    whole = [i for i in range(total) if all(values[i] for values in table.values())]
    if len(whole) == total and total:
        return whole
    missing = [role for role, values in table.items() if not all(values)]
    if not whole:
        empty = [role for role, values in table.items() if not any(values)]
        fix = f"Always empty: {', '.join(empty)}." if empty else ""
        raise DataError(f"No row of the {split} data has both {' and '.join(table)}.", fix)
    kept = set(whole)
    first = [i + 1 for i in range(total) if i not in kept][:SHOWN_ROWS]
    warn(
        f"{total - len(whole)} of {total} {split} rows have no {' or '.join(missing)} and were left out.",
        f"The first of them: row {', '.join(map(str, first))}.",
    )
    return whole
