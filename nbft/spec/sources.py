"""What `data.train`, `data.validation` and `data.test` may hold: a share, a number of rows, nothing, or a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from nbft.spec.types import share_of

FILE_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".txt")
"""Endings of the files that hold rows; a name with one of them is a file, whether or not it exists."""
VARIABLE = re.compile(r"\$([^\W\d]\w*)")


@dataclass(frozen=True)
class Share:
    """A part of the training rows."""

    share: float
    """Strictly between 0 and 1."""


@dataclass(frozen=True)
class Count:
    """A number of the training rows."""

    rows: int


@dataclass(frozen=True)
class Nothing:
    """No rows: `none` or 0."""


@dataclass(frozen=True)
class Source:
    """Rows of their own; `kind` is file, hub or variable."""

    name: str
    kind: str


def share_or_source(value: Any) -> Share | Count | Nothing | Source:
    """Returns what the value of a `data` key asks for; the key left out (None) asks for nothing."""
    share = share_of(value)
    if share is not None:
        return Share(share)
    if isinstance(value, int) and value > 0:
        return Count(value)
    if value in (None, 0) or str(value).strip().lower() == "none":
        return Nothing()
    return source_of(str(value))


def source_of(name: str) -> Source:
    """Returns the source of that name; whether it exists is not asked."""
    if VARIABLE.fullmatch(name):
        return Source(name, "variable")
    looks_local = name.lower().endswith(FILE_ENDINGS) or name.startswith(("/", "./", "../", "~", ".\\", "..\\"))
    return Source(name, "file" if looks_local or "\\" in name else "hub")
