"""The resolved spec as YAML in which every value that nobody typed is marked as a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbft.errors import RunError
from nbft.spec.metric_names import metric_names, monitored_metric
from nbft.spec.scalars import spell
from nbft.spec.sections import RunSpec, Section
from nbft.spec.yaml_text import read_yaml

MARK = "# default"
_FARTHEST = 48
"""Marks behind longer lines don't push the others to the right."""


def annotated(spec: RunSpec, text: str) -> str:
    """Returns the whole spec, a value a line; `text` is what was typed."""
    typed = read_yaml(text).data
    lines = list(_lines(_filled(spec), typed if isinstance(typed, Mapping) else {}, ""))
    place = min(max(len(line) for line, _ in lines), _FARTHEST)
    return "".join(f"{line:<{place}}  {MARK}\n" if is_default else f"{line}\n" for line, is_default in lines)


def write_spec(path: Path, text: str, *, force: bool = False) -> Path:
    """Writes a spec to a file; a file that holds something else is overwritten only by `force`. Raises RunError."""
    path = path.expanduser()
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise RunError(f"{path} is no name of a spec file.", f"Name it {path.with_suffix('.yaml')}.")
    try:
        if path.exists() and not force and path.read_bytes() != text.encode():
            raise RunError(f"{path} exists and holds something else.", "Name another file, or overwrite it:  --force")
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise RunError(f"{path} can't be written: {error.strerror or error}.") from None
    return path


def _filled(spec: RunSpec) -> RunSpec:
    """Names the metrics where the spec leaves them to the task."""
    rule = spec.early_stopping.model_copy(update={"monitor": monitored_metric(spec)})
    evaluate = spec.evaluate.model_copy(update={"metrics": spec.evaluate.metrics or metric_names(spec)})
    return spec.model_copy(update={"early_stopping": rule, "evaluate": evaluate})


def _lines(section: Section, typed: Mapping[Any, Any], indent: str) -> Iterator[tuple[str, bool]]:
    for name in type(section).model_fields:
        value, given = getattr(section, name), typed.get(name)
        if isinstance(value, Section):
            inside = list(_lines(value, given if isinstance(given, Mapping) else {}, f"{indent}  "))
            yield from [(f"{indent}{name}:", False), *inside] if inside else []
        elif value is not None:
            yield f"{indent}{name}: {spell(value)}", given is None
