"""Specs and mappings -> YAML that `read_yaml` reads back as the same data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from nbft.spec.scalars import BASED, BOOL, FLOAT, INT, NULL, UNREADABLE, plain, spell_float
from nbft.spec.sections import RunSpec

_WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.2 would not read as text, and lists lie on one line."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    style = (
        '"'
        if UNREADABLE.search(text) or "\t" in text or "\r" in text
        else "'"
        if plain(text) != text or text in ("<<", "=")
        else None
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_float(dumper: _Dumper, value: float) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", spell_float(value))


def _represent_list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    is_flat = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=is_flat)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
_Dumper.add_representer(list, _represent_list)
for _tag, _pattern in (("null", NULL), ("bool", BOOL), ("int", INT), ("int", BASED), ("float", FLOAT)):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern.pattern})$"), None)


def dump_yaml(data: Mapping[str, Any]) -> str:
    """Returns plain data as YAML, in the order of its keys."""
    if not data:
        return "{}\n"
    return yaml.dump(
        dict(data),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )


def dump_spec(spec: RunSpec) -> str:
    """Returns the whole spec as YAML, with every default that has a value."""
    return dump_yaml(spec.model_dump(exclude_none=True))
