"""Rows -> columns of one kind: text and numbers mixed become text, lists of unlike objects JSON text, the rest is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from nbft.data.messages import without_gaps
from nbft.errors import DataError

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Batch:
    """Some rows as columns."""

    table: pa.Table
    as_json: frozenset[str] = frozenset()
    """Columns of lists of objects that are kept as JSON text."""


def batch_of(rows: Rows, name: str, first: int = 1) -> Batch:
    """Returns rows as columns; `first` is the number of the first of them. Raises DataError for a column of several kinds."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table, as_json = {}, set()
    for column in columns:
        values = [row.get(column) for row in rows]
        try:
            table[column] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            table[column] = _mixed(values, f"{name}, row {{}}: column {column!r}", first)
            as_json |= {column} if _are_objects(values) else set()
    return Batch(pa.table(table), frozenset(as_json))


def _mixed(values: list[Any], where: str, first: int) -> pa.Array:
    """Text and numbers mixed become text, as they would in a csv; anything else is refused with its row.

    Lists of objects of different kinds (messages whose content is now text, now parts) are kept as JSON text.
    """
    if all(isinstance(value, str | int | float | None) for value in values):
        return pa.array([_as_text(value) for value in values])
    if _are_objects(values):
        return pa.array([_as_json(value) for value in values])
    kinds = [
        (place, _CALLED.get(type(value), "another kind"))
        for place, value in enumerate(values, first)
        if value is not None
    ]
    odd = next(((place, kind) for place, kind in kinds if kind != kinds[0][1]), None)
    if odd is None:
        raise DataError(
            f"{where.format(kinds[0][0])} holds {kinds[0][1]}, whose parts are of another kind in other rows."
        )
    raise DataError(f"{where.format(odd[0])} holds {odd[1]} where the rows before hold {kinds[0][1]}.")


_CALLED = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list", dict: "an object"}


def called(kind: pa.DataType) -> str:
    """Returns what the values of a kind are, in words."""
    if _is_plain(kind):
        return "text" if is_text(kind) else "true or false" if pa.types.is_boolean(kind) else "a number"
    if pa.types.is_struct(kind):
        return "an object"
    return "a list" if pa.types.is_nested(kind) else f"a {kind}"


def _are_objects(values: list[Any]) -> bool:
    return all(v is None or (isinstance(v, list) and all(isinstance(part, dict) for part in v)) for v in values)


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def joint_kind(old: pa.DataType, new: pa.DataType) -> pa.DataType | None:
    """Returns the kind that holds the values of both, None where none does without changing what they are."""
    if old == new or pa.types.is_null(new):
        return old
    if pa.types.is_null(old):
        return new
    try:
        pair = [pa.schema([("column", kind)]) for kind in (old, new)]
        return pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    if _is_plain(old) and _is_plain(new):
        return pa.string()
    return None


def _is_plain(kind: pa.DataType) -> bool:
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, is_text)
    return any(check(kind) for check in checks)


def is_text(kind: pa.DataType) -> bool:
    """Returns whether values of that kind are text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def is_objects(kind: pa.DataType) -> bool:
    """Returns whether values of that kind are lists of objects."""
    return pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)


def refit(values: pa.ChunkedArray, kind: pa.DataType, *, to_json: bool = False) -> pa.ChunkedArray:
    """Returns values as another kind that holds them, as `joint_kind` found it; objects as JSON text with `to_json`."""
    if values.type == kind:
        return values
    if to_json:
        texts = [_as_json(without_gaps(value)) for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, kind)])
    if is_text(kind) and not is_text(values.type):
        return pa.chunked_array([pa.array([_as_text(value) for value in values.to_pylist()], kind)])
    try:
        return values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return pa.chunked_array([pa.array(values.to_pylist(), kind)])
