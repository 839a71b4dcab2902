"""A trained model, used: predictions with types of their own, one file a task; shared by what trains and what shows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nbft.inference.base import Loaded, load_model, loaded, without_progress_bars
from nbft.spec.sections import RunSpec

__all__ = ["load_model", "make_pipeline", "predict", "predict_with"]


def predict(folder: str, spec: RunSpec, task: str, inputs: Any, batch_size: int) -> Any:
    """Returns a prediction for one input, or a list of them for a list; what an input is, the task says."""
    module = import_module(f"nbft.inference.{task.replace('-', '_')}")
    is_one = module.is_one(inputs)
    found = module.predict(loaded(folder, spec, task), [inputs] if is_one else list(inputs), batch_size)
    return found[0] if is_one else found


def predict_with(model: Loaded, given: Any) -> Any:
    """Returns what a model that is in memory says of one input."""
    return import_module(f"nbft.inference.{model.task.replace('-', '_')}").predict(model, [given], 1)[0]


def make_pipeline(folder: str, spec: RunSpec, task: str, **kwargs: Any) -> Any:
    """Returns what takes inputs as transformers' pipeline of that name does; where that has none, a function like it."""
    module = import_module(f"nbft.inference.{task.replace('-', '_')}")
    with without_progress_bars():
        return module.make_pipeline(loaded(folder, spec, task), **kwargs)
