"""A spec's text while it is read: its data, where every key and value stands, and what is wrong so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nbft.errors import Problem

Path = tuple["str | int", ...]

MOST_PROBLEMS = 50
"""Nobody mends more at once, and a text that is no spec at all has thousands."""
LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Span(NamedTuple):
    """A stretch of text; lines and columns count from 0, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass
class SpecText:
    """Data read from YAML, and the place of each part of it."""

    text: str
    first_line: int = 1
    """The number of the text's first line as the reader counts (2 in a cell, below the `%%finetune` line)."""
    has_lines: bool = True
    """Whether the reader ever saw this text; False where it was made from a mapping."""
    data: Any = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    blanks: set[Path] = field(default_factory=set)
    """Where a key stands with nothing behind it."""
    origins: dict[Path, str] = field(default_factory=dict)
    """Where values came from that don't stand in the text: `--set train.epochs`, or `$epochs`."""
    problems: list[Problem] = field(default_factory=list)
    refused: set[Path] = field(default_factory=set)
    """Places that have a problem already: whatever else is found there only follows from it."""
    broken_at: int | None = None
    """The line (from 0) from which on the text could not be read."""

    def __post_init__(self) -> None:
        self.lines = LINE_BREAK.split(self.text)

    def complain(self, path: Path, what: str, fix: str = "", *, at: str = "value") -> None:
        """Adds a problem with the value (or `key`) at a path; only the first for each place counts."""
        path = self.as_written(path)
        if self.is_refused(path):
            return
        self.refused.add(path)
        problem = self.problem(path, what, fix, at=at)
        is_beyond = self.broken_at is not None and problem.line and problem.line >= self.broken_at + self.first_line
        if not is_beyond:
            self.problems.append(problem)

    def is_refused(self, path: Path) -> bool:
        """Returns whether a problem is known at this path or above it."""
        return any(path[:length] in self.refused for length in range(len(path) + 1))

    def problem(self, path: Path, what: str, fix: str = "", *, at: str = "value") -> Problem:
        """Returns a problem that points at the value or key of the path, or at the nearest key above it."""
        path = self.as_written(path)
        origin = self.origin(path)
        if origin.startswith("--"):
            return Problem(what, fix, origin)
        span, key = self.values.get(path), self.keys.get(path)
        is_below = span and key and span.line != key.line and isinstance(value_at(self.data, path), dict | list)
        if at == "key" or is_below:  # a section below its key is pointed at by its key
            span = key
        above = path
        while span is None and above:
            span = self.keys.get(above) or (self.values.get(above) if isinstance(above[-1], int) else None)
            above = above[:-1]
        return self.problem_at(span, what, fix, dotted(path))

    def problem_at(self, span: Span | None, what: str, fix: str = "", path: str = "") -> Problem:
        """Returns a problem that points at a stretch of the text."""
        if span is None or not self.has_lines:
            return Problem(what, fix, path)
        line = self.lines[span.line] if span.line < len(self.lines) else ""
        end = span.end_column if span.end_line == span.line else len(line.rstrip())
        width = max(end - span.column, 1)
        return Problem(what, fix, path, span.line + self.first_line, span.column + 1, width, line)

    def as_written(self, path: Path) -> Path:
        """Returns where the value really stands: `model.name` at `model`, where the text says `model: bert`."""
        while len(path) > 1 and isinstance(value_at(self.data, path[:-1]), str):
            path = path[:-1]
        return path

    def origin(self, path: Path) -> str:
        """Returns where the value at the path came from if it doesn't stand in the text, else an empty text."""
        found = (self.origins.get(path[:length]) for length in range(len(path), -1, -1))
        return next((origin for origin in found if origin), "")

    def as_typed(self, path: Path) -> str | None:
        """Returns the text of a value that stands on one line, None for others."""
        span = self.values.get(path)
        if span is None or span.line != span.end_line or self.origin(path) or not self.has_lines:
            return None
        return self.lines[span.line][span.column : span.end_column]

    def line_of(self, path: Path) -> int | None:
        """Returns the line of a key as the reader counts, None where there is none."""
        span = self.keys.get(path)
        return span.line + self.first_line if span and self.has_lines else None


def dotted(path: Path) -> str:
    """Returns `data.columns.text`; positions in lists are left out, the caret shows them."""
    return ".".join(part for part in path if isinstance(part, str))


def value_at(data: Any, path: Path) -> Any:
    """Returns the value at a path, None where there is none."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data
