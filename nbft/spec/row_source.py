"""What `data.train`, `validation` and `test` take: a source by its name, a mapping that says how to read it, a list of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from nbft.spec.section import Section
from nbft.spec.types import MOST, Text, Words, is_percentage, share_of


def _sheet(value: Any) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST
    if value is None or is_number or (isinstance(value, str) and value):
        return value
    raise PydanticCustomError("sheet", "must be a sheet's name, or its number")


Sheet = Annotated[
    Any,
    BeforeValidator(_sheet),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1, "maximum": MOST}]}),
    Words("a sheet's name, or its number from 1"),
]


class RowSource(Section):
    """A source of rows, and what it takes to read it."""

    shorthand: ClassVar[str] = "source"
    source: Annotated[Text, Field(examples=["reviews.xlsx", "glue"])]
    """A file, a folder, a URL, a database, a hub id or a `$variable`."""
    config: Annotated[Text | None, Field(examples=["sst2"])] = None
    """Which part of a data set on the hub, as `sst2` of `glue`."""
    split: Annotated[Text | None, Field(examples=["train[:10%]"])] = None
    """Which of its splits, or a slice of one: `validation`, `train[:10%]`, `test[100:200]`."""
    sheet: Annotated[Sheet | None, Field(examples=["March"])] = None
    """Which sheet of an Excel file; the first that holds rows if left out."""
    query: Annotated[Text | None, Field(examples=["SELECT text, label FROM reviews"])] = None
    """The rows of a database, in SQL; a SQLite file of one table needs none."""
    encoding: Annotated[Text | None, Field(examples=["gb18030"])] = None
    """In which encoding a text file is; seen from its bytes, and said, if left out."""
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """How many times its rows are taken for training: 0.5 takes half of them, 2 takes each twice."""


@dataclass(frozen=True)
class Holds:
    """A section that may stand where a value may stand too, and the words for an item of a list."""

    section: type[Section]
    item_words: str


BRANCHES = ("(a name)", "(a mapping)", "(a list)", "(a share)")
"""How pydantic calls the forms of a source in the places of its findings; no YAML holds such keys."""
_NAME, _MAPPING, _LIST, _SHARE = BRANCHES


def sources_in(value: Any) -> list[RowSource]:
    """Returns the sources that a value of `data.train` names, a mapping or a list of them too."""
    found = value if isinstance(value, list) else [value]
    return [source if isinstance(source, RowSource) else RowSource.model_validate(source) for source in found]


def _form(value: Any) -> str | None:
    if isinstance(value, dict | RowSource):
        return _MAPPING
    return _NAME if isinstance(value, str) and value.strip() else None


def _form_of_item(value: Any) -> str | None:
    return None if is_percentage(value) else _form(value)


def _form_of_rows(value: Any) -> str | None:
    return _LIST if isinstance(value, list) and value else _form(value)


def _form_of_held_out(value: Any) -> str | None:
    is_rows = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST
    if value is None or is_rows or share_of(value) is not None:
        return _SHARE
    return None if is_percentage(value) else _form_of_rows(value)


def _plain(value: Any) -> Any:
    """Returns a source as it would be typed: its name alone where nothing else is said of it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, RowSource):
        return value
    said = value.model_dump(exclude_defaults=True)
    return value.source if said.keys() == {"source"} else said


_OneSource = Annotated[
    Annotated[str, Tag(_NAME)] | Annotated[RowSource, Tag(_MAPPING)], Discriminator(_form_of_item, "source", "a source")
]
_SeveralSources = Annotated[list[_OneSource], Tag(_LIST)]
_NamedForms = Annotated[str, Tag(_NAME)] | Annotated[RowSource, Tag(_MAPPING)] | _SeveralSources

_NAME_SCHEMA = {
    "type": "string",
    "pattern": r"^(?!\s*[0-9]+(\.[0-9]+)?\s*%\s*$)[\s\S]*\S",
    "patternErrorMessage": "A share lies between 0% and 100%.",  # understood by editors
}
_SHARE_SCHEMA = {"type": "string", "pattern": r"^\s*0*([1-9][0-9]?(\.[0-9]+)?|0\.0*[1-9][0-9]*)\s*%\s*$"}


def _mapping_schema() -> dict[str, Any]:
    schema = RowSource.model_json_schema()
    for about in schema["properties"].values():
        about.pop("title", None)
        if about.get("default", "") is None:
            del about["default"]
        parts = [part for part in about.pop("anyOf", []) if part != {"type": "null"}]
        about.update(parts[0] if len(parts) == 1 else {"anyOf": parts} if parts else {})
    required = {"required": schema["required"], "additionalProperties": False}
    return {"type": "object", "description": schema["description"], "properties": schema["properties"], **required}


def _forms_schema(name: dict[str, Any]) -> list[dict[str, Any]]:
    mapping = _mapping_schema()
    item = {"anyOf": [{"type": "string", "pattern": r"\S"}, mapping]}
    return [name, mapping, {"type": "array", "items": item, "minItems": 1}]


_SOURCE_WORDS = "a file, a folder, a URL, a hub id, a `$variable`"
_MARK = Holds(RowSource, "a source (a file, a hub id, a `$variable`), or a mapping with 'source'")

Rows = Annotated[
    _NamedForms,
    Discriminator(_form_of_rows, "source", "a source"),
    AfterValidator(_plain),
    PlainSerializer(lambda value: value),
    WithJsonSchema({"anyOf": _forms_schema({"type": "string", "pattern": r"\S"})}),
    Words(f"{_SOURCE_WORDS}, a mapping with `source`, or a list of those"),
    _MARK,
]
HeldOut = Annotated[
    _NamedForms | Annotated[Any, Tag(_SHARE)],
    Discriminator(_form_of_held_out, "held_out", "a share or a source"),
    AfterValidator(_plain),
    PlainSerializer(lambda value: value),
    WithJsonSchema(
        {
            "anyOf": [
                *_forms_schema(_NAME_SCHEMA),
                _SHARE_SCHEMA,
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                {"type": "integer", "minimum": 0, "maximum": MOST},
            ]
        }
    ),
    Words("a share (10%), a number of rows, `none`, or a source as `train` takes", ("10%", "none")),
    _MARK,
]
