"""Keys with nothing behind them: left out on purpose, or a value forgotten."""

from __future__ import annotations

from typing import Any

from nbft.spec.fields import keys
from nbft.spec.scalars import spell
from nbft.spec.text import Path, SpecText


def settle_blanks(text: SpecText) -> None:
    """Gives empty sections their defaults, drops an explicit null where it means the default, refuses the rest."""
    if isinstance(text.data, dict):
        _settle(text, text.data, ())


def _settle(text: SpecText, data: dict[str, Any], above: Path) -> None:
    for name, value in list(data.items()):
        path = (*above, name)
        if isinstance(value, dict):
            _settle(text, value, path)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                if item is None:
                    text.complain((*path, place), "this item is empty.", "Write it in quotes, or delete it.")
        elif value is None:
            _settle_one(text, data, path)


def _settle_one(text: SpecText, data: dict[str, Any], path: Path) -> None:
    key = keys().get(path)  # pyright: ignore[reportArgumentType] - a path with positions is no key
    if key is None or text.is_refused(path):
        return
    if key.section is not None and not key.is_needed:
        data[key.path[-1]] = {}
    elif key.section is None and key.may_be_blank and path not in text.blanks:
        del data[key.path[-1]]
    else:
        text.complain(path, "this key has no value.", _fix(text, path), at="key")


def _fix(text: SpecText, path: Path) -> str:
    key = keys()[path]  # pyright: ignore[reportArgumentType]
    span = text.keys.get(path)
    rest = text.lines[span.line][span.end_column :].lstrip(": ") if span else ""
    if rest.startswith("#") and not rest.startswith("# "):
        return f"What follows '#' is a comment. If it is the value, put it in quotes:   '{rest.strip()}'"
    if not key.is_needed:
        default = f", {spell(key.default)}" if key.default is not None else ""
        return f"Write one, or delete the line to get the default{default}."
    example = spell(key.examples[0]) if key.takes_value else f"{{train: {spell('reviews.csv')}}}"
    return f"Write   {key.path[-1]}: {example}"
