"""The rows of a split that a check-up reads: all of them, or a seeded sample where they are very many."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from datasets import Dataset

from nbft.data.dropped import ROW, SOURCE
from nbft.record.data_check import Example

MOST_ROWS = 100_000
MOST_CHARACTERS = 50_000_000
"""Of a split that are held in memory at once."""
WRITTEN = ("chat", "summarization", "translation")
"""Tasks whose targets are texts as much as their inputs are."""
SHOWN = 160
"""Characters of an example."""
_MEASURED = 50


class Reads(Protocol):
    """What a task says of its rows."""

    name: ClassVar[str]
    labels: list[str]
    model_limit: int | None

    def inputs(self, rows: Dataset) -> Iterable[str]:
        """Yields what the model reads of each row."""
        ...

    def targets(self, rows: Dataset) -> Iterable[str] | None:
        """Yields what it should say."""
        ...


@dataclass(frozen=True)
class RowSample:
    """Texts of a split, in the order of its rows."""

    name: str
    total: int
    """Rows of the whole split."""
    numbers: list[int]
    """Which row of its source each of them was, from 1."""
    inputs: list[str]
    targets: list[str] | None
    whole: list[str]
    """Inputs, and targets too where they are written texts."""

    @property
    def is_part(self) -> bool:
        """Whether rows were passed over."""
        return len(self.numbers) < self.total

    def number(self, place: int) -> int:
        """Returns which row of its source the sample's row at a place was, from 1."""
        return self.numbers[place]

    def example(self, place: int, text: str | None = None, also: str = "") -> Example:
        """Returns the sample's row at a place as an example."""
        shown = self.inputs[place] if text is None else text
        return Example(self.name, self.number(place), shortened(shown), shortened(also))


def take_rows(name: str, rows: Dataset, task: Reads, seed: int) -> RowSample:
    """Returns the rows of a split to look at."""
    rows = _once(rows)
    total, numbers = len(rows), row_numbers(rows)
    wanted = min(total, MOST_ROWS, _affordable(rows, task))
    if wanted < total:
        places = sorted(random.Random(seed).sample(range(total), wanted))
        rows, numbers = rows.select(places), [numbers[place] for place in places]
    targets = task.targets(rows)
    inputs = [plain(text) for text in task.inputs(rows)]
    said = None if targets is None else [plain(str(target)) for target in targets]
    are_texts = said is not None and task.name in WRITTEN
    whole = [f"{text}\n{answer}" for text, answer in zip(inputs, said, strict=True)] if said and are_texts else inputs
    return RowSample(name, total, numbers, inputs, said, whole)


def _once(rows: Dataset) -> Dataset:
    """Leaves out the copies that a source's weight made of its rows."""
    if SOURCE not in rows.column_names or ROW not in rows.column_names:
        return rows
    first = {pair: place for place, pair in reversed(list(enumerate(zip(rows[SOURCE][:], rows[ROW][:], strict=True))))}
    return rows.select(sorted(first.values())) if len(first) < len(rows) else rows


def row_numbers(rows: Dataset) -> list[int]:
    """Returns which row of its source each row was, from 1; its place where that isn't known."""
    places = rows[ROW][:] if ROW in rows.column_names else range(len(rows))
    return [place + 1 for place in places]


def plain(text: str) -> str:
    """Returns what the messages of a conversation say, where the text is one in JSON; else the text itself."""
    if not text.startswith('[{"role"'):
        return text
    return "\n".join(str(message.get("content") or "") for message in json.loads(text))


def _affordable(rows: Dataset, task: Reads) -> int:
    """Returns how many rows may be read, by the length of some that are spread over the split."""
    if not len(rows):
        return 0
    places = range(0, len(rows), max(len(rows) // _MEASURED, 1))
    lengths = [len(text) for text in task.inputs(rows.select(places))]
    return max(int(MOST_CHARACTERS / max(sum(lengths) / len(lengths), 1)), 1)


def shortened(text: str, most: int = SHOWN) -> str:
    """Returns the beginning of a text in one line."""
    flat = " ".join(text[: 4 * most].replace("\x1f", "·").split())
    return flat if len(flat) <= most and len(text) <= 4 * most else f"{flat[:most].rstrip()} …"


def spread(counts: dict[str, int], totals: dict[str, int]) -> str:
    """Returns `12 of 6,920 train rows (0.2%) and 3 of 872 test rows`."""
    some = {name: count for name, count in counts.items() if count}
    parts = [f"{count:,} of {totals[name]:,} {name} rows{_share(count, totals[name])}" for name, count in some.items()]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _share(count: int, total: int) -> str:
    return f" ({percent(count / total)})" if count and total >= 20 else ""


def percent(share: float) -> str:
    """Returns 13%, 1.3% or <0.1%."""
    return f"{share:.0%}" if share >= 0.1 or not share else f"{share:.1%}" if share >= 0.0005 else "<0.1%"
