"""YAML text -> plain data with the place of every key and value.

Built from PyYAML's events, so that nothing but text, numbers, lists and mappings can come out of it.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from nbft.spec.scalars import UNREADABLE, plain
from nbft.spec.slips import find_slip
from nbft.spec.syntax import explain_syntax
from nbft.spec.text import Path, Span, SpecText, dotted

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's marks are the same, and it is 20 times as fast
_TAB_INDENT = re.compile(r" *\t[ \t]*(?=[^\s#])")
_SKIPPED = object()


def read_yaml(text: str, *, first_line: int = 1, has_lines: bool = True) -> SpecText:
    """Reads YAML; what is wrong with it is found in `problems`, and the data is what could be read all the same."""
    text = text.removeprefix("\ufeff")
    found = SpecText(text, first_line=first_line, has_lines=has_lines)
    if _is_too_long(found) or _has_unreadable(found):
        return found
    try:
        _Builder(found).build()
    except yaml.YAMLError as error:
        if not _refuse_tabs(found):
            _refuse_syntax(found, error)
    if found.broken_at is None and not found.problems and not isinstance(found.data, dict):
        _refuse_root(found)
    return found


def _is_too_long(found: SpecText) -> bool:
    size = len(found.text.encode("utf-8", "replace"))
    if size <= MAX_BYTES:
        return False
    _break_off(found, None, *too_long(size))
    return True


def too_long(size: int) -> tuple[str, str]:
    """Returns what is wrong with a text of so many bytes, and what mends it."""
    what = f"The text is {size / 1024:,.0f} KB long; a spec has at most {MAX_BYTES // 1024} KB."
    return what, "Put data into a file and name the file under data.train."


def _has_unreadable(found: SpecText) -> bool:
    match = UNREADABLE.search(found.text)
    if match is None:
        return False
    before = SpecText(found.text[: match.start()]).lines
    line, column = len(before) - 1, len(before[-1])
    what = f"an unreadable character (U+{ord(match[0]):04X}) stands here."
    _break_off(found, Span(line, column, line, column + 1), what, "Delete it.")
    return True


def _refuse_tabs(found: SpecText) -> bool:
    lines = [(number, match) for number, line in enumerate(found.lines) if (match := _TAB_INDENT.match(line))]
    for number, match in lines:
        what = "a tab stands at the start of this line; YAML indents with spaces only."
        fix = "Write two spaces for each step." if number == lines[-1][0] else ""
        _break_off(found, Span(number, match[0].index("\t"), number, len(match[0])), what, fix)
    return bool(lines)


def _refuse_syntax(found: SpecText, error: yaml.YAMLError) -> None:
    span, what, fix = explain_syntax(error, found.lines)
    _break_off(found, span, what, fix)


def _break_off(found: SpecText, span: Span | None, what: str, fix: str) -> None:
    line = span.line if span else 0
    found.broken_at = line if found.broken_at is None else min(found.broken_at, line)
    found.problems.append(found.problem_at(span, what, fix))
    if found.keys:  # what was read last may have swallowed some of what follows
        found.refused.add(list(found.keys)[-1])


def _refuse_root(found: SpecText) -> None:
    example = "Write at least:\n    model: distilbert-base-uncased\n    data: {train: reviews.csv}"
    if found.data is None:
        found.complain((), "There is no YAML here.", example)
        return
    slip = find_slip(found.data.strip(), 0) if isinstance(found.data, str) else None
    if slip:
        found.complain((), *slip[1:])
        return
    kind = "a list" if isinstance(found.data, list) else "a bare value"
    found.complain((), f"a spec is made of keys with values; this is {kind}.", example)


class _Frame:
    """A mapping or list that is being filled; one without a path is read but not kept."""

    def __init__(self, value: dict[str, Any] | list[Any], path: Path | None, event: Any) -> None:
        self.value, self.path, self.event = value, path, event
        self.key: Any = None

    @property
    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


class _Builder:
    """Turns events into data, one at a time; what can't stay is refused, and reading goes on behind it."""

    def __init__(self, found: SpecText) -> None:
        self._found = found
        self._frames: list[_Frame] = []
        self._documents = 0

    def build(self) -> None:
        for event in yaml.parse(self._found.text, _Loader):
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    what = "a second document starts here; a spec is one."
                    return _break_off(self._found, _span(event), what, "Delete '---' and what follows.")
            elif isinstance(event, yaml.NodeEvent):
                self._take_node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            if len(self._frames) > MAX_DEPTH:
                what = f"values are nested more than {MAX_DEPTH} deep here."
                return _break_off(self._found, _span(event), what, "A spec needs three steps at most.")
        return None

    def _take_node(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.wants_key:
            self._take_key(frame, event)
            return
        path = self._path(frame)
        value = self._value(event, path)
        if path is not None:
            self._put(frame, value, path, event)
        if frame is not None:
            frame.key = None
        if isinstance(value, dict | list):
            self._frames.append(_Frame(value, path, event))

    def _take_key(self, frame: _Frame, event: Any) -> None:
        frame.key = _SKIPPED
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, None, "a key must be a word.", "Put values in braces or brackets in quotes.")
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._frames.append(_Frame([], None, event))
            return
        path = None if frame.path is None else (*frame.path, event.value)
        if path is not None and path in self._found.keys:
            line = self._found.line_of(path)
            again = f"this key was given before{f', in line {line}' if line else ''}."
            self._refuse(event, path, again, "Delete one of them.")
            return
        self._refuse_marks(event, path)
        frame.key = event.value
        if path is not None:
            self._found.keys[path] = _span(event)

    def _path(self, frame: _Frame | None) -> Path | None:
        if frame is None:
            return ()
        if frame.path is None or frame.key is _SKIPPED:
            return None
        return (*frame.path, len(frame.value) if isinstance(frame.value, list) else frame.key)

    def _value(self, event: Any, path: Path | None) -> Any:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._refuse_marks(event, path)
            return {} if isinstance(event, yaml.MappingStartEvent) else []
        if isinstance(event, yaml.AliasEvent):
            what = "a value that begins with '*' is a reference in YAML, and nbft takes none."
            self._refuse(event, path, what, f"For the text itself write   '*{event.anchor}'")
            return None
        self._refuse_marks(event, path)
        is_plain = event.style is None or event.style == ""
        if is_plain and not event.value and path is not None:
            self._found.blanks.add(path)
        return plain(event.value) if is_plain else event.value

    def _refuse_marks(self, event: Any, path: Path | None) -> None:
        if event.anchor is not None:
            what = "a value that begins with '&' is an anchor in YAML, and nbft takes none."
            self._refuse(event, path, what, "Write the value out where it is needed, or put it in quotes.")
        elif event.tag is not None:
            what = "a value that begins with '!' carries a YAML tag, and nbft takes none."
            self._refuse(event, path, what, "Delete the tag, or put the value in quotes.")

    def _put(self, frame: _Frame | None, value: Any, path: Path, event: Any) -> None:
        self._found.values[path] = _span(event)
        if frame is None:
            self._found.data = value
        elif isinstance(frame.value, list):
            frame.value.append(value)
        else:
            frame.value[frame.key] = value

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        if frame.path is not None:
            self._found.values[frame.path] = _span(frame.event, event)

    def _refuse(self, event: Any, path: Path | None, what: str, fix: str) -> None:
        if path is not None:
            self._found.refused.add(path)
        self._found.problems.append(self._found.problem_at(_span(event), what, fix, dotted(path or ())))


def _span(event: Any, end: Any = None) -> Span:
    start, stop = event.start_mark, (end or event).end_mark
    return Span(start.line, start.column, stop.line, stop.column)
