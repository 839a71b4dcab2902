"""Tags of words: BIO from what people have instead of it (IOB1, BIOES, BILOU, spans of characters)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbft.errors import DataError
from nbft.inference.token_classification import OUTSIDE, split_tag
from nbft.inference.words import Place

_MARKED = re.compile(r"[BIESLUM]-.+")
_TO_BIO = {"S": "B", "U": "B", "E": "I", "L": "I", "M": "I"}
"""One-word and last-word marks of BIOES, BILOU and BMES."""
START_KEYS = ("start", "start_offset", "begin", "start_char")
END_KEYS = ("end", "end_offset", "stop", "end_char")
LABEL_KEYS = ("label", "type", "entity", "entity_group", "tag", "labels")
WHERE = "data.columns.tags"


def scheme_of(rows: Iterable[Sequence[str]]) -> str:
    """Returns `BIO`, `IOB1`, `BIOES` (BILOU and BMES too), or `words` where tags are of single words."""
    begins, continues, marks = False, False, set()
    for tags in rows:
        before = OUTSIDE
        for tag in tags:
            if tag != OUTSIDE and not _MARKED.fullmatch(tag):
                return "words"
            mark, label = tag[:1], tag[2:]
            runs = before[:1] in ("B", "I") and before[2:] == label
            begins |= mark == "B" and not runs
            continues |= mark == "I" and not runs
            marks.add(mark)
            before = tag
    if marks & set(_TO_BIO):
        return "BIOES"
    return "IOB1" if continues and not begins else "BIO"


def to_bio(tags: Sequence[str], scheme: str) -> list[str]:
    """Returns tags in which every span begins with B-; those of BIO and of single words stay as they are."""
    if scheme == "BIOES":
        tags = [_TO_BIO.get(tag[0], tag[0]) + tag[1:] if _MARKED.fullmatch(tag) else tag for tag in tags]
    if scheme != "IOB1":
        return list(tags)
    made: list[str] = []
    for tag in tags:
        mark, label = split_tag(tag)
        runs = bool(made) and split_tag(made[-1])[1] == label
        made.append(f"B-{label}" if mark == "I" and not runs else tag)
    return made


def tag_names(rows: Iterable[Sequence[str]], scheme: str) -> list[str]:
    """Returns every tag that the model can give: O, then B- and I- of each type, also where rows have one of both only."""
    seen = {tag for tags in rows for tag in tags}
    if scheme == "words":
        return sorted(seen, key=lambda tag: (tag != OUTSIDE, tag))
    types = sorted({split_tag(tag)[1] for tag in seen if tag != OUTSIDE})
    return [OUTSIDE, *(f"{mark}-{label}" for label in types for mark in ("B", "I"))]


def for_seqeval(tags: Sequence[str], scheme: str) -> list[str]:
    """Returns tags as seqeval reads them: where they are of single words, each is a span of its own."""
    return [f"B-{tag}" if tag != OUTSIDE else tag for tag in tags] if scheme == "words" else list(tags)


def read_spans(value: Any, row: int, length: int) -> list[tuple[int, int, str]]:
    """Returns the (start, end, label) of a row's spans, by their start; raises DataError for one that can't be."""
    spans = []
    for span in value:
        parts = _parts(span)
        if parts is None:
            fix = "A span is {start: 0, end: 5, label: PER}, its places counted in characters."
            raise DataError(f"Row {row} holds a span that can't be read: {str(span)[:80]}.", fix, WHERE)
        start, end, label = parts
        if not 0 <= start < end <= length:
            raise DataError(
                f"Row {row} holds a span from {start} to {end} of a text of {length} characters.",
                "`start` is the first character of the span, counted from 0, and `end` the first after it.",
                WHERE,
            )
        spans.append((start, end, label))
    return sorted(spans)


def _parts(span: Any) -> tuple[int, int, str] | None:
    found: list[Any]
    if isinstance(span, Mapping):
        found = [next((span[key] for key in keys if span.get(key) is not None), None) for keys in _KEYS]
    else:
        found = list(span) if isinstance(span, list | tuple) and len(span) == 3 else [None]
    if any(part is None for part in found):
        return None
    start, end, label = found
    label = label[0] if isinstance(label, list) and len(label) == 1 else label  # as Label Studio writes it
    try:
        return (int(start), int(end), label) if isinstance(label, str) and label else None
    except (TypeError, ValueError):
        return None


_KEYS = (START_KEYS, END_KEYS, LABEL_KEYS)


def tags_of_spans(spans: Sequence[tuple[int, int, str]], places: Sequence[Place]) -> tuple[list[str], int, int]:
    """Returns the BIO tags of words, how many spans were widened to whole words, and how many lie within another."""
    tags, widened, within = [OUTSIDE] * len(places), 0, 0
    for start, end, label in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):  # the longest first
        words = [i for i, (first, last) in enumerate(places) if first < end and last > start]
        if not words or any(tags[i] != OUTSIDE for i in words):
            within += bool(words)
            continue
        widened += places[words[0]][0] < start or places[words[-1]][1] > end
        for i in words:
            tags[i] = f"{'B' if i == words[0] else 'I'}-{label}"
    return tags, widened, within
