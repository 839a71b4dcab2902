"""A value that can't stand at its key -> a line that says what was probably meant."""

from __future__ import annotations

import re
from typing import Any

from nbft.spec.fields import Key, accepts, keys
from nbft.spec.foreign_values import BESIDES, SHORTHAND, VALUES
from nbft.spec.guess import closest, listed, plain_word
from nbft.spec.scalars import LEADING_ZEROS, number, spell
from nbft.spec.sources import source_of

_YES, _NO = ("yes", "on", "y", "1"), ("no", "off", "n", "0")
_WITH_UNIT = re.compile(r"([0-9][0-9_.]*)\s*([kKmM]?)\s*(?:steps?|epochs?|rows?|tokens?)?")
_COLON = re.compile(r"([\w.-]+):(\S.*)")


def hint(key: Key, value: Any) -> str:
    """Returns what to write instead of the value; empty where nobody can tell."""
    if not key.takes_value:
        return _section_hint(key, value)
    return (key.shorthand and _key_inside(key, value)) or _value_hint(key, value) or _example(key)


def _example(key: Key) -> str:
    example = key.examples[0] if key.examples else None if key.section else key.default
    is_long = "one of" in key.words or isinstance(example, bool)
    return "" if example is None or is_long else f"For example   {key.path[-1]}: {spell(example)}"


def _value_hint(key: Key, value: Any) -> str:
    if isinstance(value, dict):
        return _name_inside(key, value)
    if key.kind is list and not isinstance(value, list):
        items = [spell(number(item)) for item in re.split(r"[,\s]+", value) if item] if isinstance(value, str) else []
        return _write(key, "[" + ", ".join(items) + "]") if items else ""
    if isinstance(value, list) and len(value) == 1 and accepts(key.path, value[0]):
        return _write(key, spell(value[0]))
    if isinstance(value, str):
        return _text_hint(key, value)
    if (key.kind is str or key.shorthand) and not key.choices and isinstance(value, int | float):
        return f"If it is a name, put it in quotes:   '{spell(value)}'"
    return _number_hint(key, value)


def choice_hint(key: Key, value: Any) -> str:
    """Returns the choice that is closest to what was given, or all of them."""
    known = {plain_word(word): choice for word, choice in VALUES.get(key.name, {}).items()}
    meant = known.get(plain_word(str(value))) or closest(str(value), key.choices, cutoff=0.6)
    if not meant:
        return f"Known here: {listed(key.choices)}."
    word = plain_word(str(value))
    more = next((line for (name, part), line in BESIDES.items() if name == key.name and part in word), "")
    return f"Did you mean {meant!r}?" + (f"   with   {more}" if more else "")


def _section_hint(key: Key, value: Any) -> str:
    known = f"Known here: {listed(path[-1] for path in keys() if path[:-1] == key.path)}."
    match = _COLON.fullmatch(value) if isinstance(value, str) else None
    if match:
        return f"A space is missing behind the colon:   {match[1]}: {match[2]}"
    if key.path == ("train",) and isinstance(value, str) and source_of(value).kind != "hub":
        return f"The rows to learn from stand in another section:   data: {{train: {spell(value)}}}"
    if value is False or (isinstance(value, str) and plain_word(value) in (*_NO, "none", "false")):
        is_switched = (*key.path, "enabled") in keys()
        return f"Write   {key.path[-1]}: {{enabled: false}}" if is_switched else "Leave it out to get the defaults."
    return _key_inside(key, value) or known


def _key_inside(key: Key, value: Any) -> str:
    inner = SHORTHAND.get((key.name, type(value)))
    fits = inner and accepts((*key.path, inner), value)
    return f"Write   {key.path[-1]}: {{{inner}: {spell(value)}}}" if fits else ""


def _name_inside(key: Key, value: dict[str, Any]) -> str:
    """`model: {name: bert}` means `model: bert`, and `{question}` is text that lacks its quotes."""
    kinded = {"model_type": "bert", **value}
    if key.name == "model.from_scratch" and accepts(key.path, kinded):
        return f"Name the architecture too, as   {key.path[-1]}: {spell(kinded)}"
    if len(value) == 1:
        ((name, inner),) = value.items()
        if inner is None:
            return f"Braces make a mapping. If it is text, put it in quotes:   '{{{name}}}'"
        if isinstance(inner, str) and accepts(key.path, inner):
            return _write(key, spell(inner))
    return ""


def _text_hint(key: Key, value: str) -> str:
    word = plain_word(value)
    if key.name == "data.labels" and value.strip():
        return f"For the column that holds them write   columns: {{label: {spell(value)}}}"
    if key.kind is bool and (word in _YES or word in _NO):
        return _write(key, "true" if word in _YES else "false")
    if not value.strip() and not key.is_needed:
        return "Leave the key out to get its default."
    meant = _number_in(value.strip())
    if meant is not None and accepts(key.path, meant):
        return _write(key, spell(meant))
    known = {plain_word(given): choice for given, choice in VALUES.get(key.name, {}).items()}
    choice = known.get(word) or closest(value, key.choices) if value and "%" not in value else None
    if choice and accepts(key.path, choice):
        return f"Did you mean {choice!r}?"
    return ""


def _number_in(text: str) -> int | float | None:
    """Returns the number that was meant by '16', '0016', '2,5', '500 steps' or '16k'."""
    found = number(text.lstrip("0") or "0") if LEADING_ZEROS.match(text) else number(text)
    if isinstance(found, str):
        found = number(text.replace(",", ".")) if text.count(",") == 1 else number(text.replace(",", ""))
    if not isinstance(found, str):
        return found
    match = _WITH_UNIT.fullmatch(text)
    if not match:
        return None
    found = number(match[1])
    scale = {"": 1, "k": 1_000, "m": 1_000_000}[match[2].lower()]
    return None if isinstance(found, str) else found * scale


def _number_hint(key: Key, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if key.kind is bool and value in (0, 1):
        return _write(key, "true" if value else "false")
    if isinstance(value, float) and value.is_integer() and accepts(key.path, int(value)):
        return _write(key, spell(int(value)))
    if "share" in key.words and isinstance(value, int) and 1 <= value < 100 and accepts(key.path, value / 100):
        return f"For {value:g}% write   {key.path[-1]}: {value:g}%"
    if key.name == "train.learning_rate":
        power = re.fullmatch(r"([\d.]+)e\+?0?(\d+)", f"{value:e}")
        meant = float(f"{value / 10 ** int(power[2]):g}e-{power[2]}") if power else 0.0
        return f"Did you mean {spell(meant)}?" if accepts(key.path, meant) and value > 10 else ""
    return ""


def _write(key: Key, value: str) -> str:
    return f"Write   {key.path[-1]}: {value}"
