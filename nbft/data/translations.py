"""Texts and their translations, in the forms in which people have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets import Dataset

from nbft.data.columns import Role, columns_fix, is_text, recognise
from nbft.errors import DataError
from nbft.spec.columns import Columns
from nbft.spec.languages import language_of, same_language

SOURCE = Role("source", ("source", "src", "source_text", "src_text", "input"))
TARGET = Role("target", ("target", "tgt", "target_text", "tgt_text", "translation", "output", "reference"))


@dataclass(frozen=True)
class Direction:
    """From which column, or language of a `translation` column, to which."""

    source: str
    target: str
    nested: str | None = None
    """The column that holds both, where they are keys of a dict."""


def find_direction(rows: Dataset, columns: Columns, languages: tuple[str | None, str | None]) -> tuple[Direction, str]:
    """Returns where the texts stand, and a note on what was recognised; `languages` are those the spec names.

    Raises DataError where a column is missing or several would do.
    """
    given = (columns.source, columns.target)
    names = rows.column_names
    nested = _nested(rows)
    if nested and not all(name in names for name in given if name):
        return _among(_keys(rows, nested), given, languages, nested)
    if nested and not any(given):
        return _among(_keys(rows, nested), given, languages, nested)
    spoken = [name for name in names if language_of(name) and is_text(rows, name)]
    named = {role.known[0] for role in (SOURCE, TARGET)} & {name.lower() for name in names}
    if len(spoken) > 1 and not named and not all(given) and all(name in spoken for name in given if name):
        return _among(spoken, given, languages, None)
    found, notes = recognise(rows, {"source": columns.source, "target": columns.target}, (SOURCE, TARGET))
    for role, column in found.items():
        if not is_text(rows, column):
            what = f"Column {column!r} does not hold text."
            raise DataError(what, columns_fix(rows), f"data.columns.{role}")
    return Direction(found["source"], found["target"]), " ".join(notes)


def _nested(rows: Dataset) -> str | None:
    """Returns the column whose values are {language: text}."""
    dicts = [name for name in rows.column_names if isinstance(rows.features[name], dict)]
    return "translation" if "translation" in dicts else next(iter(dicts), None)


def _keys(rows: Dataset, column: str) -> list[str]:
    feature: Any = rows.features[column]
    return list(feature)


def _among(
    names: list[str], given: tuple[str | None, str | None], languages: tuple[str | None, str | None], nested: str | None
) -> tuple[Direction, str]:
    """Chooses two of several languages: those that were named, else the two in their order."""
    ends = [_named(names, *pair) for pair in zip(given, languages, ("source", "target"), strict=True)]
    rest = [name for name in names if name not in ends]
    open_ends = ends.count(None)
    if open_ends > len(rest) or (open_ends and len(rest) > open_ends):
        where = f"Column {nested!r}" if nested else "The data"
        raise DataError(
            f"{where} holds {', '.join(names)}: which to translate into which can't be told.",
            f"Say it, as in   columns: {{source: {names[0]}, target: {names[-1]}}}",
            "data.columns",
        )
    source, target = (end or rest.pop(0) for end in ends)
    told = f"Recognised: source is {source!r}, target is {target!r}." if open_ends else ""
    return Direction(source, target, nested), told


def _named(names: list[str], column: str | None, language: str | None, role: str) -> str | None:
    if column is not None:
        if column not in names:
            fix = f"There are {', '.join(names)}."
            raise DataError(f"The data has no column and no language {column!r}.", fix, f"data.columns.{role}")
        return column
    alike = [name for name in names if language and same_language(name, language)]
    return alike[0] if len(alike) == 1 else None


def texts_of(rows: Dataset, direction: Direction) -> tuple[list[Any], list[Any]]:
    """Returns (sources, targets) as they stand in the rows; raises DataError where the rows have no such column."""
    if direction.nested is None:
        for name in (direction.source, direction.target):
            if name not in rows.column_names:
                raise DataError(f"The data has no column {name!r}.", columns_fix(rows, name))
        return rows[direction.source][:], rows[direction.target][:]
    if direction.nested not in rows.column_names:
        raise DataError(f"The data has no column {direction.nested!r}.", columns_fix(rows, direction.nested))
    pairs = [value or {} for value in rows[direction.nested]]
    return [pair.get(direction.source) for pair in pairs], [pair.get(direction.target) for pair in pairs]
