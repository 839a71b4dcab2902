"""Pydantic's findings -> problems that a reader can mend: all at once, each with its line and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from nbft.spec.aliases import ALIASES, alias_of
from nbft.spec.fields import Names, accepts, keys, places_of, section_at
from nbft.spec.foreign_keys import Alias
from nbft.spec.foreign_values import VALUES
from nbft.spec.guess import closest, listed, plain_word, short
from nbft.spec.hints import choice_hint, hint
from nbft.spec.row_source import BRANCHES
from nbft.spec.scalars import spell
from nbft.spec.scope import TASK_NAMES, is_read
from nbft.spec.slips import find_slip
from nbft.spec.text import MOST_PROBLEMS, Path, SpecText, dotted, value_at

_LONGEST_GIVEN = 60
_SURE = 0.85
"""How close a word of another section has to be before it is proposed."""


def explain(text: SpecText, error: ValidationError) -> None:
    """Adds all findings to the text's problems; a missing key and its misspelling are one."""
    findings = error.errors(include_url=False)
    unknown = [_place(f["loc"], text.data) for f in findings if f["type"] == "extra_forbidden"]
    missing = {_place(f["loc"], text.data) for f in findings if f["type"] == "missing"}
    wrong = [_place(f["loc"], text.data) for f in findings if f["type"] not in ("extra_forbidden", "missing")]
    for path in unknown[:MOST_PROBLEMS]:
        target = _explain_unknown(text, path)
        missing = {gap for gap in missing if target is None or target[: len(_names(gap))] != _names(gap)}
    for path in wrong[:MOST_PROBLEMS]:
        _explain_value(text, path)
        if path == ("train",) and "data:" in hint(keys()[("train",)], value_at(text.data, path)):
            missing -= {("data",), ("data", "train")}
    if text.broken_at is None:  # what is missing may stand behind the break
        for path in sorted(missing, key=lambda gap: list(keys()).index(_names(gap))):
            _explain_missing(text, path)


def explain_shared(text: SpecText, kind: str, path: Path) -> None:
    """Adds one finding in a part that other languages have from this one, at the same place, as `generate`."""
    if kind == "extra_forbidden":
        _explain_unknown(text, path)
    else:
        _explain_value(text, path)


def _place(loc: Iterable[str | int], data: Any) -> Path:
    """Returns the path in the data: pydantic's own marks of a union's branches stand in no YAML."""
    path: list[str | int] = []
    for part in loc:
        if part in BRANCHES:
            continue
        if isinstance(data, dict) and isinstance(part, str):
            path.append(part)
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int):
            path.append(part)
            data = data[part]
    return tuple(path)


def _explain_missing(text: SpecText, path: Path) -> None:
    key = keys()[_names(path)]
    example = key.examples[0] if key.examples else "..."
    line = f"{path[-1]}: {spell(example)}"
    if not key.takes_value:
        inner = next(k for k in keys().values() if k.path[:-1] == key.path and k.is_needed)
        line = f"{path[-1]}: {{{inner.path[-1]}: {spell(inner.examples[0])}}}"
    text.complain(path, "this key is needed and was not given.", f"Write   {line}", at="key")


def _explain_value(text: SpecText, path: Path) -> None:
    key = keys()[_names(path)]
    value = value_at(text.data, path)
    given = _given(text, path, value)
    if isinstance(path[-1], int):
        text.complain(path, f"each item must be {_quoted(key.item_words)}, got {given}.")
    elif isinstance(value, str) and not value.strip():
        text.complain(path, "this value is empty.", hint(key, value))
    elif isinstance(value, str) and key.is_closed:
        text.complain(path, f"{given} is not one of them.", choice_hint(key, value))
    else:
        text.complain(path, f"must be {_quoted(key.words)}, got {given}.", hint(key, value))


def _quoted(words: str) -> str:
    return words.replace("`", "'")


def _given(text: SpecText, path: Path, value: Any) -> str:
    typed = text.as_typed(path)
    if isinstance(value, dict):
        shown = "a section" if len(spell(value)) > _LONGEST_GIVEN else spell(value)
    elif isinstance(value, list):
        shown = "a list" if len(spell(value)) > _LONGEST_GIVEN else spell(value)
    elif isinstance(value, str):
        shown = repr(short(value))
    else:
        shown = typed if typed and len(typed) <= _LONGEST_GIVEN else spell(value)
    origin = text.origin(path)
    return f"{shown} (the value of {origin})" if origin.startswith("$") else shown


def _explain_unknown(text: SpecText, path: Path) -> Names | None:
    """Adds a problem for an unknown key; returns the path of the key that was meant, None where nobody can tell."""
    word, value = str(path[-1]), value_at(text.data, path)
    if path in text.blanks and (fix := _quotes(text, path)):
        text.complain(path, "this belongs to the query.", fix, at="key")
        return None
    slip = find_slip(word, 0) if value is None or not word.isascii() else None
    if slip:
        text.refused.add(path)
        text.problems.append(text.problem_at(text.keys.get(path), *slip[1:], dotted(path[:-1])))
        return (*_names(path[:-1]), slip[2].removeprefix("Write").partition(":")[0].strip())
    target, fix = None, _brackets(text, path) if path in text.blanks else ""
    if not fix and path in text.blanks:
        target, fix = _braces(text, path)
    if not fix:
        target, fix = _meant(text, path, word, value)
    text.complain(path, f"nbft knows no key {short(word)!r} here.", fix, at="key")
    return target


def _brackets(text: SpecText, path: Path) -> str:
    """`{metrics: accuracy, f1}` makes f1 a key; what was meant is a list."""
    section = _names(path[:-1])
    for name, value in value_at(text.data, section).items():
        key = keys().get((*section, name))
        if key and key.kind is list and isinstance(value, str):
            return f"A list needs brackets:   {name}: [{value}, {path[-1]}]"
    return ""


def _quotes(text: SpecText, path: Path) -> str:
    """`{query: SELECT a, b FROM c}` makes `b FROM c` a key; what was meant is one text."""
    beside = value_at(text.data, path[:-1])
    query = beside.get("query") if isinstance(beside, dict) else None
    if not isinstance(query, str):
        return ""
    rest = [str(name) for name in beside if (*path[:-1], name) in text.blanks]
    text.refused |= {(*path[:-1], name) for name in rest if name != path[-1]}
    return f"In braces a text with commas needs quotes:   query: '{', '.join([query, *rest])}'"


def _braces(text: SpecText, path: Path) -> tuple[Names | None, str]:
    """`model: {bert}` makes bert a key; what was meant is the name alone."""
    key = keys().get(_names(path[:-1]))
    section = section_at(key.path) if key else None
    if key is None or section is None or not section.shorthand or isinstance(path[-2], int):
        return None, ""
    if len(value_at(text.data, path[:-1])) > 1 or str(path[-1]) in ALIASES or not accepts(key.path, path[-1]):
        return None, ""
    return (*key.path, section.shorthand), f"Write   {path[-2]}: {spell(path[-1])}"


def _meant(text: SpecText, path: Path, word: str, value: Any) -> tuple[Names | None, str]:
    section = _names(path[:-1])
    here = section_at(section)
    known = list(here.model_fields) if here else []
    same = next((name for name in known if plain_word(name) == plain_word(word)), None)
    if same:
        return (*section, same), f"Did you mean {same!r}?"
    alias = alias_of(dotted(section), word)
    if alias:
        return _names(alias.path.split(".")) if alias.path else None, _alias_fix(text, path, alias, value)
    elsewhere = _elsewhere(section, word)
    if elsewhere:
        return elsewhere, _move_fix(text, path, elsewhere, value)
    close = closest(word, known)
    if close:
        return (*section, close), f"Did you mean {close!r}?"
    far = closest(word, [names[-1] for names in keys()] + list(ALIASES), cutoff=_SURE)
    if far:
        return _meant(text, path, far, value)
    task = text.data.get("task")
    read = [name for name in known if task not in TASK_NAMES or is_read(task, *section, name)]
    return None, f"Known here: {listed(read, most=len(known))}."


def _elsewhere(section: Names, word: str) -> Names | None:
    """Returns where a key of that name belongs; of several places one further in comes first."""
    places = [place for name in {word, plain_word(word)} for place in places_of(name)]
    inside = [place for place in places if place[: len(section)] == section]
    return (inside or places or [None])[0]


def _alias_fix(text: SpecText, path: Path, alias: Alias, value: Any) -> str:
    if not alias.path:
        return alias.note
    target = _names(alias.path.split("."))
    if not alias.value:
        return alias.note
    if alias.value != "same":
        value = alias.otherwise if value is False and alias.otherwise else alias.value
    fix = _move_fix(text, path, target, value)
    return f"{fix}\n{alias.note}" if alias.note else fix


def _move_fix(text: SpecText, path: Path, target: Names, value: Any) -> str:
    """Returns the line to write, which depends on what the text has already."""
    name, above = ".".join(target), target[:-1]
    if target in text.keys:
        return f"It is called {name}, which is given in line {text.line_of(target)}; delete this one."
    if not _fits(target, value) and isinstance(value, str):
        known = {plain_word(word): meant for word, meant in VALUES.get(name, {}).items()}
        value = known.get(plain_word(value), value)
    if not _fits(target, value):
        return f"It is called {name}, and takes {_quoted(keys()[target].words)}."
    beside = value_at(text.data, above)
    inner = keys()[above].inner if above in keys() else None
    if inner and isinstance(beside, str):
        return f"It belongs beside the source:   {above[-1]}: {spell({inner.shorthand: beside, target[-1]: value})}"
    typed = text.as_typed(path) if value == value_at(text.data, path) else None
    pair = f"{target[-1]}: {typed or spell(value)}"
    if above == _names(path[:-1]):
        return f"It is called {target[-1]!r}:   {pair}"
    line = text.line_of(above)
    if line:
        return f"It belongs in {'.'.join(above)!r} (line {line}):   {pair}"
    for part in reversed(above):
        pair = f"{part}: {{{pair}}}"
    return f"It is called {name}:   {pair}" if above else f"It belongs at the left margin:   {pair}"


def _fits(target: Names, value: Any) -> bool:
    return value is not None and keys()[target].takes_value and accepts(target, value)


def _names(path: Iterable[str | int]) -> Names:
    return tuple(part for part in path if isinstance(part, str))
