"""Every key of the language, as the sections define it: the one source of errors, hover text, reference and schema."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from annotated_types import Ge, Gt, Le, Lt
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from nbft.spec.row_source import Holds
from nbft.spec.scalars import spell
from nbft.spec.sections import RunSpec, Section
from nbft.spec.types import Words

Names = tuple[str, ...]

_NOUNS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "keys with values",
}
_LIMITS = ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt"))
_WORDS_ALONE = {Ge: "of at least", Gt: "above", Le: "of at most", Lt: "below"}
_WORDS_TOGETHER = {Ge: "from", Gt: "above", Le: "and up to", Lt: "and below"}


@dataclass(frozen=True)
class Key:
    """One key of the language."""

    path: Names
    sentence: str
    words: str
    """What may stand there: `a whole number of at least 1`."""
    item_words: str
    """What may stand in each place of a list."""
    is_closed: bool
    """Whether only the choices may stand there."""
    choices: Names
    default: Any
    is_needed: bool
    may_be_blank: bool
    """Whether an explicit null means the same as leaving the key out."""
    section: type[Section] | None
    """The section that begins here, None where a value stands."""
    kind: type
    """The Python type that a value has first of all: str, int, float, bool, list or dict."""
    examples: tuple[Any, ...]
    shorthand: str = ""
    """The key inside that a bare value of the section stands for."""
    inner: type[Section] | None = None
    """The section that may stand there in place of a value."""

    @property
    def takes_value(self) -> bool:
        """Whether a value may stand there, and not only keys."""
        return self.section is None or bool(self.shorthand)

    @property
    def name(self) -> str:
        """The dotted path."""
        return ".".join(self.path)


@cache
def keys() -> dict[Names, Key]:
    """Returns every key by its path, in the order of the reference."""
    return {key.path: key for key in _walk(RunSpec, ())}


@cache
def keys_of(section: type[Section]) -> dict[Names, Key]:
    """Returns every key of another language than a run's, by its path: that of evaluations."""
    return {key.path: key for key in _walk(section, ())}


@cache
def root() -> type[Section]:
    """Returns the section that holds all others."""
    return RunSpec


def section_at(path: Iterable[str | int]) -> type[Section] | None:
    """Returns the section at a path, also one that may stand in place of a value; None where there is none."""
    path = tuple(path)
    if not path:
        return RunSpec
    key = keys().get(typing.cast("Names", path))
    return (key.section or key.inner) if key else None


def places_of(word: str) -> list[Names]:
    """Returns the paths of all keys of that name, in the order of the reference."""
    return [path for path in keys() if path[-1] == word]


def accepts(path: Names, value: Any) -> bool:
    """Returns whether the value could stand at the path."""
    section, name = section_at(path[:-1]), path[-1]
    if section is None or name not in section.model_fields:
        return False
    try:
        section.model_validate({name: value})
    except ValidationError as error:
        return all(finding["loc"][:1] != (name,) for finding in error.errors(include_url=False))
    return True


def _walk(section: type[Section], above: Names) -> Iterable[Key]:
    for name, field in section.model_fields.items():
        key = _key(field, (*above, name))
        yield key
        inside = key.section or key.inner
        if inside is not None:
            yield from _walk(inside, key.path)


def _key(field: FieldInfo, path: Names) -> Key:
    inner, metadata, optional = _unwrap(field.annotation, field.metadata)
    is_class = isinstance(inner, type) and typing.get_origin(inner) is None  # list[str] is a type in Python 3.10
    section = inner if is_class and issubclass(inner, Section) else None
    said = next((item for item in metadata if isinstance(item, Words)), None)
    holds = next((item for item in metadata if isinstance(item, Holds)), None)
    choices = said.choices if said else _choices(inner)
    shorthand = section.shorthand if section else ""
    in_words = f"a {shorthand}, or a section with keys" if shorthand else "a section with keys"
    return Key(
        path=path,
        sentence=" ".join((field.description or "").split()),
        words=in_words if section else said.words if said else describe(inner, metadata),
        item_words=holds.item_words if holds else _item_words(inner),
        is_closed=typing.get_origin(inner) is typing.Literal,
        choices=choices,
        default=None if field.is_required() else field.get_default(call_default_factory=True),
        is_needed=field.is_required(),
        may_be_blank=optional
        or bool(section and not field.is_required())
        or (not field.is_required() and field.default is None),
        section=section,
        kind=_kind(inner),
        examples=tuple(field.examples or ()),
        shorthand=shorthand,
        inner=holds.section if holds else None,
    )


def _item_words(annotation: Any) -> str:
    return describe(typing.get_args(annotation)[0]) if typing.get_origin(annotation) is list else ""


def _unwrap(annotation: Any, metadata: Iterable[Any] = ()) -> tuple[Any, list[Any], bool]:
    """Returns the type without Annotated and Optional, what was annotated, and whether None may stand there."""
    metadata, optional = list(metadata), False
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            annotation, *more = typing.get_args(annotation)
            metadata = [*more, *metadata]
        elif origin in (typing.Union, types.UnionType) and type(None) in typing.get_args(annotation):
            left = [a for a in typing.get_args(annotation) if a is not type(None)]
            annotation, optional = typing.Union[tuple(left)], True  # noqa: UP007 - made from a list
        else:
            flat = [m for item in metadata for m in (item.metadata if isinstance(item, FieldInfo) else [item])]
            return annotation, flat, optional


def describe(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """Returns a type in words: `a number above 0 and at most 10`, `one of linear, cosine, constant`."""
    inner, metadata, _ = _unwrap(annotation, metadata)
    said = next((item for item in metadata if isinstance(item, Words)), None)
    if said:
        return said.words
    if _choices(inner) and inner is not bool:
        return "one of " + ", ".join(_choices(inner))
    if typing.get_origin(inner) is list:
        (item,) = typing.get_args(inner)
        return f"a list, each item {describe(item)}"
    if typing.get_origin(inner) in (typing.Union, types.UnionType):
        return " or ".join(describe(part) for part in typing.get_args(inner))
    return _NOUNS.get(_kind(inner), "a value") + _bounds(metadata, _kind(inner))


def _bounds(metadata: Iterable[Any], kind: type) -> str:
    limits = {
        type(item): getattr(item, name) for item in metadata for bound, name in _LIMITS if isinstance(item, bound)
    }
    if kind is int and Lt in limits:
        limits[Le] = limits.pop(Lt) - 1
    if limits.keys() == {Ge, Le}:
        return f" from {_spelled(limits[Ge])} to {_spelled(limits[Le])}"
    words = _WORDS_ALONE if len(limits) == 1 else _WORDS_TOGETHER
    return "".join(f" {words[bound]} {_spelled(limit)}" for bound, limit in limits.items())


def _spelled(limit: float) -> str:
    return spell(limit).removesuffix(".0")


def _choices(annotation: Any) -> Names:
    if typing.get_origin(annotation) is typing.Literal:
        return tuple(str(value) for value in typing.get_args(annotation))
    return ("true", "false") if annotation is bool else ()


def _kind(annotation: Any) -> type:
    origin = typing.get_origin(annotation) or annotation
    if origin is typing.Literal:
        return str
    if origin is typing.Any or not isinstance(origin, type):
        return str
    return dict if issubclass(origin, Section) else origin
