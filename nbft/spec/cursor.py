"""Where a cursor stands in YAML that is still being written: at a key or a value, and below which keys.

A reader for text that is not whole yet, so it forgives everything: it looks at indentation, colons and brackets only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nbft.spec.fields import Names

_KEY = re.compile(r"""(?P<quote>["']?)(?P<name>[\w$.<-][\w$. <-]*?)(?P=quote)\s*:(?=[\s,\]}]|$)""")
_ITEM = re.compile(r"-(?:\s+|$)")
_BLOCK_TEXT = re.compile(r"[|>][+-]?\d*\s*(?:#.*)?$")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")


@dataclass
class Entry:
    """A key that is given, and the text of its value on the same line; offsets count from the text's start."""

    path: Names
    start: int
    end: int
    indent: int
    value_start: int
    value: str = ""
    items: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """What the cursor is about to complete."""

    kind: str
    """`key`, `value` (of `path`), `item` (of the list at `path`), or `nothing` (a comment, a text)."""
    path: Names
    """The section in which a key is written, or the key whose value is."""
    start: int
    """Where the word begins that the cursor stands in or behind."""
    word: str
    """What of it stands before the cursor."""
    in_brackets: bool = False
    given: frozenset[str] = frozenset()
    """Keys that stand in the same section already."""
    values: tuple[str, ...] = ()
    """Items that stand in the same list already."""


@dataclass
class _Bracket:
    sign: str
    path: Names
    key: str | None = None
    """The key whose value is being written, None before its colon."""
    start: int = 0
    """Where the present key, value or item begins."""
    items: list[str] = field(default_factory=list)


class _Reader:
    """Reads line by line and knows at its end what comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.items: list[tuple[Names, int]] = []
        """Where the items of lists begin, with the path of their list."""
        self._open: list[Entry] = []
        self._brackets: list[_Bracket] = []
        self._text_indent: int | None = None
        self.place = Place("key", (), 0, "")
        offset = 0
        for line in text.split("\n"):
            self._read_line(line, offset)
            offset += len(line) + 1

    def _read_line(self, line: str, offset: int) -> None:
        if self._brackets:
            self._read_brackets(line, 0, offset)
            return
        indent = len(line) - len(line.lstrip(" "))
        if self._text_indent is not None and (indent > self._text_indent or not line.strip()):
            self.place = Place("nothing", (), offset, "")
            return
        self._text_indent = None
        if line[indent : indent + 1] == "#":
            self.place = Place("nothing", (), offset, "")
            return
        item = _ITEM.match(line, indent)
        if item:
            self._read_item(line, offset, indent, item.end())
            key = _KEY.match(line, item.end())
            if key and self._open:  # `- source: a.csv`
                self._read_value(self._enter(key, offset, item.end()), line, key.end(), offset)
            return
        if not line.strip():  # closes nothing: what stands below it may go on
            above = [entry for entry in self._open if entry.indent < len(line)]
            self.place = Place("key", above[-1].path if above else (), offset + indent, line[indent:])
            return
        self._close(indent)
        match = _KEY.match(line, indent)
        if match:
            self._read_value(self._enter(match, offset, indent), line, match.end(), offset)
        else:
            path = self._open[-1].path if self._open else ()
            self.place = Place("key", path, offset + indent, line[indent:])

    def _close(self, indent: int) -> None:
        while self._open and self._open[-1].indent >= indent:
            self._open.pop()

    def _enter(self, match: re.Match[str], offset: int, indent: int) -> Entry:
        above = self._open[-1].path if self._open else ()
        start = offset + match.start("name")
        end = offset + match.end("name")
        entry = Entry((*above, match["name"]), start, end, indent, offset + match.end())
        self.entries.append(entry)
        self._open.append(entry)
        return entry

    def _read_value(self, entry: Entry, line: str, start: int, offset: int) -> None:
        while line[start : start + 1] == " ":
            start += 1
        entry.value_start = offset + start
        if line[start : start + 1] in ("{", "["):
            self._brackets.append(_Bracket(line[start], entry.path, None, offset + start + 1))
            self._read_brackets(line, start + 1, offset)
            return
        if _BLOCK_TEXT.match(line, start):
            self._text_indent = entry.indent
        if _is_in_comment(line, start):
            self.place = Place("nothing", (), offset, "")
        else:
            self.place = Place("value", entry.path, offset + start, line[start:])
        entry.value = _COMMENT.sub("", line[start:]).strip()

    def _read_item(self, line: str, offset: int, indent: int, start: int) -> None:
        while self._open and self._open[-1].indent > indent:
            self._open.pop()
        entry = self._open[-1] if self._open else None
        word = line[start:]
        self.items.append((entry.path if entry else (), offset + indent))
        if entry is not None and entry.items and entry.items[-1] == "":
            entry.items.pop()
        values = tuple(entry.items) if entry else ()
        self.place = Place("item", entry.path if entry else (), offset + start, word, values=values)
        if entry is not None and not _KEY.match(line, start):
            entry.items.append(_COMMENT.sub("", word).strip())

    def _read_brackets(self, line: str, start: int, offset: int) -> None:
        """Reads what stands in brackets; the brackets may go on over many lines."""
        column = start
        while column < len(line) and self._brackets:
            char, here = line[column], self._brackets[-1]
            if char in "\"'":
                column = _end_of_quote(line, column)
                continue
            if char == "#" and (column == 0 or line[column - 1].isspace()):
                self.place = Place("nothing", (), offset, "")
                return
            if char in "{[":
                self.items += [(here.path, offset + column)] if here.sign == "[" else []
                self._brackets.append(
                    _Bracket(char, (*here.path, *filter(None, [here.key])), None, offset + column + 1)
                )
            elif char in "]},":
                self._finish(here, offset + column)
                if char != ",":
                    self._brackets.pop()
            elif char == ":" and here.sign == "{" and here.key is None and _ends_key(line, column):
                self._name(here, offset + column)
            column += 1
        self.place = self._in_brackets(offset + len(line))

    def _name(self, here: _Bracket, end: int) -> None:
        raw = self.text[here.start : end]
        name = raw.strip().strip("'\"")
        start = here.start + len(raw) - len(raw.lstrip())
        here.key, here.start = name, end + 1
        self.entries.append(Entry((*here.path, name), start, end, -1, end + 1))

    def _finish(self, here: _Bracket, end: int) -> None:
        value = self.text[here.start : end].strip()
        if here.key is not None:
            entry = next((e for e in reversed(self.entries) if e.path == (*here.path, here.key)), None)
            if entry is not None and not entry.value:
                entry.value = value
        elif here.sign == "[" and value:
            here.items.append(value)
            for entry in self.entries:
                if entry.path == here.path:
                    entry.items.append(value)
        here.key, here.start = None, end + 1

    def _in_brackets(self, end: int) -> Place:
        if not self._brackets:
            return Place("nothing", (), end, "")
        here = self._brackets[-1]
        raw = self.text[here.start : end]
        start = here.start + len(raw) - len(raw.lstrip())
        word = self.text[start:end]
        if here.sign == "[":
            return Place("item", here.path, start, word, True, values=tuple(here.items))
        if here.key is None:
            return Place("key", here.path, start, word, True)
        return Place("value", (*here.path, here.key), start, word, True)


def place_at(text: str, cursor: int) -> Place:
    """Returns what is written at the cursor."""
    place = _Reader(text[:cursor]).place
    if place.kind != "key":
        return place
    whole = _Reader(text)
    items = [start for path, start in whole.items if path == place.path]
    beside = [e for e in whole.entries if e.path[:-1] == place.path and not e.start <= cursor <= e.end]
    given = {e.path[-1] for e in beside if _in_one(items, e.start, cursor)}
    return Place(place.kind, place.path, place.start, place.word, place.in_brackets, frozenset(given))


def _in_one(items: list[int], first: int, second: int) -> bool:
    """Returns whether two places stand in the same item of a list, or in none."""
    return not any(min(first, second) < start <= max(first, second) for start in items)


def entries(text: str) -> list[Entry]:
    """Returns the keys that are given, in the order of the text."""
    return _Reader(text).entries


def _is_in_comment(line: str, start: int) -> bool:
    match = _COMMENT.search(line)
    return match is not None and match.start() >= start and not _is_quoted(line, start)


def _is_quoted(line: str, start: int) -> bool:
    quote = line[start : start + 1]
    return quote in ("'", '"') and _end_of_quote(line, start) >= len(line)


def _end_of_quote(line: str, start: int) -> int:
    end = line.find(line[start], start + 1)
    return len(line) if end < 0 else end + 1


def _ends_key(line: str, column: int) -> bool:
    after = line[column + 1 : column + 2]
    return not after or after.isspace() or after in "[]{},"
