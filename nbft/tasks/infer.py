"""Which task a run is, where the spec leaves it out, and whether its model has the head that the task needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers.models.auto import modeling_auto

from nbft.errors import DataError, ModelError
from nbft.spec.infer import Guess, given_keys, guess_task
from nbft.spec.model_kinds import EXAMPLES, kind_of_config
from nbft.spec.sections import RunSpec
from nbft.tasks.pretrained import read_config

_HEADS: dict[str, tuple[str, ...]] = {
    "text-classification": ("SEQUENCE_CLASSIFICATION",),
    "token-classification": ("TOKEN_CLASSIFICATION",),
    "question-answering": ("QUESTION_ANSWERING",),
    "translation": ("SEQ_TO_SEQ_CAUSAL_LM", "CAUSAL_LM"),
    "summarization": ("SEQ_TO_SEQ_CAUSAL_LM", "CAUSAL_LM"),
    "text-generation": ("CAUSAL_LM",),
    "chat": ("CAUSAL_LM",),
    "fill-mask": ("MASKED_LM",),
}
"""The tables of transformers in which a model's config must stand, one of them."""


def task_of(spec: RunSpec, columns: Sequence[str]) -> tuple[str, str]:
    """Returns the task's name and, where it was seen from data and model, a sentence that says why.

    Raises DataError where it can't be told, and ModelError for a model that can't serve the task.
    """
    config = read_config(spec.model)
    kind = kind_of_config(config.to_dict())
    found = Guess(spec.task, "") if spec.task else guess_task(columns, given_keys(spec), kind)
    if not isinstance(found, Guess):
        raise DataError(f"{str(found)[0].upper()}{str(found)[1:]}", found.fix(columns), "task")
    lack = kind.lacks(found.task)
    if not lack and not _has_head(config, found.task):
        lack = f"is a {config.model_type} model, for which transformers has no head for {found.task}"
    if lack:
        examples = EXAMPLES.get(found.task, "bert, roberta, modernbert")
        fix = f"Models for {found.task} are of kinds such as {examples}."
        raise ModelError(f"{spec.model} {lack}.", fix, "model")
    return found.task, f"The task is {found.task}: {found.reason}." if found.reason else ""


def _has_head(config: Any, task: str) -> bool:
    return any(type(config) in getattr(modeling_auto, f"MODEL_FOR_{head}_MAPPING") for head in _HEADS[task])
