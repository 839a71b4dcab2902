"""The steps of `data.clean`, run over standardised rows in order, counting what each changed and dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from datasets import Dataset

from nbft.clean_text import text_step
from nbft.data.duplicates import duplicates_of, hash_inputs, hash_targets, text_hash
from nbft.data.rows import NothingLeft, cells
from nbft.data.slices import chosen
from nbft.functions import Function
from nbft.spec.cleaning import Step

EMPTY = "are empty after cleaning"
_GONE = "nbft:dropped:1f0c9a77"
"""Stands for a text that a function dropped, until its row goes."""
_PATH = "data.clean"


class Texts(Protocol):
    """What of a task knows where its rows hold text, and what is to be learnt of them."""

    text_columns: ClassVar[tuple[str, ...]]

    def map_texts(self, rows: Dataset, change: Callable[[str], str]) -> Dataset:
        """Returns the rows with every text changed."""
        ...

    def inputs(self, rows: Dataset) -> Iterable[str]:
        """Yields what the model reads of each row."""
        ...

    def targets(self, rows: Dataset) -> Iterable[str] | None:
        """Yields what the model should say of each row, None where the texts themselves are learnt."""
        ...


@dataclass(frozen=True)
class Cleaned:
    """What a step did to the rows of a split."""

    step: str
    changed: int = 0
    dropped: int = 0

    def __str__(self) -> str:
        done = [f"changed {self.changed:,}"] if self.changed else []
        done += [f"dropped {self.dropped:,}"] if self.dropped else []
        return f"{self.step} {' and '.join(done) or 'found nothing'}"


@dataclass
class CleanedRows:
    """Rows after cleaning."""

    rows: Dataset
    steps: list[Cleaned] = field(default_factory=list)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    """Numbers (from 0) of the rows that were given and are gone, by the reason, as `repeat an earlier row`."""
    total: int = 0
    """Rows that were given."""

    def note(self, split: str) -> str:
        """Returns a sentence with the counts of every step, empty where there was none."""
        if not self.steps:
            return ""
        return f"Cleaned {self.total:,} {split} rows: {'; '.join(map(str, self.steps))}."


def clean_rows(
    rows: Dataset, task: Texts, steps: Sequence[Step], split: str, functions: Mapping[str, Function]
) -> CleanedRows:
    """Returns the rows after the steps, in order; raises NothingLeft where none is left.

    Steps that drop rows leave those of validation and test alone, so that scores stay comparable; but rows without text
    go everywhere. `drop-leaks` is not done here: it needs the splits.
    """
    return _Cleaning(rows, task, split, functions).run(steps)


class _Cleaning:
    """One run of the steps."""

    def __init__(self, rows: Dataset, task: Texts, split: str, functions: Mapping[str, Function]) -> None:
        self.task = task
        self.split = split
        self.functions = functions
        self.made = CleanedRows(rows, total=len(rows))
        self._numbers = np.arange(len(rows))
        """The number that each row had at first."""

    def run(self, steps: Sequence[Step]) -> CleanedRows:
        for step in steps:
            if step.name == "drop-leaks":
                continue
            change = text_step(step)
            if step.function:
                self._call(step)
            elif change is not None:
                changed, _ = self._map(change)
                self.made.steps.append(Cleaned(str(step), changed))
            elif step.name == "drop-empty" or self.split == "train":
                gone, why = _FINDERS[step.name](self, step)
                self.made.steps.append(Cleaned(str(step), 0, self._drop(gone, why, str(step))))
        if any(done.changed for done in self.made.steps):
            gone = self._drop(self._empty(), EMPTY, "the steps")
            self.made.steps += [Cleaned("without text afterwards", 0, gone)] if gone else []
        return self.made

    def _columns(self) -> list[str]:
        return [name for name in self.task.text_columns if name in self.made.rows.column_names]

    def _map(self, change: Callable[[str], str]) -> tuple[int, list[int]]:
        """Changes the texts; returns how many rows changed, and those with a text that is to go."""
        before = self.made.rows
        after = self.task.map_texts(before, change)
        differs, gone = np.zeros(len(before), bool), np.zeros(len(before), bool)
        for column in self._columns():
            for row, (old, new) in enumerate(zip(cells(before, column), cells(after, column), strict=True)):
                differs[row] |= old != new
                gone[row] |= _GONE in new
        self.made.rows = after
        return int(np.count_nonzero(differs & ~gone)), np.flatnonzero(gone).tolist()

    def _call(self, step: Step) -> None:
        """A task may leave a row as it was where its answer would be lost, so what is refused is remembered too."""
        function, refused = self.functions[step.function], set[int]()
        keeps = self.split != "train"

        def change(text: str) -> str:
            made = function.on_row_text(text)
            if made is not None:
                return made
            if keeps:
                return text
            refused.add(text_hash(text))
            return _GONE

        before = self.made.rows
        changed, gone = self._map(change)
        found = set(gone)
        if refused:
            for column in self._columns():
                found |= {row for row, text in enumerate(cells(before, column)) if text_hash(text) in refused}
        dropped = self._drop(sorted(found), f"were dropped by {step}", str(step))
        self.made.steps.append(Cleaned(str(step), changed, dropped))

    def _drop(self, gone: Sequence[int], why: str, step: str) -> int:
        if not len(gone):
            return 0
        kept = np.ones(len(self.made.rows), bool)
        kept[gone] = False
        if not kept.any():
            what = f"{step} leaves none of the {self.made.total:,} {self.split} rows: the last {len(gone):,} of them {why}."
            raise NothingLeft(what, "Leave the step out, or let it drop less.", _PATH)
        self.made.dropped.setdefault(why, []).extend(self._numbers[~kept].tolist())
        self._numbers = self._numbers[kept]
        self.made.rows = chosen(self.made.rows, np.flatnonzero(kept))
        return len(gone)

    def _empty(self) -> list[int]:
        columns = (cells(self.made.rows, name) for name in self._columns())
        return sorted({row for texts in columns for row, text in enumerate(texts) if not text.strip()})

    def find_empty(self, step: Step) -> tuple[list[int], str]:
        return self._empty(), "have no text"

    def find_long(self, step: Step) -> tuple[list[int], str]:
        most, unit = step.option
        sizes = (len(text.split()) if unit == "words" else len(text) for text in self.task.inputs(self.made.rows))
        return [row for row, size in enumerate(sizes) if size > most], f"are longer than {most:,} {unit}"

    def _hashes(self) -> tuple[np.ndarray, np.ndarray | None]:
        targets = self.task.targets(self.made.rows)
        return hash_inputs(self.task.inputs(self.made.rows)), None if targets is None else hash_targets(targets)

    def find_conflicts(self, step: Step) -> tuple[list[int], str]:
        return duplicates_of(*self._hashes()).conflicts, "contradict another row (same input, other target)"

    def find_repeats(self, step: Step) -> tuple[list[int], str]:
        if step.option is None:
            return duplicates_of(*self._hashes()).rows, "repeat an earlier row"
        from nbft.data.near_duplicates import near_rows

        found = near_rows(len(self.made.rows), self._read, step.option)
        return [row for row, _ in found], f"are nearly the same as an earlier row (similarity {step.option:g})"

    def _read(self, rows: Sequence[int]) -> list[tuple[str, str]]:
        some = self.made.rows.select(rows)
        targets = self.task.targets(some)
        return list(zip(self.task.inputs(some), targets if targets is not None else [""] * len(some), strict=True))


_FINDERS: dict[str, Callable[[_Cleaning, Step], tuple[list[int], str]]] = {
    "drop-empty": _Cleaning.find_empty,
    "drop-longer-than": _Cleaning.find_long,
    "drop-conflicting": _Cleaning.find_conflicts,
    "drop-duplicates": _Cleaning.find_repeats,
}
