"""A spec's data section -> the rows of each split, in the form that its task asks for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from datasets import Dataset, concatenate_datasets

from nbft.data.cleaning import clean_rows
from nbft.data.columns import columns_fix
from nbft.data.drawn import Drawn, hold_out_groups, hold_out_last
from nbft.data.dropped import GROUP, ORDER, SOURCE, Dropped
from nbft.data.leaks import drop_leaks, report_leaks
from nbft.data.relabelling import WHY, relabel
from nbft.data.sources import Source, read_sources
from nbft.data.standard import Reads, standard_rows
from nbft.errors import DataError
from nbft.functions import Function
from nbft.spec.cleaning import steps_of
from nbft.spec.sections import Data
from nbft.spec.sources import Count, Nothing, Share, share_or_source

DEFAULT_VALIDATION = 0.1


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


def read_training(data: Data, variables: Path) -> list[Source]:
    """Reads the sources of the training rows; raises DataError."""
    return read_sources(data.train, variables, "data.train")


@dataclass
class Loader:
    """Draws a run's splits from its sources; errors carry the key of the spec that they belong to."""

    task: Reads
    data: Data
    seed: int
    variables: Path
    """The run's folder of notebook variables."""
    dropped: Dropped
    functions: Mapping[str, Function] = field(default_factory=dict)
    """The functions of the notebook that the spec names."""
    notes: list[str] = field(default_factory=list)
    """What was decided and done, a sentence each."""

    def load(self, sources: list[Source]) -> Splits:
        """Returns the splits; `sources` are those of the training rows."""
        self.notes += [note for source in sources for note in source.notes]
        splits = Splits(self._standard(sources, "train", "train"), notes=self.notes)
        for name in ("test", "validation"):
            rows = self._own_rows(name, sources)
            size = self._share(name, sources) if rows is None else None
            if size is not None:
                rows = self._hold_out(name, size, splits)
            setattr(splits, name, rows)
        self._look_for_leaks(splits)
        splits.train = repeated(splits.train, [source.weight for source in sources], self.seed)
        return splits

    def _standard(self, sources: list[Source], split: str, key: str) -> Dataset:
        """Returns the rows of all sources as one; each is read by itself, so they may differ in form."""
        parts = []
        for number, source in enumerate(sources):
            rows = source.splits.get(key, source.splits["train"])
            made = self._apply(rows, split)
            parts.append(made.add_column(SOURCE, [number] * len(made)) if len(sources) > 1 else made)  # pyright: ignore[reportCallIssue]
        return self._cleaned(concatenate_datasets(parts) if len(parts) > 1 else parts[0], split)

    def _cleaned(self, rows: Dataset, split: str) -> Dataset:
        """Returns the rows with their labels renamed and after the steps of cleaning."""
        if self.data.labels:
            named = relabel(rows, self.data.labels, split)
            self.dropped.add(split, WHY, rows, named.dropped)
            self.notes += [note for note in [named.note(self.data.labels, split)] if note]
            rows = named.rows
        cleaned = clean_rows(rows, self.task, steps_of(self.data.clean), split, self.functions)
        for why, numbers in cleaned.dropped.items():
            self.dropped.add(split, why, rows, numbers)
        self.notes += [note for note in [cleaned.note(split)] if note]
        return cleaned.rows

    def _look_for_leaks(self, splits: Splits) -> None:
        """Warns of rows that stand in two splits, or drops them from the training rows where the spec says so."""
        if not any(step.name == "drop-leaks" for step in steps_of(self.data.clean)):
            report_leaks(self.task, splits.present, self.task.warn)
            return
        train, dropped = drop_leaks(self.task, splits.present)
        for why, numbers in dropped.items():
            self.dropped.add("train", why, splits.train, numbers)
            self.notes.append(f"drop-leaks dropped {len(numbers):,} training rows, which {why}.")
        splits.train = train

    def _apply(self, rows: Dataset, split: str) -> Dataset:
        kept = {name: column for name, column in self._extra().items() if split == "train"}
        for name, column in kept.items():
            if column not in rows.column_names:
                what, key = f"The data has no column {column!r}.", "group_by" if name == GROUP else "order_by"
                raise DataError(what, columns_fix(rows, column), f"data.{key}")
        try:
            return standard_rows(self.task, rows, split, kept, self.dropped)
        except DataError as error:
            raise DataError(error.what, error.fix, error.path or f"data.{split}") from None

    def _extra(self) -> dict[str, str]:
        named = {GROUP: self.data.group_by, ORDER: self.data.order_by}
        return {name: column for name, column in named.items() if column is not None}

    def _own_rows(self, name: str, train: list[Source]) -> Dataset | None:
        """Returns rows from sources of their own: those named, or the training source's split of that name."""
        value = getattr(self.data, name)
        if value is None:
            with_split = [source for source in train if name in source.splits]
            return self._standard(with_split, name, name) if with_split else None
        if isinstance(share_or_source(value), Share | Count | Nothing):
            return None
        return self.read(value, name)

    def read(self, value: object, split: str) -> Dataset:
        """Returns the rows of sources that are a split of their own, their split of that name where they have one."""
        sources = read_sources(value, self.variables, f"data.{split}")
        self.notes += [note for source in sources for note in source.notes]
        return self._standard(sources, split, split)

    def _share(self, name: str, train: list[Source]) -> float | int | None:
        """Returns what to draw from the training rows: a share, a count, or None for nothing."""
        value = getattr(self.data, name)
        if value is None:
            is_open = name == "validation" and not any(name in source.splits for source in train)
            return DEFAULT_VALIDATION if is_open else None
        size = share_or_source(value)
        if isinstance(size, Share):
            return size.share
        return size.rows if isinstance(size, Count) else None

    def _hold_out(self, name: str, size: float | int, splits: Splits) -> Dataset:
        try:
            splits.train, held, note = self._draw(splits.train, size)
        except DataError as error:
            raise DataError(error.what, error.fix, error.path or f"data.{name}") from None
        self.notes += [note] if note else []
        return held

    def _draw(self, rows: Dataset, size: float | int) -> Drawn:
        if self.data.group_by is not None:
            return hold_out_groups(rows, size, self.task.strata(rows), self.seed, self.data.group_by)
        if self.data.order_by is not None:
            return hold_out_last(rows, size, self.data.order_by)
        return self.task.hold_out(rows, size)


def repeated(rows: Dataset, weights: list[float], seed: int) -> Dataset:
    """Returns rows of which those of each source are there as many times as its weight says, a part of them by chance.

    Held-out rows are drawn before: a row that is there twice would stand on both sides.
    """
    if all(weight == 1 for weight in weights):
        return rows
    chance = random.Random(seed)
    of_source: list[list[int]] = [[] for _ in weights]
    for row, source in enumerate(rows[SOURCE] if SOURCE in rows.column_names else [0] * len(rows)):
        of_source[source].append(row)
    chosen: list[int] = []
    for own, weight in zip(of_source, weights, strict=True):
        whole, part = divmod(weight, 1)
        chosen += own * int(whole) + chance.sample(own, round(part * len(own)))
    return rows.select(sorted(chosen))
