"""What could stand at the cursor, and what the key there means: pure functions of a text, a cursor and what is around."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbft.spec.aliases import alias_of
from nbft.spec.cleaning import ABOUT
from nbft.spec.cursor import Entry, Place, entries, place_at
from nbft.spec.fields import Key, Names, keys, section_at
from nbft.spec.metric_names import DEFAULT_METRICS, metrics_of
from nbft.spec.nearby import files, local_models
from nbft.spec.peek import columns_of
from nbft.spec.scalars import spell
from nbft.spec.scope import is_read
from nbft.spec.source_checks import ENCODINGS
from nbft.spec.sources import called, source_of
from nbft.spec.unfinished import given_task, likely_kinds, train_source
from nbft.spec.variables import (
    FUNCTION_KEYS,
    is_data,
    is_function,
    is_saved_for,
    plain_value,
    takes_function,
    takes_rows,
)
from nbft.starter import STARTER_DATA, STARTER_MODELS


@dataclass(frozen=True)
class Surroundings:
    """What a notebook knows besides the text."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    runs: Sequence[str] = ()
    """Names of runs, the newest first."""
    runs_root: Path = Path("nbft-runs")


@dataclass(frozen=True)
class Completion:
    """One thing that could stand at the cursor; `kind` is key, value, metric, file, model, column or variable."""

    text: str
    kind: str
    about: str = ""


@dataclass(frozen=True)
class Completions:
    """What could replace the text from `start` to the cursor."""

    start: int
    items: tuple[Completion, ...]


@dataclass(frozen=True)
class Hover:
    """What is to be known of a key."""

    name: str
    sentence: str
    takes: str
    default: str
    example: str

    def __str__(self) -> str:
        left_out = f"\nIf left out: {self.default}" if self.default else ""
        return f"{self.name}\n\n{self.sentence}\n\nTakes: {self.takes}{left_out}\nExample: {self.example}"


def complete(text: str, cursor: int, around: Surroundings | None = None) -> Completions:
    """Returns what could stand at the cursor (an offset in the text), the likeliest first."""
    place = place_at(text, cursor)
    around = around or Surroundings()
    if place.kind == "key":
        return _fitting(place, _keys(text, cursor, place))
    if place.kind == "nothing":
        return Completions(place.start, ())
    found = _fitting(place, _values(text, place, around))
    if text[found.start - 1 : found.start] != ":":
        return found
    return replace(found, items=tuple(replace(item, text=f" {item.text}") for item in found.items))


def hover(text: str, cursor: int) -> Hover | None:
    """Returns what is to be known of the key at the cursor, or of the one whose value stands there."""
    entry = _entry_at(text, cursor)
    if entry is None:
        return None
    key = keys().get(entry.path)
    alias = None if key else alias_of(".".join(entry.path[:-1]), entry.path[-1])
    if alias is not None:
        key = keys().get(tuple(alias.path.split(".")))
        if key is None:
            return Hover(entry.path[-1], alias.note, "nothing: it is no key of nbft", "", "leave it out")
    return _hover(key) if key else None


def _entry_at(text: str, cursor: int) -> Entry | None:
    """Returns the key that the cursor stands in, or the last one that begins before it on the same line."""
    found = entries(text)
    inside = next((entry for entry in found if entry.start <= cursor <= entry.end), None)
    line = text.rfind("\n", 0, cursor) + 1
    before = [entry for entry in found if line <= entry.start <= cursor]
    return inside or (before[-1] if before else None)


def _hover(key: Key) -> Hover:
    if key.section is not None:
        inner = ", ".join(path[-1] for path in keys() if path[:-1] == key.path)
        return Hover(key.name, key.sentence, f"{key.words}: {inner}", "", example_of(key))
    default = spell(key.default) if key.default is not None else ""
    return Hover(key.name, key.sentence, key.words.replace("`", ""), default, example_of(key))


def example_of(key: Key) -> str:
    """Returns a line that gives the key, with an example of its value."""
    if not key.takes_value:
        inner = [keys()[path] for path in keys() if path[:-1] == key.path and keys()[path].section is None]
        shown = [k for k in inner if k.is_needed] or inner[:2]
        return f"{key.path[-1]}: {{{', '.join(example_of(k) for k in shown)}}}"
    value = key.examples[0] if key.examples else key.default
    return f"{key.path[-1]}: {spell(value)}"


def _fitting(place: Place, items: Iterable[Completion]) -> Completions:
    """Keeps what begins with the word at the cursor, or else what holds it."""
    word = place.word.lstrip("'\"")
    all_items, low = list(dict.fromkeys(items)), word.lower()
    found = [item for item in all_items if item.text.lower().startswith(low)]
    found = found or [item for item in all_items if low in item.text.lower()]
    whole = [item for item in found if item.text != word]
    if word == place.word:  # not in quotes yet
        whole = [replace(item, text=_typed(item)) for item in whole]
    return Completions(place.start + len(place.word) - len(word), tuple(whole))


def _typed(item: Completion) -> str:
    return spell(item.text) if item.kind in ("file", "column", "model") else item.text


def _keys(text: str, cursor: int, place: Place) -> Iterable[Completion]:
    section = section_at(place.path)
    if section is None:
        return
    has_colon = re.match(r"[\w-]*\s*:", text[cursor:]) is not None
    for name in section.model_fields:
        key = keys()[(*place.path, name)]
        if name not in place.given and is_read(given_task(text), *key.path):
            opens_block = not key.takes_value and not place.in_brackets
            yield Completion(name + ("" if has_colon else ":" if opens_block else ": "), "key", key.sentence)


def _values(text: str, place: Place, around: Surroundings) -> Iterable[Completion]:
    key = keys().get(place.path)
    if key is None:
        return
    if place.word.lstrip("'\"").startswith("$"):
        yield from _functions(key, place, around)
        if key.path not in FUNCTION_KEYS:
            yield from _variables(key, around)
        return
    special = _SPECIAL.get(key.path)
    if special is not None:
        yield from special(text, place, around)
    elif key.kind is not list or place.kind == "item":
        yield from _choices(key, place)
    if takes_rows(key.path):
        yield from _variables(key, around)


def _choices(key: Key, place: Place) -> Iterable[Completion]:
    default = None if key.default is None or key.section else spell(key.default)
    for choice in key.choices:
        if choice not in place.values:
            yield Completion(choice, "value", "the default" if choice == default else "")
    if not key.choices and default is not None:
        yield Completion(default, "value", "the default")


def _functions(key: Key, place: Place, around: Surroundings) -> Iterable[Completion]:
    path = (*key.path, 0) if place.kind == "item" else key.path
    if takes_function(path):
        names = [name for name, value in around.variables.items() if is_function(value)]
        yield from (Completion(f"${name}", "function") for name in names if not name.startswith("_"))


def _variables(key: Key, around: Surroundings) -> Iterable[Completion]:
    for name, value in around.variables.items():
        if name.startswith("_") or not name.isidentifier():
            continue
        if (takes_rows(key.path) and is_data(value)) or is_saved_for(key.path, value):
            yield Completion(f"${name}", "variable", type(value).__name__)
        elif _could_stand(key, value) and (not takes_rows(key.path) or source_of(str(value)).kind == "file"):
            yield Completion(f"${name}", "variable", spell(plain_value(value))[:60])


def _could_stand(key: Key, value: Any) -> bool:
    kinds = {float: (int, float), int: (int,), bool: (bool,), list: (list, tuple), dict: (dict,)}
    kind = (str, dict) if key.shorthand else kinds.get(key.kind, (str,))
    if isinstance(value, bool) != (key.kind is bool) or not isinstance(value, kind):
        return False
    try:
        plain_value(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return not is_data(value)


def _rows(_: str, place: Place, __: Surroundings) -> Iterable[Completion]:
    for choice in keys()[place.path].choices if place.kind == "value" else ():
        yield Completion(choice, "value", "of the training rows" if choice.endswith("%") else "no rows")
    for name in files(place.word.lstrip("'\"")):
        yield Completion(name, "file")
    for name in STARTER_DATA:
        yield Completion(name, "value", "ships with nbft")
    if len(place.path) == 2 and place.word[:1] not in ("'", '"'):
        opening = "source: " if place.kind == "item" and not place.in_brackets else "{source: "
        yield Completion(opening, "key", "a source, and how it is to be read")


def _encodings(_: str, __: Place, ___: Surroundings) -> Iterable[Completion]:
    for name in ENCODINGS:
        yield Completion(name, "value")


def _models(_: str, place: Place, around: Surroundings) -> Iterable[Completion]:
    for name in STARTER_MODELS:
        yield Completion(name, "model", "ships with nbft")
    for name, about in local_models(place.word.lstrip("'\""), around.runs_root, around.runs):
        yield Completion(name, "model", about)
    section = section_at(place.path)
    for name in section.model_fields if section and place.word[:1] not in ("'", '"') else ():
        if name != section.shorthand:  # pyright: ignore[reportOptionalMemberAccess] - there is one
            yield Completion(f"{{{name}: ", "key", keys()[(*place.path, name)].sentence)


def _columns(text: str, _: Place, around: Surroundings) -> Iterable[Completion]:
    source = train_source(text)
    names = columns_of(source, around.variables, may_import=True).names if source else []
    others = [entry.value for entry in entries(text) if entry.path[:-1] == ("data", "columns")]
    for name in sorted(names, key=lambda name: name in others or spell(name) in others):
        yield Completion(name, "column", f"of {called(source)}")


def _clean(_: str, place: Place, __: Surroundings) -> Iterable[Completion]:
    taken = [value.strip("{}").partition(":")[0].strip() for value in place.values]
    for name, about in ABOUT.items() if place.kind == "item" else ():
        if name not in taken:
            yield Completion(f"{name}: " if name == "drop-longer-than" else name, "value", about)


def _metrics(text: str, place: Place, around: Surroundings) -> Iterable[Completion]:
    if place.kind == "item":
        for name in metrics_of(likely_kinds(text, around.variables)):
            if name not in place.values:
                yield Completion(name, "metric")


def _monitors(text: str, _: Place, around: Surroundings) -> Iterable[Completion]:
    given = next(
        (entry.items for entry in entries(text) if entry.path == ("evaluate", "metrics") and entry.items), None
    )
    defaults = [name for kind in likely_kinds(text, around.variables) for name in DEFAULT_METRICS[kind]]
    for name in dict.fromkeys((*(given or defaults), "loss")):
        yield Completion(f"eval/{name}", "metric", "computed at each evaluation")


_SPECIAL: dict[Names, Callable[[str, Place, Surroundings], Iterable[Completion]]] = {
    ("model",): _models,
    ("model", "name"): _models,
    ("model", "from_scratch"): _models,
    ("tokenizer",): _models,
    ("tokenizer", "name"): _models,
    ("data", "train"): _rows,
    ("data", "validation"): _rows,
    ("data", "test"): _rows,
    **{("data", split, "source"): _rows for split in ("train", "validation", "test")},
    **{("data", split, "encoding"): _encodings for split in ("train", "validation", "test")},
    **{path: _columns for path in keys() if path[:2] == ("data", "columns") and len(path) == 3},
    ("data", "group_by"): _columns,
    ("data", "order_by"): _columns,
    ("data", "clean"): _clean,
    ("evaluate", "metrics"): _metrics,
    ("early_stopping", "monitor"): _monitors,
}
