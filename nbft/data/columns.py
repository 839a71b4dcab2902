"""Which column holds what: taken from the spec, else recognised by name, else by content."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets import ClassLabel, Dataset, Value

from nbft.data.rows import cells
from nbft.errors import DataError

KNOWN_NAMES = {
    "text": (
        "text",
        "sentence",
        "review",
        "content",
        "message",
        "body",
        "comment",
        "tweet",
        "sms",
        "question",
        "document",
    ),
    "label": (
        "label",
        "labels",
        "class",
        "category",
        "target",
        "sentiment",
        "stars",
        "rating",
        "intent",
        "topic",
        "y",
        "v1",
    ),
}
PAIRS = (("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"), ("question", "sentence"))
MAX_CLASSES_SHARE = 0.2
"""A column with more different values than this share of its rows is no label."""
SAMPLE_ROWS = 1000


@dataclass(frozen=True)
class Role:
    """Something that a task reads from a column of its own."""

    name: str
    """The key of `data.columns`."""
    known: tuple[str, ...]
    """Names by which a column is recognised, the likeliest first; lower case."""
    is_needed: bool = True


def recognise(
    dataset: Dataset, given: Mapping[str, str | None], roles: Sequence[Role]
) -> tuple[dict[str, str], list[str]]:
    """Returns {role: column} for roles given or recognised by name, and a note; raises DataError for one that is missing."""
    refuse_unknown(dataset, given)
    found = {role.name: column for role in roles if (column := given.get(role.name)) is not None}
    seen = []
    names = {column.lower(): column for column in dataset.column_names}
    for role in roles:
        match = next((names[n] for n in role.known if n in names and names[n] not in found.values()), None)
        if role.name in found or (match is None and not role.is_needed):
            continue
        if match is None:
            fix = f"{columns_fix(dataset)}\nSay which it is, as in:  columns: {{{role.name}: ...}}"
            raise DataError(f"No column of the data is known to hold the {role.name}.", fix, "data.columns")
        found[role.name] = match
        seen.append(f"{role.name} is column {match!r}")
    return found, [f"Recognised: {', '.join(seen)}."] if seen else []


def refuse_unknown(dataset: Dataset, given: Mapping[str, str | None]) -> None:
    """Raises DataError for a column that the data doesn't have."""
    for role, column in given.items():
        if column is not None and column not in dataset.column_names:
            raise DataError(f"The data has no column {column!r}.", columns_fix(dataset, column), f"data.columns.{role}")


def find_columns(dataset: Dataset, given: Mapping[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """Returns {role: column} for text, text_pair (where there is one) and label, and a note on what was recognised."""
    given = {role: given.get(role) for role in ("text", "text_pair", "label")}
    refuse_unknown(dataset, given)
    found = {role: column for role, column in given.items() if column is not None}
    notes = []
    if "text" not in found:
        found.update(_recognise_text(dataset, found))
        notes.append(f"text is column {found['text']!r}")
        if "text_pair" in found:
            notes[-1] += f" with {found['text_pair']!r}"
    if "label" not in found:
        found["label"] = _recognise_label(dataset, found)
        notes.append(f"label is column {found['label']!r}")
    return found, [f"Recognised: {', '.join(notes)}."] if notes else []


def _recognise_text(dataset: Dataset, found: Mapping[str, str]) -> dict[str, str]:
    names = {column.lower(): column for column in dataset.column_names}
    for first, second in PAIRS:
        if first in names and second in names and "text_pair" not in found:
            return {"text": names[first], "text_pair": names[second]}
    for name in KNOWN_NAMES["text"]:
        if name in names and names[name] not in found.values() and is_text(dataset, names[name]):
            return {"text": names[name]}
    texts = [c for c in dataset.column_names if is_text(dataset, c) and c not in found.values()]
    if not texts:
        raise DataError("No column of the data holds text.", columns_fix(dataset), "data.columns.text")
    return {"text": max(texts, key=lambda column: _mean_length(dataset, column))}


def _recognise_label(dataset: Dataset, found: Mapping[str, str]) -> str:
    rest = [column for column in dataset.column_names if column not in found.values()]
    for column in rest:
        if isinstance(dataset.features[column], ClassLabel):
            return column
    names = {column.lower(): column for column in rest}
    for name in KNOWN_NAMES["label"]:
        if name in names:
            return names[name]
    few = [column for column in rest if _different(dataset, column) <= max(2, MAX_CLASSES_SHARE * len(dataset))]
    if len(few) == 1:
        return few[0]
    raise DataError(
        "Which column holds the label can't be told from the data.",
        f"{columns_fix(dataset)}\nSay it, as in:  columns: {{text: {found['text']}, label: ...}}",
        "data.columns",
    )


def is_text(dataset: Dataset, column: str) -> bool:
    """Returns whether the column holds text."""
    feature = dataset.features[column]
    return isinstance(feature, Value) and feature.dtype in ("string", "large_string")


def _mean_length(dataset: Dataset, column: str) -> float:
    sample = dataset[column][:SAMPLE_ROWS]
    return sum(len(text or "") for text in sample) / max(len(sample), 1)


def _different(dataset: Dataset, column: str) -> int:
    return len({str(value) for value in cells(dataset, column)})


def columns_fix(dataset: Dataset, wanted: str = "") -> str:
    """Returns the data's columns, the closest to what was wanted first."""
    close = difflib.get_close_matches(wanted, dataset.column_names, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Its columns: {', '.join(dataset.column_names)}."
