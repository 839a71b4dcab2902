"""What `data.train`, `data.validation` and `data.test` may hold: a share, a number of rows, nothing, or a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from nbft.spec.types import share_of

TEXT_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt")
"""Endings of files that are text, and have an encoding; each may be packed, as `.csv.gz`."""
DATABASE_ENDINGS = (".db", ".sqlite", ".sqlite3")
_PACKED = tuple(f"{ending}.gz" for ending in TEXT_ENDINGS)
FILE_ENDINGS = (
    *(".csv", ".tsv", ".json", ".jsonl", ".parquet", ".txt", ".ndjson", ".arrow", ".feather", ".xlsx"),
    *DATABASE_ENDINGS,
    *_PACKED,
)
"""Endings of the files that hold rows; a name with one of them is a file, whether or not it exists."""
ENDINGS_IN_WORDS = (
    f"{', '.join(TEXT_ENDINGS)} (each also packed, as .csv.gz), .parquet, .arrow, .feather, .xlsx and "
    f"{', '.join(DATABASE_ENDINGS)}"
)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_DATABASES = (
    *("postgresql", "postgres", "mysql", "mariadb", "sqlite", "oracle", "mssql", "duckdb", "snowflake", "bigquery"),
    *("redshift", "cockroachdb", "clickhouse", "databricks", "trino", "db2", "firebird"),
)
"""Schemes of SQLAlchemy's URLs, without the driver that may follow a plus sign."""
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
    """Rows of their own; `kind` is file, hub, variable, url, database, or several where a list names them."""

    name: str
    kind: str


def share_or_source(value: Any) -> Share | Count | Nothing | Source:
    """Returns what the value of a `data` key asks for; the key left out (None) asks for nothing."""
    share = share_of(value)
    if share is not None:
        return Share(share)
    if isinstance(value, int) and value > 0:
        return Count(value)
    if value in (None, 0) or (isinstance(value, str) and value.strip().lower() == "none"):
        return Nothing()
    if isinstance(value, list):
        return Source(called(value), "several")
    return source_of(called(value))


def called(value: Any) -> str:
    """Returns what a value of `data.train` names, as one would say it: its source, or all of them with commas."""
    if isinstance(value, list):
        return ", ".join(map(called, value))
    return str(value.get("source", "")) if isinstance(value, dict) else str(value)


def ending_of(name: str) -> str:
    """Returns the ending of a file's name in small letters, both parts of `.csv.gz`; empty where it has none."""
    low = name.lower()
    found = max((ending for ending in FILE_ENDINGS if low.endswith(ending)), key=len, default="")
    return found or PurePath(low).suffix


def source_of(name: str) -> Source:
    """Returns the source of that name; whether it exists is not asked."""
    if VARIABLE.fullmatch(name):
        return Source(name, "variable")
    url = _URL.match(name)
    if url:
        return Source(name, "database" if url[1].lower().partition("+")[0] in _DATABASES else "url")
    looks_local = name.lower().endswith(FILE_ENDINGS) or name.startswith(("/", "./", "../", "~", ".\\", "..\\"))
    return Source(name, "file" if looks_local or "\\" in name else "hub")
