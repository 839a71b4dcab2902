"""A spec's data section -> the rows of each split, in the form that its task asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from datasets import Dataset

from nbft.data.sources import Source, read_source
from nbft.errors import DataError
from nbft.spec.sections import Data
from nbft.spec.sources import Count, Nothing, Share, share_or_source

DEFAULT_VALIDATION = 0.1

Standardise = Callable[[Dataset, str], Dataset]
"""Takes a source's rows and the name of their split; returns them in the task's own columns, with unusable rows dropped."""
HoldOut = Callable[[Dataset, "float | int"], "tuple[Dataset, Dataset, str]"]
"""Takes rows and how many to hold out; returns those kept, those held out, and a note."""


@dataclass
class Splits:
    """The rows of a run: `train`, and `validation` and `test` where there are any."""

    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def present(self) -> dict[str, Dataset]:
        """The splits that exist, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: rows for name, rows in named.items() if rows is not None}


def read_training(data: Data, variables: Path) -> Source:
    """Reads the source of the training rows; raises DataError."""
    return _read(str(data.train), variables, "data.train")


def load_splits(data: Data, source: Source, variables: Path, standardise: Standardise, hold_out: HoldOut) -> Splits:
    """Reads the other sources and draws the held-out rows; errors carry the key of the spec that they belong to."""
    train = _apply(standardise, source.splits["train"], "train")
    splits = Splits(train, notes=list(source.notes))
    for name in ("test", "validation"):
        rows = _named_rows(name, getattr(data, name), source, variables, splits)
        if rows is not None:
            setattr(splits, name, _apply(standardise, rows, name))
            continue
        size = _share(name, getattr(data, name), source)
        if size is not None:
            try:
                splits.train, held, note = hold_out(splits.train, size)
            except DataError as error:
                raise DataError(error.what, error.fix, f"data.{name}") from None
            setattr(splits, name, held)
            splits.notes += [note] if note else []
    return splits


def _read(name: str, variables: Path, path: str) -> Source:
    try:
        return read_source(name, variables)
    except DataError as error:
        raise DataError(error.what, error.fix, error.path or path) from error.__cause__


def _apply(standardise: Standardise, rows: Dataset, split: str) -> Dataset:
    try:
        return standardise(rows, split)
    except DataError as error:
        raise DataError(error.what, error.fix, error.path or f"data.{split}") from None


def _named_rows(name: str, value: object, train: Source, variables: Path, splits: Splits) -> Dataset | None:
    """Returns rows from a source of their own: the one named, or the training source's split of that name."""
    if value is None:
        return train.splits.get(name)
    if isinstance(share_or_source(value), Share | Count | Nothing):
        return None
    other = _read(str(value), variables, f"data.{name}")
    splits.notes += other.notes
    return other.splits.get(name, other.splits["train"])


def _share(name: str, value: object, train: Source) -> float | int | None:
    """Returns what to draw from the training rows: a share, a count, or None for nothing."""
    if value is None:
        return DEFAULT_VALIDATION if name == "validation" and name not in train.splits else None
    size = share_or_source(value)
    if isinstance(size, Share):
        return size.share
    return size.rows if isinstance(size, Count) else None
