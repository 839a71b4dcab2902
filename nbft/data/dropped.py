"""Rows that were left out of a run, and why, kept in the run's folder: `dropped/train.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset

AT_ONCE = 1000
ROW = "_row"
"""The column that says which row of its source, from 0, a standardised row was."""
GROUP, ORDER, SOURCE = "_group", "_order", "_source"
"""Columns that are there where the spec asks for them: what `group_by` and `order_by` name, and which of several sources."""
PRIVATE = (ROW, GROUP, ORDER, SOURCE)


class Dropped:
    """Writes rows down before they go; without a folder, as for a check, it writes nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._begun: set[Path] = set()

    def add(self, split: str, why: str, rows: Dataset, numbers: Sequence[int], first: int = 0) -> None:
        """Writes the rows of these numbers (from 0), each with its number in its source (from 1) and the reason.

        `first` is the number of the first row, where `rows` are a part of the data; rows that know their own number, in a
        column `_row`, are written under it.
        """
        if self.folder is None or not len(numbers):
            return
        self.folder.mkdir(exist_ok=True)
        file = self.folder / f"{split}.jsonl"
        mode = "a" if file in self._begun else "w"  # what an earlier attempt at the run wrote is written anew
        self._begun.add(file)
        with file.open(mode, encoding="utf-8") as sink:
            for at in range(0, len(numbers), AT_ONCE):
                some = numbers[at : at + AT_ONCE]
                for number, row in zip(some, rows.select(some).to_list(), strict=True):
                    known = {name: value for name, value in row.items() if name not in PRIVATE}
                    line = {"row": row.get(ROW, first + number) + 1, "why": why, **known}
                    sink.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
