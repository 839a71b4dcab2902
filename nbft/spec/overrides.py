"""Values given beside the text (`--set train.learning_rate=1e-4`) -> put into its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbft.errors import Problem
from nbft.spec.fields import section_at
from nbft.spec.text import Path, SpecText
from nbft.spec.variables import plain_value
from nbft.spec.yaml_text import read_yaml

Overrides = Mapping[str, Any] | Sequence[str]


def apply_overrides(text: SpecText, overrides: Overrides) -> None:
    """Sets each value at its path; what is given beside the text wins."""
    if not isinstance(text.data, dict):
        return
    if isinstance(overrides, str):
        overrides = [overrides]
    pairs = overrides.items() if isinstance(overrides, Mapping) else [_parse(text, item) for item in overrides]
    for pair in pairs:
        if pair is not None:
            _set(text, text.data, tuple(pair[0].split(".")), pair[1])


def _parse(text: SpecText, item: str) -> tuple[str, Any] | None:
    name, equals, value = item.partition("=")
    name = name.strip()
    if not equals or not name:
        text.problems.append(Problem(f"{item!r} sets nothing.", "Write   train.learning_rate=1e-4", "--set"))
        return None
    found = read_yaml(f"value: {value.strip()}")
    bad = [problem for problem in found.problems if problem.what]
    if bad or not isinstance(found.data, dict) or list(found.data) != ["value"]:
        what = bad[0].what if bad else "the value can't be read."
        text.problems.append(Problem(what, "Put the value in quotes.", f"--set {name}"))
        return None
    return name, found.data["value"]


def _set(text: SpecText, data: dict[str, Any], path: Path, value: Any) -> None:
    try:
        value = plain_value(value)
    except TypeError as error:
        what = f"a value of type {error} can't stand in a spec."
        text.problems.append(Problem(what, "", f"--set {'.'.join(map(str, path))}"))
        return
    for length, part in enumerate(path[:-1], 1):
        inner = data.get(str(part))
        section = section_at(path[:length])
        if isinstance(inner, str) and section and section.shorthand:
            inner = {section.shorthand: inner}
        data[str(part)] = data = inner if isinstance(inner, dict) else {}
    data[str(path[-1])] = value
    text.origins[path] = f"--set {'.'.join(map(str, path))}"
