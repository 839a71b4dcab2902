"""Which task a run is, where the spec leaves it out: the one that the data's columns and the model allow."""

from __future__ import annotations

from collections.abc import Sequence

from nbft.errors import DataError
from nbft.spec.infer import Guess, guess_task
from nbft.spec.sections import RunSpec
from nbft.tasks.pretrained import read_config


def task_of(spec: RunSpec, columns: Sequence[str]) -> tuple[str, str]:
    """Returns the task's name and, where it was seen from data and model, a sentence that says why; raises DataError."""
    if spec.task is not None:
        return spec.task, ""
    config = read_config(spec.model)
    heads = list(config.architectures or [])
    found = guess_task(columns, spec.data.columns.model_dump(exclude_none=True), heads, str(config.model_type))
    if isinstance(found, Guess):
        return found.task, f"The task is {found.task}: {found.reason}."
    raise DataError(
        f"Which task this is can't be told: {found}.",
        f"Say it, as in   task: text-classification\nThe columns: {', '.join(columns)}.",
        "task",
    )
