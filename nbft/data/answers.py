"""Answers in the forms that people have them, and the places in a context where they stand."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Given = tuple[str, "int | None"]
"""An answer's text, and the character where it is said to begin."""

_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"
"""A letter of a script that puts spaces between words."""
_PRINTED_ARRAY = re.compile(r"array\((\[.*?\])(?:,\s*dtype=\w+)?\)", re.DOTALL)
"""How pandas writes a row of SQuAD into a csv."""


@dataclass(frozen=True)
class Place:
    """Where an answer stands in its context, in characters; the end is the first character after it."""

    start: int
    end: int
    is_as_said: bool = True
    """Whether the data's own answer_start is right."""
    is_only: bool = True
    """Whether the answer stands nowhere else, where the data doesn't say where."""


def read_answers(value: Any, start: Any = None) -> list[Given]:
    """Returns the answers of a row, none for a question without; raises ValueError, in words, for another form.

    `value` is {text, answer_start} with lists or single values, a list of such, a text, or either printed into a csv;
    `start` is what a column of its own says.
    """
    if isinstance(value, str):
        value = _unprinted(value)
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return []
    if isinstance(value, Mapping):
        texts = value.get("text", value.get("answer"))
        if texts is None and value:
            raise ValueError(f"it holds {', '.join(map(str, value))}, and no text")
        return _pairs(_listed(texts), _listed(value.get("answer_start", value.get("start"))))
    if isinstance(value, list | tuple):
        if any(isinstance(item, Mapping | list) for item in value):
            return [pair for item in value for pair in read_answers(item)]
        return _pairs(list(value), _listed(start))
    return _pairs([value], _listed(start))


def _unprinted(text: str) -> Any:
    """Returns the list or dict that a cell of a csv spells, in JSON or as Python prints it; else the text itself."""
    bare = text.strip()
    if not bare.startswith(("{", "[")):
        return text
    for read in (json.loads, lambda printed: ast.literal_eval(_PRINTED_ARRAY.sub(r"\1", printed))):
        try:
            found = read(bare)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return found if isinstance(found, list) or "text" in found else text
    return text


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _pairs(texts: list[Any], starts: list[Any]) -> list[Given]:
    starts = starts + [None] * (len(texts) - len(starts))
    return [(str(text), _number(start)) for text, start in zip(texts, starts, strict=False) if str(text or "").strip()]


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def find_answer(context: str, text: str, said: int | None) -> Place | None:
    """Returns where an answer stands: as said, or the nearest place to it, or the first; None where it is nowhere.

    Whole words come before parts of words, the same letters before others in case and white space.
    """
    bare = text.strip()
    if not bare:
        return None
    if said is not None and said >= 0:
        start = said + len(text) - len(text.lstrip())
        if context.startswith(bare, start):
            return Place(start, start + len(bare))
    exact, loose = re.escape(bare), r"\s+".join(map(re.escape, bare.split()))
    for body in (exact, loose):
        for pattern in (f"(?<!{_LETTER}){body}(?!{_LETTER})", body):
            found = [match.span() for match in re.finditer(pattern, context, 0 if body is exact else re.IGNORECASE)]
            if found:
                start, end = min(found, key=lambda span: abs(span[0] - (said or 0)))
                return Place(start, end, is_as_said=said is None, is_only=said is not None or len(found) == 1)
    return None
