"""What a check-up found in a run's data: plain numbers, sentences and a few examples, kept as data.json."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Level = Literal["ok", "note", "warn"]
SPECIAL, LEARNT, UNKNOWN, GAP = "s", "l", "u", "g"
"""Marks of a token: set by the tokenizer, learnt, not in the vocabulary, and tokens that are passed over here."""


@dataclass(frozen=True)
class Example:
    """A row to look at."""

    split: str
    row: int
    """From 1, among the rows of the split as they are trained on."""
    text: str
    """The beginning of the row, or the part of it that matters."""
    also: str = ""
    """What it is held against: another row, its label."""


@dataclass(frozen=True)
class Finding:
    """Something that was looked for."""

    level: Level
    topic: str
    """A word or two, as `leaks`."""
    what: str
    """A sentence with a count."""
    fix: str = ""
    """What to write or do; lines of YAML are told by their colon."""
    rows: list[Example] = field(default_factory=list)


@dataclass(frozen=True)
class Histogram:
    """How many values lie between neighbouring edges."""

    edges: list[float]
    counts: list[int]
    over: int = 0
    """Values beyond the last edge."""


@dataclass(frozen=True)
class Lengths:
    """Tokens of a split's rows before they are cut, and what the limit takes away."""

    histogram: Histogram
    unit: str
    """What is counted: rows, windows or blocks."""
    count: int
    limit: int
    cut: int
    """Rows that are longer than the limit and lose their end."""
    lost: int
    """Tokens that are lost so."""
    total: int
    """Tokens of all rows before they are cut."""
    percentiles: dict[str, int]
    """Tokens at 50, 90 and 99 percent, and of the longest."""


@dataclass(frozen=True)
class Fit:
    """How a tokenizer suits a sample of a split's texts."""

    rows: int
    tokens: int
    unknown: int
    """Tokens that stand for what the vocabulary does not know."""
    words: int
    """Words, or characters of scripts that put no spaces between words."""
    not_known: list[str] = field(default_factory=list)
    """The commonest of what is not known."""

    @property
    def unknown_share(self) -> float:
        """Unknown tokens among all."""
        return self.unknown / self.tokens if self.tokens else 0.0

    @property
    def per_word(self) -> float:
        """Tokens a word."""
        return self.tokens / self.words if self.words else 0.0


@dataclass(frozen=True)
class SplitCheck:
    """A split in numbers."""

    name: str
    rows: int
    labels: dict[str, int] = field(default_factory=dict)
    """Rows, or words, of each label, the commonest first; empty where there are none."""
    more_labels: int = 0
    """Labels that are too rare to be named here."""
    numbers: Histogram | None = None
    """Labels that are numbers."""
    lengths: Lengths | None = None
    fit: Fit | None = None
    scripts: dict[str, float] = field(default_factory=dict)
    """Share of the letters of each script."""
    languages: dict[str, float] = field(default_factory=dict)
    """Share of the rows of a sample in each language, among those in which it can be told."""
    languages_of: int = 0
    """Rows in which the language can be told."""


@dataclass(frozen=True)
class Token:
    """A token as the model gets it."""

    text: str
    marks: str = ""
    tag: str = ""
    """The label of this token alone."""


@dataclass(frozen=True)
class SeenRow:
    """A training row as the model sees it."""

    row: int
    """From 1; 0 where a feature is not made of one row."""
    tokens: list[Token]
    count: int
    """All of its tokens."""
    learnt: int
    """Tokens that are learnt."""
    label: str = ""
    writes: list[Token] = field(default_factory=list)
    """What an encoder-decoder is to write."""


@dataclass(frozen=True)
class DataCheck:
    """All that was found."""

    task: str
    splits: list[SplitCheck]
    findings: list[Finding]
    """By weight: warnings first."""
    seen: list[SeenRow]
    notes: list[str] = field(default_factory=list)
    """What was looked at in part only."""
    label_unit: str = "rows"
    """What the labels are counted in."""
    seconds: float = 0.0

    @property
    def warnings(self) -> list[Finding]:
        """What should be mended before training."""
        return [finding for finding in self.findings if finding.level == "warn"]

    def of(self, level: Level) -> list[Finding]:
        """Returns the findings of a level."""
        return [finding for finding in self.findings if finding.level == level]

    @property
    def summary(self) -> str:
        """How much was found, as `2 warnings, 5 notes`."""
        counts = [(len(self.of("warn")), "warning"), (len(self.of("note")), "note")]
        return ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n) or "nothing amiss"

    def to_json(self) -> str:
        """Returns the check-up as JSON text, in ASCII: texts may hold halves of letters that no encoding knows."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> DataCheck:
        """Reads what to_json wrote, also of a version that knew more; raises ValueError for anything else."""
        try:
            return _made(cls, json.loads(text))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This is no data check-up: {error}") from error


def read_check(file: Path) -> DataCheck | None:
    """Returns the check-up in a run's data.json; None where there is none that can be read."""
    try:
        return DataCheck.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


Kind = TypeVar("Kind")


def _made(kind: type[Kind], data: dict[str, Any]) -> Kind:
    hints = get_type_hints(kind)
    known: Any = kind
    return kind(**{f.name: _value(hints[f.name], data[f.name]) for f in dataclasses.fields(known) if f.name in data})


def _value(hint: Any, value: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if value is None:
        return None
    if dataclasses.is_dataclass(hint):
        return _made(hint, value)  # pyright: ignore[reportArgumentType]
    inner = get_args(hint)[-1] if get_origin(hint) is list else None
    return [_value(inner, item) for item in value] if inner else value
