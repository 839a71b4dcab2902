"""A spec's text with values put into it, comments and all else left as they were typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbft.spec.dump import dump_yaml
from nbft.spec.scalars import spell
from nbft.spec.text import LINE_BREAK, Path, SpecText, value_at
from nbft.spec.yaml_text import read_yaml

Edit = tuple[int, int, str]
"""From and to (exclusive) in the text, and what stands there afterwards."""


def rewritten(text: SpecText, values: Mapping[Path, Any], data: Any) -> str:
    """Returns the text with each value at its path; where that can't be done in place, YAML made from the data."""
    if not values:
        return text.text
    starts = _line_starts(text.text)
    edits = dict.fromkeys(_edit(text, starts, path, value) for path, value in values.items())
    found = text.text
    if None not in edits:
        for start, end, new in sorted((edit for edit in edits if edit), reverse=True):
            found = found[:start] + new + found[end:]
        read = read_yaml(found)
        if not read.problems and read.data == data:
            return found
    return dump_yaml(data)


def _edit(text: SpecText, starts: list[int], path: Path, value: Any) -> Edit | None:
    span = text.values.get(path)
    if span is not None:
        if span.line != span.end_line:
            return None
        return starts[span.line] + span.column, starts[span.line] + span.end_column, spell(value)
    above = path[:-1]
    while above and above not in text.values:
        above = above[:-1]
    within = value_at(text.data, above)
    if above and isinstance(within, dict) and not any(key[:-1] == above for key in text.keys):
        return _edit(text, starts, above, within)  # `model: bert` becomes a section
    return _insertion(text, starts, above, _nested(path[len(above) :], value))


def _nested(names: Path, value: Any) -> str:
    """Returns `train: {epochs: 3}` for train, epochs and 3."""
    pair = f"{names[-1]}: {spell(value)}"
    for name in reversed(names[:-1]):
        pair = f"{name}: {{{pair}}}"
    return pair


def _insertion(text: SpecText, starts: list[int], above: Path, pair: str) -> Edit | None:
    span = text.values.get(above)
    inside = [key for path, key in text.keys.items() if path[:-1] == above]
    if span is None or not inside:
        return None
    start = starts[span.line] + span.column
    if text.text[start : start + 1] == "{":
        return start + 1, start + 1, f"{pair}, "
    first = min(inside)
    end = text.text[: starts[first.line]]
    lead = "" if not end or end.endswith(("\n", "\r")) else "\n"
    return len(end), len(end), f"{lead}{' ' * first.column}{pair}\n"


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in LINE_BREAK.finditer(text))]


def data_as_set(text: SpecText) -> dict[Path, Any]:
    """Returns the values that were put into the data and don't stand in the text."""
    return {path: value_at(text.data, path) for path in text.origins}
