"""Slips of the keyboard on one line: a missing colon, no space behind it, a blank that is none."""

from __future__ import annotations

import re

from nbft.spec.text import Span

Finding = tuple[Span, str, str]
"""A place, what is wrong there, and what to write."""

KEY = re.compile(r"\s*(?:- )*([\w.$-]+):(?:\s|$)")
_KEY_WITHOUT_SPACE = re.compile(r"(\s*)([A-Za-z_][\w.-]*):(?![\s/\\])(\S.*?)\s*$")
_KEY_WITHOUT_COLON = re.compile(r"(\s*)([A-Za-z_][\w.-]*)(?:\s*=\s*|\s+)(\S.*?)\s*$")
_ODD_BLANK = re.compile("[\u00a0\u2000-\u200b\u202f\u3000]")


def find_slip(line: str, number: int) -> Finding | None:
    """Returns what is wrong with a line that lacks its colon, or the space behind it; None for `key: value`."""
    line = re.sub(r"\s+#.*", "", line)
    blank = _ODD_BLANK.search(line)
    if blank:
        place = Span(number, blank.start(), number, blank.end())
        name = "a non-breaking space" if blank[0] == "\u00a0" else f"no plain space (U+{ord(blank[0]):04X})"
        return place, f"this is {name}.", f"Write   {_ODD_BLANK.sub(' ', line).strip()}"
    match = _KEY_WITHOUT_SPACE.match(line)
    if match:
        place = Span(number, match.start(2), number, match.end(3))
        return place, "a space is missing behind the colon.", f"Write   {match[2]}: {match[3]}"
    if KEY.match(line):
        return None
    match = _KEY_WITHOUT_COLON.match(line)
    if match:
        place = Span(number, match.start(2), number, match.end(3))
        return place, "a key is followed by a colon and a space.", f"Write   {match[2]}: {match[3]}"
    return None


def slip_or_word(line: str, number: int) -> Finding:
    """Returns what is wrong with a line that should be a key with its value."""
    word = re.sub(r"\s+#.*", "", line).strip()
    place = Span(number, indent_of(line), number, indent_of(line) + max(len(word), 1))
    fix = f"Write   {word}: and its value, or delete the line." if re.fullmatch(r"[\w.-]+", word) else ""
    return find_slip(line, number) or (place, "this line is no key with a value.", fix)


def indent_of(line: str) -> int:
    """Returns the number of spaces that the line begins with."""
    return len(line) - len(line.lstrip(" "))
