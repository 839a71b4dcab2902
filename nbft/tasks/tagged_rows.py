"""Rows as people have them -> a text, the places of its words, and a tag for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datasets import ClassLabel, Dataset, List

from nbft.data.rows import cells
from nbft.errors import DataError
from nbft.inference.token_classification import OUTSIDE
from nbft.inference.words import Place, joined, words_of
from nbft.tasks.class_labels import listed
from nbft.tasks.tags import WHERE, read_spans, tags_of_spans


@dataclass(frozen=True)
class TaggedRow:
    """A text and a tag for each of its words."""

    text: str
    places: list[Place]
    tags: list[str]


@dataclass
class Said:
    """What is to be told of the rows."""

    notes: list[str] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


def has_spans(rows: Dataset, tags: str) -> bool:
    """Returns whether a column holds spans of characters, not a tag for each word."""
    feature = rows.features[tags]
    if isinstance(feature, List) and isinstance(feature.feature, dict | List):
        return True
    first = next((value for row in cells(rows, tags) if (value := _unpacked(row))), None)
    return bool(first) and isinstance(first[0], Mapping | list | tuple)


def read_tagged(
    rows: Dataset, source: str, tags: str, preprocess: Callable[[str], str] | None
) -> tuple[list[TaggedRow | None], Said]:
    """Returns each row, None where it has no words or no tags, and what to tell; raises DataError, naming the row."""
    values = [_unpacked(value, ",") for value in cells(rows, tags)]
    if has_spans(rows, tags):
        return _of_spans(rows, source, values, preprocess)
    said = Said()
    names = _names_of(rows.features[tags])
    if not names and any(isinstance(tag, int) for value in values for tag in value or []):
        said.notes.append(f"The tags in column {tags!r} are numbers without names: 0 was taken for O.")
    read: list[TaggedRow | None] = []
    for row, (tokens, value) in enumerate(zip(cells(rows, source), values, strict=True), start=1):
        found = [str(token) for token in _unpacked(tokens) or []]
        named = [_name(tag, names, row) for tag in value or []]
        if len(found) != len(named) and value is not None:
            what = f"Row {row} has {len(found)} tokens and {len(named)} tags; every token needs one."
            raise DataError(what, f"Its tokens: {' '.join(found)[:80]!r}.", WHERE)
        read.append(_of_words(found, named, preprocess) if found and named else None)
    return read, said


def _of_words(tokens: list[str], tags: list[str], preprocess: Callable[[str], str] | None) -> TaggedRow:
    text, places = joined([preprocess(token) for token in tokens] if preprocess else tokens)
    return TaggedRow(text, places, tags)


def _of_spans(
    rows: Dataset, source: str, values: list[Any], preprocess: Callable[[str], str] | None
) -> tuple[list[TaggedRow | None], Said]:
    if preprocess is not None:
        what = "The tags are spans of characters, which data.preprocess would move."
        raise DataError(what, "Leave it out, or change texts and spans before they come here.", "data.preprocess")
    read: list[TaggedRow | None] = []
    widened = within = 0
    for row, (text, value) in enumerate(zip(cells(rows, source), values, strict=True), start=1):
        if not isinstance(text, str) or not text.strip() or value is None:
            read.append(None)
            continue
        places = words_of(text)
        tags, wide, inner = tags_of_spans(read_spans(value, row, len(text)), places)
        widened, within = widened + wide, within + inner
        read.append(TaggedRow(text, places, tags))
    said = Said(["The tags are spans of characters: words are tagged by them, in BIO."])
    if widened:
        said.warnings.append((f"{widened} spans begin or end inside of a word and were widened to whole words.", ""))
    if within:
        what = f"{within} spans overlap a longer one and were left out: a word has one tag."
        said.warnings.append((what, "To find both, train a model for each."))
    return read, said


def _unpacked(value: Any, separator: str = " ") -> Any:
    """Returns lists as they are, or from JSON or from words in a text; None where there is nothing."""
    if isinstance(value, str):
        found = listed(value)
        return found if found is not None else value.replace(separator, " ").split() or None
    if isinstance(value, Mapping):  # a list of records, turned about
        return [dict(zip(value, record, strict=True)) for record in zip(*value.values(), strict=True)]
    return list(value) if isinstance(value, list | tuple) else None


def _names_of(feature: Any) -> list[str]:
    inner = feature.feature if isinstance(feature, List) else feature
    return list(inner.names) if isinstance(inner, ClassLabel) else []


def _name(tag: Any, names: list[str], row: int) -> str:
    is_number = isinstance(tag, int)
    if not str("" if tag is None else tag).strip() or (is_number and not 0 <= tag < (len(names) or tag + 1)):
        fix = "Every word needs a tag; O says that it belongs to nothing."
        raise DataError(f"Row {row} holds the tag {tag!r}.", fix, WHERE)
    if is_number and names:
        return names[tag]
    return OUTSIDE if is_number and tag == 0 else str(tag).strip()
