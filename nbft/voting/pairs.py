"""What is voted on: a prompt, and the answers of two systems to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbft.errors import DataError
from nbft.labelling.journal import identity
from nbft.labelling.rows import Rows, is_empty
from nbft.labelling.texts import Text
from nbft.spec.guess import did_you_mean

PROMPTS = ("prompt", "prompts", "input", "question", "instruction", "messages", "source", "text")
"""Columns that a prompt is looked for in, in this order."""


@dataclass(frozen=True)
class Pair:
    """Two answers to a prompt; `row` is the prompt's place among the rows, from 0."""

    prompt: str
    a: str
    b: str
    row: int

    @property
    def id(self) -> str:
        """What the pair is known by, whichever system is called a: other answers make another pair."""
        return identity("\x1f".join([self.prompt, *sorted((self.a, self.b))]))

    def text(self) -> Text:
        """Returns the pair as the session asks about it."""
        return Text(self.id, self.prompt, (self.row,))


def is_swapped(seed: int, pair: str) -> bool:
    """Returns whether b's answer stands on the left: by chance, but the same in every session of that seed."""
    return hashlib.sha256(f"{seed}:{pair}".encode()).digest()[0] % 2 == 1


def in_order(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """Returns the pairs in an order by chance, the same for the same seed; each once."""
    once = {pair.id: pair for pair in pairs}
    return sorted(once.values(), key=lambda pair: hashlib.sha256(f"{seed}/{pair.id}".encode()).digest())


def pairs_of(rows: Rows, a: str, b: str, prompt: str | None = None) -> list[Pair]:
    """Returns the pairs of a table that has a column for each system; raises DataError where one is missing."""
    columns = rows.columns
    for name in (a, b, *([prompt] if prompt else [])):
        if name not in columns:
            raise DataError(f"There is no column {name!r}.", did_you_mean(name, columns, "Its columns"))
    others = [name for name in PROMPTS if name in columns and name not in (a, b)]
    prompts = rows.values(prompt or others[0]) if prompt or others else [""] * len(rows.values(a))
    both = zip(prompts, rows.values(a), rows.values(b), strict=True)
    return [Pair(as_words(p), as_words(x), as_words(y), row) for row, (p, x, y) in enumerate(both)]


def as_words(value: Any) -> str:
    """Returns what a person reads: text as it is, messages one below the other, each with its role."""
    if isinstance(value, list | tuple) or type(value).__name__ == "ndarray":
        said = [(one.get("role", ""), one.get("content", "")) if isinstance(one, dict) else ("", one) for one in value]
        return "\n\n".join(f"{role}: {words}" if role else str(words) for role, words in said)
    return "" if is_empty(value) and not isinstance(value, str) else str(value)
