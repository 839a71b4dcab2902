"""What a text says that is still being written: its task, its training data, the metrics that fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbft.spec.cursor import entries
from nbft.spec.fields import Names
from nbft.spec.infer import Guess, guess_task
from nbft.spec.metric_names import kinds_of_task
from nbft.spec.model_kinds import UNKNOWN, kind_of_model
from nbft.spec.peek import columns_of
from nbft.spec.row_source import RowSource
from nbft.spec.scalars import plain
from nbft.spec.scope import TASK_NAMES, scoped
from nbft.spec.sections import Model

_TRAIN = ("data", "train")


def likely_kinds(text: str, variables: Mapping[str, Any]) -> list[str]:
    """Returns what the run may turn out to be, as its task, its data and its model say."""
    problem = _given(text, ("classification", "problem"))
    return kinds_of_task(given_task(text) or _seen_task(text, variables), str(problem) if problem else None)


def given_task(text: str) -> str | None:
    """Returns the task that the text names, None where it names none that is known."""
    given = _given(text, ("task",))
    return given if given in TASK_NAMES else None


def _seen_task(text: str, variables: Mapping[str, Any]) -> str | None:
    source, model = train_source(text), _given(text, ("model",))
    columns = columns_of(source, variables).names if source else []
    roles = {entry.path for entry in entries(text) if entry.value}
    kind = kind_of_model(Model(name=str(model))) if model else UNKNOWN
    found = guess_task(columns, [path for path in scoped() if path in roles], kind)
    return found.task if isinstance(found, Guess) else None


def train_source(text: str) -> Any:
    """Returns the training data as `data.train` would hold it, as far as it is written; None where nothing is."""
    whole = next((entry for entry in entries(text) if entry.path == _TRAIN), None)
    if whole is None:
        return None
    if whole.value and not whole.value.startswith(("{", "[")):
        return str(_bare(whole.value))
    inside = [entry for entry in entries(text) if entry.path[:-1] == _TRAIN and entry.value]
    sources = [str(_bare(entry.value)) for entry in inside if entry.path[-1] == "source"]
    names = [str(_bare(item)) for item in whole.items if item and not item.startswith("{")]
    if len(sources) + len(names) != 1:
        return [*names, *sources] or None
    said = {entry.path[-1]: _bare(entry.value) for entry in inside if entry.path[-1] in RowSource.model_fields}
    return {
        "source": (names + sources)[0],
        **{name: str(value) for name, value in said.items() if name in ("sheet", "query")},
    }


def _given(text: str, path: Names) -> Any:
    return _bare(next((entry.value for entry in entries(text) if entry.path == path), ""))


def _bare(value: str) -> Any:
    is_quoted = value[:1] in ("'", '"') and value[-1:] == value[:1]
    return value[1:-1] if is_quoted else plain(value)
