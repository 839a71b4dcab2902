"""Every error that nbft raises on purpose.

NbftError                  what a user can mend: shown without a traceback
├── SpecError              the YAML says something it can't; carries all problems, by line
├── DataError              a data set is missing, unreadable or wrong for its task
├── ModelError             a model can't be found, loaded or used for its task
├── RunError               a run isn't there, is busy, or can't do what was asked of it
│   └── RunFailed          a run that was waited for ended without a model
└── TrainingError          training can't go on (a loss that is not a number, nothing to train on)
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

MAX_EXCERPT = 100
"""Characters of a long line that are shown around the caret."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it stands in the YAML, and what to write instead."""

    what: str
    fix: str = ""
    path: str = ""
    """Dotted keys, as `data.columns.text`."""
    line: int | None = None
    """From 1; in a cell line 1 is the `%%finetune` line."""
    column: int | None = None
    """From 1, of the first character the caret points at."""
    width: int = 1
    """Characters the caret underlines."""
    excerpt: str = ""
    """The whole line of YAML."""

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.path) if part)
        parts = [f"  {where}: {self.what}" if where else f"  {self.what}"]
        if self.excerpt and self.column:
            parts += [f"      {line}" for line in _point_at(self.excerpt, self.column - 1, self.width)]
        parts += [f"  {line}" for line in self.fix.splitlines()]
        return "\n".join(parts)


def _point_at(line: str, start: int, width: int) -> tuple[str, str]:
    """Returns a line, cut to what surrounds the stretch, and carets below the stretch."""
    left = min(len(line) - len(line.lstrip()), start)
    if len(line) - left > MAX_EXCERPT:
        left = max(left, min(start - MAX_EXCERPT // 3, len(line) - MAX_EXCERPT))
    right = left + MAX_EXCERPT
    end = max(min(start + width, right, len(line)), start + 1)
    before = "…" if line[:left].strip() else ""
    after = "…" if line[right:].strip() else ""
    shown, lead = _visible(line[left:right].rstrip()), before + _visible(line[left:start])
    return before + shown + after, " " * _columns(lead) + "^" * max(_columns(_visible(line[start:end])), 1)


def _visible(text: str) -> str:
    """Shows a dot for whatever would be invisible, move the cursor or turn the text around."""
    return "".join(c if c.isprintable() else "·" for c in text.replace("\t", "→"))


def _columns(text: str) -> int:
    """Returns how many columns of a terminal the text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


class NbftError(Exception):
    """Something a user can mend; its text says what is wrong, where, and what to do instead."""

    exit_code = 1

    def __init__(self, what: str, fix: str = "", path: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.path = path
        """The place in the spec that the finding belongs to, where there is one (`data.train`)."""

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.fix) if part)

    def _render_traceback_(self) -> list[str]:
        """Returns what IPython prints instead of a traceback."""
        return str(self).splitlines()

    def to_record(self) -> dict[str, Any]:
        """Returns the error as plain data for the run's record."""
        return {"type": type(self).__name__, "what": self.what, "fix": self.fix, "path": self.path}


class SpecError(NbftError):
    """The YAML has problems; `problems` lists all of them in the order of their lines."""

    exit_code = 2

    def __init__(self, problems: list[Problem], source: str = "this spec") -> None:
        self.problems = problems
        self.source = source
        super().__init__(f"{source}: {len(problems)} problem{'s' * (len(problems) != 1)}")

    def __str__(self) -> str:
        return self.what + "\n\n" + "\n\n".join(str(problem) for problem in self.problems)


class DataError(NbftError):
    """A data set is missing, unreadable or wrong for its task."""

    exit_code = 2


class ModelError(NbftError):
    """A model can't be found, loaded or used for its task."""

    exit_code = 2


class RunError(NbftError):
    """A run isn't there, is busy, or can't do what was asked of it."""


class RunFailed(RunError):
    """A run that was waited for ended without a model."""


class TrainingError(NbftError):
    """Training can't go on: a loss that is not a number, or nothing to train on."""
