"""Where YAML can't be read: a parser's error -> what a writer most likely did, and what to type instead.

The words of PyYAML and of libyaml differ; both name the same places, so the text around them decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from nbft.spec.slips import KEY, Finding, indent_of, slip_or_word
from nbft.spec.text import Span


@dataclass(frozen=True)
class _Fault:
    said: str
    line: int
    column: int
    begun: tuple[int, int] | None
    """Where the construct began that could not be read to its end."""
    lines: list[str]

    @property
    def text(self) -> str:
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def char(self) -> str:
        return self.text[self.column : self.column + 1]

    def at(self, line: int, column: int, width: int = 1) -> Span:
        return Span(line, column, line, column + width)

    @property
    def here(self) -> Span:
        return self.at(self.line, self.column)

    def before(self) -> int | None:
        """Returns the number of the last line above that says something."""
        above = range(min(self.line, len(self.lines)) - 1, -1, -1)
        return next((n for n in above if self.lines[n].split("#")[0].strip()), None)


def explain_syntax(error: yaml.YAMLError, lines: list[str]) -> Finding:
    """Returns the place, what is wrong there, and what to write."""
    fault = _fault(error, lines)
    for words, explain in _EXPLAIN:
        if any(word in fault.said for word in words):
            found = explain(fault)
            if found is not None:
                return found
    return fault.here, "YAML can't be read here.", _quote_fix(fault)


def _fault(error: Any, lines: list[str]) -> _Fault:
    said = f"{getattr(error, 'context', None) or ''} | {getattr(error, 'problem', None) or ''}"
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if line >= len(lines) or (line and not lines[line].strip() and "end of" in said):
        line, column = len(lines) - 1, len(lines[-1])
    place = (begun.line, begun.column) if begun and begun.line < len(lines) else _last_open(lines)
    return _Fault(said, line, column, place, lines)


def _last_open(lines: list[str]) -> tuple[int, int] | None:
    """Returns the place of the last bracket that is never closed, as far as one can see without reading quotes."""
    opened: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        for column, char in enumerate(line):
            if char in "[{":
                opened.append((number, column))
            elif char in "]}" and opened:
                opened.pop()
    return opened[-1] if opened else None


def _mapping_value(fault: _Fault) -> Finding | None:
    """A colon where no key can stand: in an unquoted value, below a finished value, or after a line that has none."""
    previous = fault.before()
    first = KEY.match(fault.text)
    if first and first.end(1) < fault.column:
        start = first.end()
        value = fault.text[start:].rstrip()
        what = "a colon stands in this value, and YAML takes what is before it for a key."
        return (
            fault.at(fault.line, start, max(len(value), 1)),
            what,
            f"Put the value in quotes:   {_quoted(value)}",
        )
    if previous is not None:
        if not KEY.match(fault.lines[previous]):
            return slip_or_word(fault.lines[previous], previous)
        if indent_of(fault.text) > indent_of(fault.lines[previous]):
            return _too_deep(fault, previous)
    return None


def _too_deep(fault: _Fault, previous: int) -> Finding:
    indent = indent_of(fault.lines[previous])
    key = KEY.match(fault.lines[previous])
    name = key[1] if key else "the key above"
    what = f"this line stands deeper than {name!r} above it, which has a value already."
    return fault.at(fault.line, 0, indent_of(fault.text) or 1), what, f"Begin it with {_spaces(indent)}."


def _simple_key(fault: _Fault) -> Finding | None:
    if fault.begun is None:
        return None
    return slip_or_word(fault.lines[fault.begun[0]], fault.begun[0])


def _bad_start(fault: _Fault) -> Finding | None:
    if fault.char == "\t":
        return fault.here, "a tab stands here; YAML takes spaces only.", "Write a space."
    return fault.here, f"an unquoted value can't begin with {fault.char!r}.", _quote_fix(fault)


def _open_quote(fault: _Fault) -> Finding | None:
    if fault.begun is None:
        return None
    line, column = fault.begun
    quote = fault.lines[line][column : column + 1]
    fix = f"Close it with {quote} at the end of the value." + (
        " A ' inside single quotes is written ''." if quote == "'" else ""
    )
    return (
        fault.at(line, column, len(fault.lines[line].rstrip()) - column),
        "this quote is never closed.",
        fix,
    )


def _bad_escape(fault: _Fault) -> Finding | None:
    start = fault.text.rfind("\\", 0, fault.column + 1)
    place = fault.at(fault.line, max(start, 0), 2)
    what = "in double quotes a backslash begins an escape, and YAML does not know this one."
    return place, what, "Use single quotes, where a backslash is just a backslash, or write it twice."


def _open_bracket(fault: _Fault) -> Finding | None:
    if fault.begun is None:
        return None
    line, column = fault.begun
    opened = fault.lines[line][column : column + 1]
    closing = {"[": "]", "{": "}"}.get(opened, "")
    same_line = fault.line == line and fault.column < len(fault.text)
    if not closing:
        return None
    if same_line:
        return _inside_bracket(fault, closing)
    return (
        fault.at(line, column),
        f"this bracket is never closed: {closing!r} is missing.",
        _bracket_fix(fault, line),
    )


def _inside_bracket(fault: _Fault, closing: str) -> Finding:
    if fault.char in ("]", "}"):
        return fault.here, f"{closing!r} is missing before this.", f"Write   {closing}{fault.char}"
    word = re.search(r"([\w.-]+)$", fault.text[: fault.column])
    if fault.char == ":" and word:
        place = fault.at(fault.line, word.start(), len(word[0]))
        return place, f"a comma is missing before {word[0]!r}.", "A value that holds a colon needs quotes."
    return fault.here, f"a comma or {closing!r} is missing before this.", ""


def _bracket_fix(fault: _Fault, line: int) -> str:
    opened = "{" if fault.lines[line].count("{") > fault.lines[line].count("}") else "["
    code = re.sub(r"\s+#.*", "", fault.lines[line]).rstrip().rstrip(",")
    return f"Write   {code.strip()}{'}' if opened == '{' else ']'}"


def _block_mapping(fault: _Fault) -> Finding | None:
    """Something stands where the next key of a mapping should begin."""
    if fault.char in ("]", "}"):
        return fault.here, f"{fault.char!r} closes a bracket that was never opened.", "Delete it."
    if fault.char == ":":
        return fault.here, "a key is missing before the colon.", "Write   key: value"
    if fault.text[: fault.column].strip():
        return fault.here, "the quoted value ends before this.", "Put the whole value in one pair of quotes."
    if fault.char == "-":
        return (
            fault.here,
            "a list item stands among keys.",
            "Indent it below the key it belongs to, or delete it.",
        )
    return _misaligned(fault)


def _misaligned(fault: _Fault) -> Finding:
    indents = sorted({indent_of(line) for line in fault.lines[: fault.line] if KEY.match(line)})
    known = " or ".join(str(indent) for indent in indents) or "0"
    what = f"this line begins with {_spaces(indent_of(fault.text))}, which fits no line above it."
    return fault.at(fault.line, 0, max(fault.column, 1)), what, f"Lines above begin with {known}."


def _list_item(fault: _Fault) -> Finding | None:
    value = fault.text[fault.column :].strip()
    item = value.removeprefix("-").strip() or "value"
    return fault.here, "a list item can't stand behind a key on the same line.", f"Write   [{item}]"


def _reference(fault: _Fault) -> Finding | None:
    line, column = fault.begun or (fault.line, fault.column)
    sign = fault.lines[line][column : column + 1]
    names = {"*": "a reference", "&": "an anchor", "!": "a tag"}
    what = f"a value that begins with {sign!r} is {names.get(sign, 'special')} in YAML."
    value = _value_from(fault.lines[line], column)
    return fault.at(line, column, max(len(value), 1)), what, f"Put it in quotes:   {_quoted(value)}"


def _block_scalar(fault: _Fault) -> Finding | None:
    what = "behind '|' or '>' the text begins on the next line."
    return fault.here, what, "Put the text on the lines below, indented, or write the value in quotes."


def _directive(fault: _Fault) -> Finding | None:
    percent = next((n for n, line in enumerate(fault.lines[: fault.line + 1]) if line.startswith("%")), None)
    if percent is not None:
        return (
            fault.at(percent, 0, len(fault.lines[percent])),
            "a line that begins with '%' is a directive in YAML, and nbft takes none.",
            "Delete it.",
        )
    if not indent_of(fault.text) and any(indent_of(line) for line in fault.lines[: fault.line]):
        return _misaligned(fault)
    return None


def _nothing_there(fault: _Fault) -> Finding | None:
    if fault.char in ("]", "}", ","):
        return fault.here, f"a value is missing before {fault.char!r}.", _quote_fix(fault)
    return _open_bracket(fault)


def _value_from(line: str, column: int) -> str:
    return re.sub(r"\s+#.*", "", line[column:]).strip()


def _quoted(value: str) -> str:
    value = re.sub(r"\s+#.*", "", value).strip()
    return "'" + value.replace("'", "''") + "'"


def _quote_fix(fault: _Fault) -> str:
    value = _value_from(fault.text, fault.column)
    return f"If it is text, put it in quotes:   {_quoted(value)}" if value else ""


def _spaces(count: int) -> str:
    return f"{count} space{'s' * (count != 1)}" if count else "no space"


_EXPLAIN: tuple[tuple[tuple[str, ...], Callable[[_Fault], Finding | None]], ...] = (
    (("mapping values are not allowed",), _mapping_value),
    (("could not find expected ':'",), _simple_key),
    (("cannot start any token",), _bad_start),
    (("quoted scalar | found unexpected end", "quoted scalar | found unexpected document"), _open_quote),
    (("escape", "hex"), _bad_escape),
    (("flow node", "block node"), _nothing_there),
    (("flow sequence", "flow mapping"), _open_bracket),
    (("alias", "anchor", "tag"), _reference),
    (("block mapping", "block collection"), _block_mapping),
    (("sequence entries are not allowed",), _list_item),
    (("block scalar",), _block_scalar),
    (("document start", "directive"), _directive),
)
