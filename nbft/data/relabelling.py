"""`data.labels`: old labels get new names, several to one are merged, and rows of some are dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from datasets import Dataset, Value

from nbft.data.rows import NothingLeft, cells
from nbft.data.slices import chosen, is_large, slices, written
from nbft.errors import DataError
from nbft.spec.cleaning import DROP
from nbft.spec.guess import closest, listed

WHY = "have a label that data.labels drops"
_PATH = "data.labels"
_OUTSIDE = "O"
"""The tag of a word that belongs to nothing; all others are B- or I- with a type behind it."""


@dataclass
class Relabelled:
    """Rows whose labels have their new names."""

    rows: Dataset
    dropped: list[int]
    """Numbers (from 0) of the rows that were given and are gone."""
    counts: dict[str, int]
    """Rows that had each of the old labels, by the label as the spec has it."""

    def note(self, mapping: Mapping[str, str], split: str) -> str:
        """Returns a sentence about what became of the labels, empty where the split has none of them."""
        said = [
            f"{old!r} ({count:,} row{'s' * (count != 1)}) {'was dropped' if new == DROP else f'is now {new!r}'}"
            for old, new in mapping.items()
            if (count := self.counts[old])
        ]
        return f"Labels of the {split} rows: {', '.join(said)}." if said else ""


def relabel(rows: Dataset, mapping: Mapping[str, str], split: str) -> Relabelled:
    """Returns rows with new labels: of text-classification in `label`, of token-classification the types in `tags`.

    Raises DataError for an old label that no training row has; in another split it may be missing.
    """
    column = "tags" if "tags" in rows.column_names else "label"
    feature = rows.features.get(column)
    if feature is None or feature == Value("float64"):
        measured = "The labels are numbers, which are measured and have no names."
        what = "The rows have no labels." if feature is None else measured
        raise DataError(what, "Delete it.", _PATH)
    counts = Counter(name for value in cells(rows, column) for name in _names(value, column))
    known = {_meant(old, counts): (old, new) for old, new in mapping.items()}
    if split == "train":
        _refuse_unknown(known, counts)
    gone = {old for old, (_, new) in known.items() if new == DROP}
    dropped = [row for row, value in enumerate(cells(rows, column)) if not gone.isdisjoint(_names(value, column))]
    if len(dropped) == len(rows):
        raise NothingLeft(f"data.labels drops each of the {len(rows):,} {split} rows.", "Keep some labels.", _PATH)
    new = {old: name for old, (_, name) in known.items() if name != DROP}
    kept = chosen(rows, sorted(set(range(len(rows))) - set(dropped))) if dropped else rows
    made = _changed(kept, column, new) if new else kept
    return Relabelled(made, dropped, {typed: counts[old] for old, (typed, _) in known.items()})


def _names(value: Any, column: str) -> set[str]:
    """Returns the labels of a row; a type of spans is one, and O is none."""
    if column == "tags":
        return {tag[2:] for tag in value if tag != _OUTSIDE}
    return set(value) if isinstance(value, list) else {value}


def _meant(old: str, labels: Iterable[str]) -> str:
    """Returns the label of the rows that the spec means: `true` is True, and 1.0 is 1."""
    there = set(labels)
    others = (old, old.capitalize() if old in ("true", "false") else old, old.removesuffix(".0"))
    return next((label for label in others if label in there), old)


def _refuse_unknown(known: Mapping[str, tuple[str, str]], counts: Mapping[str, int]) -> None:
    missing = [typed for old, (typed, _) in known.items() if old not in counts]
    if missing:
        close = closest(missing[0], list(counts))
        fix = f"Did you mean {close!r}?\n" if close else ""
        common = sorted(counts, key=lambda name: -counts[name])
        what = f"No training row has the label{'s' * (len(missing) > 1)} {listed(map(repr, missing))}."
        raise DataError(what, f"{fix}There are {listed(map(repr, common))}.", _PATH)


def _changed(rows: Dataset, column: str, new: Mapping[str, str]) -> Dataset:
    def change(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        return {column: [_renamed(value, column, new) for value in batch[column]]}

    def made(part: Dataset) -> Dataset:
        return part.map(change, batched=True, features=rows.features, keep_in_memory=True, new_fingerprint=uuid4().hex)

    return written(made(part) for _, part in slices(rows)) if is_large(rows) else made(rows)


def _renamed(value: Any, column: str, new: Mapping[str, str]) -> Any:
    if column == "tags":
        return [_tag(tag, new) for tag in value]
    if isinstance(value, list):
        return list(dict.fromkeys(new.get(label, label) for label in value))
    return new.get(value, value)


def _tag(tag: str, new: Mapping[str, str]) -> str:
    """Returns a tag of the type's new name; the name O takes the tag away."""
    mark, kind = tag[:2], tag[2:]
    if tag == _OUTSIDE or kind not in new:
        return tag
    return _OUTSIDE if new[kind] == _OUTSIDE else f"{mark}{new[kind]}"
