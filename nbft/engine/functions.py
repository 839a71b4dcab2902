"""How functions of the notebook take part in training: as metrics, as the loss, as a step before tokenising."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from nbft.functions import Function
from nbft.spec.sections import RunSpec
from nbft.tasks.base import Features, Task


def make_scorer(task: Task, functions: Mapping[str, Function]) -> Callable[[Any, Features], dict[str, float]]:
    """Returns what computes a run's metrics, in the spec's order."""
    names = task.metrics
    ours = [name for name in names if not name.startswith("$")]
    theirs = [functions[name[1:]] for name in names if name.startswith("$")]

    def score(prediction: Any, features: Features) -> dict[str, float]:
        outputs, references = prediction.predictions, prediction.label_ids
        values = task.score(outputs, references, ours, features)
        for function in theirs:
            values.update(measured(function, *task.answers(outputs, references, features)))
        return values

    return score


def measured(function: Function, predictions: np.ndarray, references: np.ndarray) -> dict[str, float]:
    """Returns {name: value}; of a dict {name_key: value}, and its first value under the name itself."""
    found = function(predictions, references)
    values = values_of(function.name, found)
    if values is None:
        raise function.wrong(found, "a number or a dict of numbers")
    return values


def values_of(name: str, found: Any) -> dict[str, float] | None:
    """Returns what a metric of that name found as numbers by their names; None where it is no number and no dict of them."""
    values = found if isinstance(found, Mapping) else {name: found}
    try:
        numbers = {str(key): float(value) for key, value in values.items()}
    except (TypeError, ValueError):
        return None
    if not numbers:
        return None
    first = numbers.get(name, next(iter(numbers.values())))
    rest = {f"{name}_{key}": value for key, value in numbers.items() if key != name}
    return {name: first, **rest}


def preprocessing(spec: RunSpec, functions: Mapping[str, Function]) -> Callable[[str], str] | None:
    """Returns the user's step before tokenising, None where the spec names none."""
    return functions[spec.data.preprocess[1:]].on_text if spec.data.preprocess else None


def make_loss(spec: RunSpec, functions: Mapping[str, Function]) -> Callable[..., torch.Tensor] | None:
    """Returns the user's loss as the Trainer calls it, None where the spec names none."""
    if spec.train.loss is None:
        return None
    function = functions[spec.train.loss[1:]]

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        value = function(outputs["logits"], labels)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            raise function.wrong(value, "a tensor of one number")
        if num_items_in_batch is None:
            return value.mean()
        return value.mean() * labels.ne(-100).sum() / num_items_in_batch  # a pass counts by its share of the step

    return loss
