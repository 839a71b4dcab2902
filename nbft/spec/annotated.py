"""The resolved spec as YAML in which every value that nobody typed is marked as a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from nbft.errors import RunError
from nbft.spec.dump import bare, shown
from nbft.spec.metric_names import kinds_of_task, metric_names, monitored_metric
from nbft.spec.scalars import spell
from nbft.spec.sections import RunSpec, Section
from nbft.spec.yaml_text import read_yaml

MARK = "# default"
_FARTHEST = 48
"""Marks behind longer lines don't push the others to the right."""


class Decided(Protocol):
    """What a worker found where the spec leaves it to the data."""

    @property
    def task(self) -> str:
        """The task's name."""
        ...

    @property
    def metrics(self) -> Sequence[str]:
        """What each evaluation measures: `eval/accuracy`, ..."""
        ...


def annotated(spec: RunSpec, text: str, decided: Decided | None = None) -> str:
    """Returns the whole spec, a value a line; `text` is what was typed."""
    typed = read_yaml(text).data
    whole = filled(spec, decided)
    lines = list(_lines(whole, typed if isinstance(typed, Mapping) else {}, whole.task, ()))
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


def filled(spec: RunSpec, decided: Decided | None) -> RunSpec:
    """Names task and metrics where the spec leaves them to the data and they are known."""
    metrics = [name.removeprefix("eval/") for name in decided.metrics if name != "eval/loss"] if decided else []
    if spec.task is None and decided and decided.task:
        spec = spec.model_copy(update={"task": decided.task})
    if not metrics and len(kinds_of_task(spec.task, spec.classification.problem)) == 1:
        metrics = metric_names(spec)
    metrics = spec.evaluate.metrics or metrics
    if not metrics:
        return spec
    spec = spec.model_copy(update={"evaluate": spec.evaluate.model_copy(update={"metrics": metrics})})
    rule = spec.early_stopping.model_copy(update={"monitor": monitored_metric(spec)})
    return spec.model_copy(update={"early_stopping": rule})


def _lines(
    section: Section, typed: Mapping[Any, Any], task: str | None, path: tuple[str, ...]
) -> Iterator[tuple[str, bool]]:
    indent = "  " * len(path)
    for name in shown(section, task, path):
        value, given = getattr(section, name), typed.get(name)
        one = bare(value) if isinstance(value, Section) else value
        if isinstance(value, Section) and not one:
            given = given if isinstance(given, Mapping) else {value.shorthand: given}
            inside = list(_lines(value, given, task, (*path, name)))
            yield from [(f"{indent}{name}:", False), *inside] if inside else []
        else:
            yield f"{indent}{name}: {spell(one)}", given is None
