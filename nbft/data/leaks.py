"""Rows of validation and test that stand in train too: their scores show what was learnt by heart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from datasets import Dataset

from nbft.data.cleaning import Texts
from nbft.data.duplicates import Hashes, hash_inputs, leaks_of
from nbft.data.rows import NothingLeft, first_of
from nbft.data.slices import chosen

WHY = "stand in {split} too"
FIX = "Write   clean: [drop-leaks]   in 'data' to leave them out of train."


def report_leaks(task: Texts, splits: Mapping[str, Dataset], warn: Callable[[str, str], None]) -> dict[str, int]:
    """Warns of rows of each split whose input stands in train too; returns how many by split."""
    train = hash_inputs(task.inputs(splits["train"]))
    counts = {}
    for name, rows in splits.items():
        if name == "train":
            continue
        leaked = [row for row, _ in leaks_of(hash_inputs(task.inputs(rows)), train)]
        counts[name] = len(leaked)
        if leaked:
            share = len(leaked) / len(rows)
            what = f"{len(leaked):,} of {len(rows):,} {name} rows ({share:.1%}) stand in train too: a model knows them by heart."
            warn(what, f"{first_of(leaked)} {FIX}")
    return counts


def drop_leaks(task: Texts, splits: Mapping[str, Dataset]) -> tuple[Dataset, dict[str, list[int]]]:
    """Returns the training rows whose input stands in no other split, and the others' numbers (from 0) by the reason."""
    train = splits["train"]
    hashes: Hashes = hash_inputs(task.inputs(train))
    is_kept = np.ones(len(train), bool)
    dropped: dict[str, list[int]] = {}
    for name, rows in splits.items():
        if name == "train":
            continue
        found = [row for row, _ in leaks_of(hashes, hash_inputs(task.inputs(rows))) if is_kept[row]]
        if found:
            dropped[WHY.format(split=name)] = found
            is_kept[found] = False
    if not is_kept.any():
        what = f"Each of the {len(train):,} training rows stands in another split too: drop-leaks leaves none."
        raise NothingLeft(what, "Name other rows for validation and test.", "data.clean")
    return (chosen(train, np.flatnonzero(is_kept)) if dropped else train), dropped
