"""What an unquoted word of YAML means, by the rules of YAML 1.2: `2e-5` is a number, `on` and `007` are text."""

from __future__ import annotations

import json
import math
import re

NULL = re.compile(r"(?:~|null|Null|NULL)?")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
INT = re.compile(r"[-+]?(?:0|[1-9](?:_?[0-9])*)")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
LEADING_ZEROS = re.compile(r"[-+]?0+[0-9]")

UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML takes only as escapes in double quotes, and line ends that no editor shows as such."""
_SAFE = re.compile(r"[A-Za-z0-9$./_+]([\w $./+%@-]*[\w$./+%-])?")
"""Words that need no quotes anywhere, in brackets neither."""
_LONGEST_NUMBER = 40
"""No number that means something is longer; Python refuses to read very long ones."""
_MOST_EXACT = 2**53


def plain(word: str) -> str | int | float | bool | None:
    """Returns the value of an unquoted word. A number with leading zeros stays text: nobody knows which was meant."""
    if NULL.fullmatch(word):
        return None
    if BOOL.fullmatch(word):
        return word[0] in "tT"
    return number(word) if len(word) <= _LONGEST_NUMBER else word


def number(word: str) -> str | int | float:
    """Returns the number that the word spells, or the word itself; `1e5` is whole."""
    if INT.fullmatch(word):
        return int(word)
    if BASED.fullmatch(word):
        return int(word, 0)
    if not FLOAT.fullmatch(word):
        return word
    if word.lower().lstrip("+-") in (".inf", ".nan"):
        return float(word.replace(".", ""))
    value = float(word)
    is_whole = "." not in word and value.is_integer() and abs(value) <= _MOST_EXACT
    return int(value) if is_whole else value


def spell(value: object) -> str:
    """Returns a value as one would type it on one line of YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return spell_float(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(spell(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{spell(key)}: {spell(item)}" for key, item in value.items()) + "}"
    return _spell_text(value) if isinstance(value, str) else str(value)


def spell_float(value: float) -> str:
    """Returns the number as one would type it: 2e-5, 0.06, 1.0."""
    if not math.isfinite(value):
        return {"nan": ".nan", "inf": ".inf"}.get(str(value), "-.inf")
    digits, _, power = repr(value).partition("e")
    if not power:
        return digits
    return f"{digits}e{int(power)}" if int(power) < 0 or "." in digits else f"{digits}.0e{int(power)}"


def _spell_text(text: str) -> str:
    if _SAFE.fullmatch(text) and plain(text) == text:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return UNREADABLE.sub(lambda match: f"\\U{ord(match[0]):08X}", json.dumps(text, ensure_ascii=False))
