"""A closer look at one evaluation, as it is kept in JSON: what was taken for what, and some of the rows themselves.

The numbers of an evaluation are in the record; this is what they are made of. All of it is bounded, whatever the data:
MAX_LABELS labels, MAX_ROWS rows, MAX_CHARACTERS of a text. What a task does not have is left empty.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbft.record.scorecard import read_as

MAX_LABELS = 50
"""Of a confusion matrix; the rarer ones become OTHERS."""
MAX_ROWS = 20
MAX_POINTS = 400
"""Of a picture of numbers."""
MAX_CHARACTERS = 400
MAX_WORDS = 60
"""Of a tagged row."""
OTHERS = "(others)"


@dataclass(frozen=True)
class TakenFor:
    """How often a label (a row of `counts`) was taken for another (a column)."""

    labels: list[str]
    counts: list[list[int]]
    of: str = "rows"
    """What is counted: rows or words."""


@dataclass(frozen=True)
class LabelCount:
    """How often a label that a text may have beside others was right."""

    label: str
    right: int
    """Rows that have it and were given it."""
    missed: int
    added: int
    """Rows that were given it and don't have it."""


@dataclass(frozen=True)
class Mistake:
    """A row that the model got wrong."""

    text: str
    wanted: str
    found: str
    confidence: float | None = None
    """The probability that the model gave its mistake; None where it gives numbers."""


@dataclass(frozen=True)
class TaggedWords:
    """Words with the right tags and those of the model."""

    words: list[str]
    wanted: list[str]
    found: list[str]


@dataclass(frozen=True)
class Answered:
    """A question with what the model said and what is right, places in the part of the context that is shown."""

    question: str
    context: str
    wanted: list[str]
    found: str
    wanted_at: list[int] = field(default_factory=list)
    """[start, end], empty where there is no answer."""
    found_at: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Examination:
    """What one evaluation looked like."""

    rows: int
    wrong: int | None = None
    """Rows that were not wholly right; None for numbers."""
    taken_for: TakenFor | None = None
    label_counts: list[LabelCount] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    """The surest of them first; of numbers, the farthest off."""
    tagged: list[TaggedWords] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    points: list[list[float]] = field(default_factory=list)
    """[true, predicted] of some rows."""


def write_examination(examination: Examination, file: Path) -> None:
    """Writes it as JSON; raises OSError."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(dataclasses.asdict(examination), ensure_ascii=False), encoding="utf-8")


def read_examination(file: Path) -> Examination | None:
    """Returns what a file holds, None where there is none that can be read; keys of later versions are passed over."""
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
        return read_as(Examination, found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
