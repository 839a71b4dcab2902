"""Held-out rows: drawn from the training rows by share or count, seeded, and stratified by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from datasets import Dataset
from sklearn.model_selection import train_test_split

from nbft.data.slices import chosen
from nbft.errors import DataError


def hold_out(
    dataset: Dataset, size: float | int, labels: Sequence[str] | None, seed: int
) -> tuple[Dataset, Dataset, str]:
    """Returns (kept, held out, note); `size` is a share below 1 or a number of rows; stratified where `labels` are given."""
    wanted = wanted_rows(size, len(dataset))
    stratify, note = _strata(labels, wanted, len(dataset))
    kept, held = train_test_split(range(len(dataset)), test_size=wanted, random_state=seed, stratify=stratify)
    return chosen(dataset, sorted(kept)), chosen(dataset, sorted(held)), note


def wanted_rows(size: float | int, total: int) -> int:
    """Returns how many rows to hold out; raises DataError where nothing would be left on a side."""
    wanted = max(round(size * total), 1) if isinstance(size, float) else size
    if not 1 <= wanted < total:
        raise DataError(
            f"{wanted} of {total} rows can't be held out: at least one must be left on each side.",
            "Name a file of held-out rows, or a share such as 10%.",
        )
    return wanted


def _strata(labels: Sequence[str] | None, wanted: int, total: int) -> tuple[list[str] | None, str]:
    """Labels that occur once are left to chance: a stratum needs two rows to be split."""
    if labels is None:
        return None, ""
    counts = Counter(labels)
    single = [label for label, count in counts.items() if count == 1]
    merged = ["" if counts[label] == 1 else label for label in labels]
    strata = Counter(merged)
    if min(strata.values()) < 2 or len(strata) > min(wanted, total - wanted):
        return None, "The held-out rows were drawn without regard to labels: there are too few rows of some label."
    note = f"Labels that occur once: {', '.join(sorted(single)[:5])}." if single else ""
    return merged, note
