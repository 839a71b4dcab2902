"""Labels that few rows have: a split must leave one of them to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from datasets import Dataset, concatenate_datasets

from nbft.data.slices import chosen
from nbft.errors import DataError

SHOWN = 12


def strata_of(labels: Sequence[Sequence[str]]) -> list[str]:
    """Returns what a split keeps in proportion: the rarest of each row's labels, empty for a row without any."""
    counts = Counter(name for names in labels for name in names)
    return [min(names, key=lambda name: counts[name], default="") for names in labels]


def keep_every_label(
    split: tuple[Dataset, Dataset, str], names_of: Callable[[Dataset], Sequence[Sequence[str]]]
) -> tuple[Dataset, Dataset, str]:
    """Returns (kept, held out, note) with a row moved back for each label that held-out rows alone would have."""
    kept, held, note = split
    known = {name for names in names_of(kept) for name in names}
    first: dict[str, int] = {}
    for row, names in enumerate(names_of(held)):
        for name in names:
            if name not in known:
                first.setdefault(name, row)
    back = sorted(set(first.values()))
    if not back or len(back) == len(held):
        return split
    rest = chosen(held, sorted(set(range(len(held))) - set(back)))
    moved = f"Kept for training, as few rows have their labels: {len(back)} of the held-out rows."
    return concatenate_datasets([kept, chosen(held, back)]), rest, f"{note} {moved}".strip()


def refuse_unseen(split: str, labels: Sequence[Sequence[str]], known: Sequence[str], what: str = "label") -> None:
    """Raises DataError where rows of a split have labels that no training row has."""
    there = set(known)
    unseen: Counter[Any] = Counter(name for names in labels for name in set(names) if name not in there)
    if not unseen:
        return
    label, count = unseen.most_common(1)[0]
    total = sum(any(name not in there for name in names) for names in labels)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    raise DataError(
        f"{total} {split} rows have {what}s that no training row has, {label!r} among them ({count} rows).",
        f"The training rows have {', '.join(map(repr, known[:SHOWN]))}{more}.",
        f"data.{split}",
    )
