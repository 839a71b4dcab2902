"""Specs and mappings -> YAML that `read_yaml` reads back as the same data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from nbft.spec.scalars import BASED, BOOL, FLOAT, INT, NULL, UNREADABLE, plain, spell_float
from nbft.spec.scope import TASK_NAMES, is_read, tasks_of
from nbft.spec.sections import RunSpec, Section

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
    """Returns the whole spec as YAML, with every default that has a value; options of other tasks are left out."""
    return dump_yaml(_plain(spec, spec.task, ()))


def _plain(section: Section, task: str | None, path: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(section, name) for name in shown(section, task, path)}
    return {
        name: bare(value) or _plain(value, task, (*path, name)) if isinstance(value, Section) else value
        for name, value in values.items()
    }


def shown(section: Section, task: str | None, path: tuple[str, ...]) -> list[str]:
    """Returns the keys of a section that have a value worth telling: options that the task doesn't read have none."""
    found = []
    for name, field in type(section).model_fields.items():
        value, place = getattr(section, name), (*path, name)
        is_idle = place == ("tokenizer",) or (tasks_of(*place) != TASK_NAMES and not (task and is_read(task, *place)))
        if value is not None and not (is_idle and value == field.default):
            found.append(name)
    return found


def bare(section: Section) -> str:
    """Returns the value that says all of a section, as `bert` for `{name: bert}`; empty where there is none."""
    if not section.shorthand:
        return ""
    value = getattr(section, section.shorthand)
    others = {name: field.default for name, field in type(section).model_fields.items() if name != section.shorthand}
    is_all = isinstance(value, str) and all(getattr(section, name) == default for name, default in others.items())
    return value if is_all else ""
