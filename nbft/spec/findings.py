"""What the checks of a spec find, and what they know of it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nbft.spec.infer import Guess
from nbft.spec.model_kinds import ModelKind
from nbft.spec.peek import Columns
from nbft.spec.sections import RunSpec
from nbft.spec.text import Path


class Finding(NamedTuple):
    """Something that is wrong although every value is right by itself."""

    path: Path
    what: str
    fix: str
    at: str = "value"
    """Whether the value or the key is pointed at."""


@dataclass(frozen=True)
class Known:
    """A spec, and what is seen of its data and model without reading rows or loading weights."""

    spec: RunSpec
    """Its task is filled in where it could be seen."""
    columns: Columns
    kind: ModelKind
    guess: Guess | None = None
    """How the task was seen, where the spec leaves it out."""

    @property
    def this_task(self) -> str:
        """The task in words, with the reason where nobody said it."""
        why = f" ({self.guess.reason})" if self.guess else ""
        return f"this task is {self.spec.task}{why}"
