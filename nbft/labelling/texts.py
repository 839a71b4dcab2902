"""What is labelled, and what a label is: one word, or a list of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Label = str | list[str]
"""One label, or in a session of many those that fit (perhaps none)."""


@dataclass(frozen=True)
class Text:
    """A text to label; rows that repeat it are labelled with it."""

    id: str
    text: str
    rows: tuple[int, ...]
    """Places in the table, from 0."""
    before: Label | None = None
    """What the table said when the session began."""


@dataclass(frozen=True)
class Step:
    """An answer, and what it took the place of."""

    id: str
    did: str
    label: Label | None
    was: Label | None
    was_skipped: bool


def names_of(label: Label) -> list[str]:
    """Returns the labels as a list."""
    return [label] if isinstance(label, str) else label


def as_label(given: Any, many: bool) -> Label | None:
    """Returns what an entry says in the form that the session uses; None where that can't be said."""
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    if many:
        return names
    return names[0] if len(names) == 1 else None
