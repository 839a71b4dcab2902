"""What is wrong with the sources of a spec: files that are not there, and options that their kind doesn't take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbft.spec.files import check_source
from nbft.spec.findings import Finding, Known
from nbft.spec.guess import closest
from nbft.spec.row_source import RowSource, sources_in
from nbft.spec.sources import (
    DATABASE_ENDINGS,
    FILE_ENDINGS,
    TEXT_ENDINGS,
    Source,
    ending_of,
    share_or_source,
    source_of,
)
from nbft.spec.text_files import is_encoding
from nbft.starter import STARTER_DATA

ENCODINGS = ("utf-8", "utf-16", "latin-1", "windows-1252", "gb18030", "gbk", "big5", "shift_jis", "euc-kr", "cp1251")
"""Encodings that are offered; any of Python's can be named."""
_TAKEN_BY = {
    "config": ("hub", "folder", "a data set on the hub"),
    "sheet": (".xlsx", "an Excel file (.xlsx)"),
    "query": ("database", "a database (a SQLite file, or a URL of SQLAlchemy)"),
    "encoding": ("text", "folder", "a text file (csv, tsv, json, jsonl, txt)"),
}
"""Which kinds of source take an option, and those in words."""


def check_sources(known: Known) -> Iterator[Finding]:
    """Yields what is wrong with the sources of train, validation and test, each at its place."""
    for name in ("train", "validation", "test"):
        value = getattr(known.spec.data, name)
        if isinstance(share_or_source(value), Source):
            for path, wanted in _placed(("data", name), value):
                yield from check_one(path, wanted)
        elif name == "train":
            fix = "Name a file, a hub id or a $variable; shares of its rows go to data.validation and data.test."
            yield Finding(("data", "train"), f"{value!r} is no source of rows.", fix)


def _placed(path: tuple[str | int, ...], value: Any) -> list[tuple[tuple[str | int, ...], RowSource]]:
    """Returns each source with its path in the spec."""
    several = isinstance(value, list)
    return [((*path, place) if several else path, source) for place, source in enumerate(sources_in(value))]


def check_one(path: tuple[str | int, ...], wanted: RowSource) -> Iterator[Finding]:
    """Yields what is wrong with one source, which stands at the path."""
    key = path[min(1, len(path) - 1)]
    found = check_source(wanted.source)
    if found:
        yield Finding((*path, "source"), *found)
        return
    kind = _kind(wanted.source)
    for option, (*kinds, words) in _TAKEN_BY.items():
        if getattr(wanted, option) is not None and kind not in kinds:
            what = f"{option!r} says how {words} is read; {wanted.source!r} is none."
            yield Finding((*path, option), what, "Delete it.", "key")
    if kind == "database" and wanted.query is None and source_of(wanted.source).kind == "database":
        example = "{source: ..., query: 'SELECT text, label FROM reviews'}"
        yield Finding((*path, "source"), "a database needs a query.", f"Write   {key}: {example}")
    if wanted.encoding is not None and not is_encoding(wanted.encoding):
        close = closest(wanted.encoding, ENCODINGS, cutoff=0.5)
        fix = f"Did you mean {close!r}?" if close else f"Known are {', '.join(ENCODINGS)} and others."
        yield Finding((*path, "encoding"), f"{wanted.encoding!r} is no encoding.", fix)
    if key != "train" and wanted.weight != RowSource.model_fields["weight"].default:
        yield Finding((*path, "weight"), "only rows to learn from have a weight.", "Delete it.", "key")


def _kind(name: str) -> str:
    """Returns what options the source takes: hub, folder, database, text, .xlsx, or what takes none."""
    kind, ending = source_of(name).kind, ending_of(re.sub(r"[?#].*", "", name) if "://" in name else name)
    if name in STARTER_DATA or kind in ("variable", "database"):
        return "starter" if name in STARTER_DATA else kind
    if kind != "url" and _is_folder(name):
        return "folder"
    if ending in FILE_ENDINGS:
        is_text = ending.removesuffix(".gz") in TEXT_ENDINGS
        return "text" if is_text else "database" if ending in DATABASE_ENDINGS else ending
    return kind


def _is_folder(name: str) -> bool:
    try:
        return Path(name).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False
