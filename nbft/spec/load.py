"""Text, file or mapping -> RunSpec, or one SpecError that lists every problem."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from nbft.errors import NbftError, Problem, SpecError
from nbft.spec.blanks import settle_blanks
from nbft.spec.checks import check
from nbft.spec.dump import dump_spec
from nbft.spec.fields import keys
from nbft.spec.given import text_of
from nbft.spec.overrides import Overrides, apply_overrides
from nbft.spec.problems import explain
from nbft.spec.rewrite import data_as_set, rewritten
from nbft.spec.sections import RunSpec
from nbft.spec.text import MOST_PROBLEMS, Path, SpecText, value_at
from nbft.spec.variables import DATA_KEYS, put_in_place, takes_function

__all__ = ["LoadedSpec", "dump_spec", "load_spec", "read_spec"]


_STAND_IN = "stand-in"
"""Takes the place of a model or of rows that are wrong or missing; as a hub id nothing is known of it."""


@dataclass(frozen=True)
class LoadedSpec:
    """A spec, the text it came from, and the notebook's variables that it names."""

    spec: RunSpec
    text: str
    """As it was typed; YAML made from it where a mapping was given."""
    name: str
    variables: dict[str, Any] = field(default_factory=dict)
    """Rows that `data` keys name as `$name`: the name without its dollar, and the object."""
    text_to_save: str = ""
    """The text with overrides and the values of variables in place, comments kept: with `variables` it gives the same run."""
    _places: SpecText = field(default_factory=lambda: SpecText(""), repr=False, compare=False)
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """Functions that the spec names as `$name`."""
    pretrained: dict[str, Any] = field(default_factory=dict)
    """Models and tokenizers of transformers that the spec names as `$name`."""

    @property
    def first_line(self) -> int:
        """The number of the text's first line as the reader counts (2 in a cell)."""
        return self._places.first_line

    def problem(self, path: str, what: str, fix: str = "") -> Problem:
        """Returns a problem with the value at a dotted path, pointing at it or at the nearest key above it."""
        parts = tuple(int(part) if part.isdigit() else part for part in path.split("."))
        return self._places.problem(parts, what, fix) if path else Problem(what, fix)

    def explain(self, error: NbftError | Mapping[str, Any]) -> SpecError:
        """Returns a later finding (an error, or its record) as a problem of the spec, with line and caret."""
        if isinstance(error, SpecError):
            return error
        record = error.to_record() if isinstance(error, NbftError) else error
        path, what, fix = (str(record.get(part) or "") for part in ("path", "what", "fix"))
        return SpecError([self.problem(path, what, fix)], self.name)


def load_spec(source: str | FilePath | Mapping[str, Any] | RunSpec, **how: Any) -> RunSpec:
    """Returns the spec alone; takes what `read_spec` takes."""
    return read_spec(source, **how).spec


def read_spec(
    source: str | FilePath | Mapping[str, Any] | RunSpec,
    *,
    variables: Mapping[str, Any] | None = None,
    name: str = "this spec",
    overrides: Overrides = (),
    first_line: int = 1,
) -> LoadedSpec:
    """Reads YAML text, a file (`.yaml` or `.yml`) or a mapping; raises SpecError with all problems.

    `variables` are the notebook's; `overrides` are `train.epochs=1` or a mapping of dotted paths;
    `first_line` is the number of the text's first line as the reader counts (2 in a cell).
    """
    given = text_of(source, variables, name, first_line)
    text = given.text
    apply_overrides(text, overrides)
    kept = put_in_place(text, given.variables)
    to_save = rewritten(text, data_as_set(text), text.data) if text.origins and not text.problems else text.text
    settle_blanks(text)
    spec = _validate(text, kept.rows)
    if text.problems or spec is None:
        raise SpecError(_in_order(text), given.name)
    return LoadedSpec(spec, text.text, given.name, kept.rows, to_save, text, kept.functions, kept.pretrained)


def _validate(text: SpecText, rows: Mapping[str, Any]) -> RunSpec | None:
    """Returns the spec; where some values are wrong, the rest is checked all the same."""
    if not isinstance(text.data, dict):
        return None
    data = _without_refused(text)
    try:
        spec = RunSpec.model_validate(data)
    except ValidationError as error:
        explain(text, error)
        spec = _salvaged(text) if len(text.problems) < MOST_PROBLEMS else None
    if spec is not None:
        check(text, spec, rows)
    return spec


def _salvaged(text: SpecText) -> RunSpec | None:
    """Returns a spec of what is right, with stand-ins for what is needed and wrong or missing."""
    data = _without_refused(text)
    for key in keys().values():
        if key.is_needed and key.takes_value and value_at(data, key.path) is None:
            if key.path[:-1] in DATA_KEYS and not isinstance(value_at(data, key.path[:-1]), dict):
                continue  # a source that is not given as a mapping
            place = data
            for part in key.path[:-1]:
                inner = place.get(part)
                place[part] = place = inner if isinstance(inner, dict) else {}
            place[key.path[-1]] = _STAND_IN
    try:
        return RunSpec.model_validate(data)
    except ValidationError:
        return None


def _without_refused(text: SpecText) -> dict[str, Any]:
    data = copy.deepcopy(text.data)
    for path in sorted(text.refused, key=_depth_last):
        if len(path) == 3 and takes_function(path) and isinstance(value_at(data, path), str):
            continue  # a $function that isn't there: the items behind it keep their places
        _delete(data, path)
        key = keys().get(path[:1])  # pyright: ignore[reportArgumentType] - what begins with a position is no key
        if len(path) > 1 and key and key.is_needed and key.shorthand and not data.get(key.path[0]):
            data[key.path[0]] = _STAND_IN
    return data


def _depth_last(path: Path) -> tuple[int, int]:
    """Deeper paths and later items first, so that nothing moves before it is reached."""
    last = path[-1] if path and isinstance(path[-1], int) else 0
    return -len(path), -last


def _delete(data: Any, path: Path) -> None:
    for part in path[:-1]:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    if isinstance(data, dict) and path:
        data.pop(path[-1], None)
    elif isinstance(data, list) and path and isinstance(path[-1], int) and path[-1] < len(data):
        del data[path[-1]]


def _in_order(text: SpecText) -> list[Problem]:
    """Returns the problems by line, those that stand in no line last."""
    found = sorted(text.problems, key=lambda p: (p.line is None, p.line or 0, p.column or 0))
    more = len(found) - MOST_PROBLEMS
    return found if more <= 0 else [*found[:MOST_PROBLEMS], Problem(f"There are {more} more problems, at least.")]
