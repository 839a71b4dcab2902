"""A label column -> labels: names, lists of names, or numbers; None where a row has none."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from datasets import ClassLabel, Dataset, List

from nbft.data.rows import cells
from nbft.errors import DataError

ProblemName = Literal["single-label", "multi-label", "regression"]
MOST_STEPS = 20
"""Numbers with a fraction that take more values than this are measured, not chosen."""
SEPARATORS = (";", "|", ",")
"""What may stand between the labels of a text that holds several; the first that occurs in the column counts."""
WHERE = "data.columns.label"


def see_problem(rows: Dataset, column: str) -> tuple[ProblemName, str]:
    """Returns what the labels of a column are, and a sentence where that is worth saying."""
    feature = rows.features[column]
    if isinstance(feature, ClassLabel):
        return "single-label", ""
    values = [value for value in cells(rows, column) if not _is_missing(value)]
    if any(isinstance(value, list) for value in values):
        return "multi-label", f"Column {column!r} holds lists: each text may have several labels (multi-label)."
    texts = [value for value in values if isinstance(value, str)]
    if texts and all(listed(text) is not None for text in texts):
        return (
            "multi-label",
            f"Column {column!r} holds lists, as text: each text may have several labels (multi-label).",
        )
    numbers = _numbers(values)
    if _is_measured(numbers):
        span = f"{len(set(numbers))} different numbers from {min(numbers):g} to {max(numbers):g}"
        return "regression", f"Column {column!r} holds {span}: the model learns to give a number (regression)."
    return "single-label", ""


def _numbers(values: Iterable[Any]) -> list[float]:
    """Returns numbers, also where a csv gave them as text; nothing where one of the values is none."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []


def _is_measured(numbers: Sequence[float]) -> bool:
    return not all(number.is_integer() for number in numbers) and len(set(numbers)) > MOST_STEPS


def read_single(rows: Dataset, column: str) -> list[str | None]:
    """Returns each row's label as text; raises DataError for a row that has several."""
    names = _names_of(rows.features[column])
    labels: list[str | None] = []
    for number, value in enumerate(cells(rows, column), start=1):
        one = value
        if isinstance(value, list):
            if len(value) > 1:
                fix = f"Write   classification: {{problem: multi-label}}   for texts with several labels: {value[:4]}."
                raise DataError(f"Column {column!r} holds several labels in row {number}.", fix, WHERE)
            one = value[0] if value else None
        if isinstance(one, dict):
            raise DataError(f"Column {column!r} holds records in row {number}: a label is one value.", "", WHERE)
        labels.append(_name(one, names) or None)
    return labels


def read_several(rows: Dataset, column: str) -> tuple[list[list[str] | None], str]:
    """Returns each row's labels, each once, and a note on how they were read; an empty list is a row without any label."""
    values, names = list(cells(rows, column)), _names_of(rows.features[column])
    if not names and _is_several_hot(values):
        names = [str(place) for place in range(len(next(value for value in values if value)))]
        note = (
            f"Column {column!r} holds a 0 or 1 for each of {len(names)} labels, which are called 0 to {len(names) - 1}."
        )
        return [None if not value else [names[i] for i, on in enumerate(value) if on] for value in values], note
    separator = _separator(values)
    labels = [None if _is_missing(value) else _several(value, names, separator) for value in values]
    note = f"The labels in column {column!r} are separated by {separator!r}." if separator else ""
    return labels, note


def read_numbers(rows: Dataset, column: str) -> list[float | None]:
    """Returns each row's number; raises DataError for one that isn't."""
    numbers: list[float | None] = []
    for row, value in enumerate(cells(rows, column), start=1):
        try:
            number = None if _is_missing(value) else float(value)
        except (TypeError, ValueError):
            number = math.inf
        if number is not None and not math.isfinite(number):
            shown = repr(value)[:60]
            fix = "Regression learns numbers. For labels write   classification: {problem: single-label}"
            raise DataError(f"The label of row {row} is no number: {shown}.", fix, WHERE)
        numbers.append(number)
    return numbers


def listed(text: str) -> list[Any] | None:
    """Returns the list that a text holds, as JSON or as Python writes it; None where it holds none."""
    stripped = text.strip()
    if not (stripped.startswith("[") and stripped.endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(stripped)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return found if isinstance(found, list) else None
    return None


def natural(label: str) -> tuple[int, float, str]:
    """Returns what sorts 9 before 10, and numbers before words."""
    try:
        number = float(label)
    except ValueError:
        return (1, 0.0, label)
    return (0, number, label) if math.isfinite(number) else (1, 0.0, label)


def _several(value: Any, names: list[str], separator: str) -> list[str]:
    if isinstance(value, str):
        found = listed(value)
        value = found if found is not None else value.split(separator) if separator else [value]
    parts: Iterable[Any] = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(label for part in parts if (label := _name(part, names))))


def _separator(values: Iterable[Any]) -> str:
    texts = [value for value in values if isinstance(value, str) and listed(value) is None]
    return next((mark for mark in SEPARATORS if any(mark in text for text in texts)), "")


def _is_several_hot(values: Iterable[Any]) -> bool:
    """A row that names label 0 or 1 twice names no labels: it says of each whether the text has it."""
    rows = [value for value in values if isinstance(value, list) and value]
    same = len({len(row) for row in rows}) == 1
    numbers = all(isinstance(v, bool | int | float) and v in (0, 1) for row in rows for v in row)
    return bool(rows) and same and numbers and any(len(set(row)) < len(row) for row in rows)


def _names_of(feature: Any) -> list[str]:
    """Returns the names that the data set gives its label numbers, if it does."""
    inner = feature.feature if isinstance(feature, List) else feature
    return list(inner.names) if isinstance(inner, ClassLabel) else []


def _name(value: Any, names: list[str]) -> str:
    """A whole number that pandas turned into 1.0 because of a gap in its column is 1."""
    if _is_missing(value):
        return ""
    if names and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    )
