"""A model as lm-evaluation-harness asks it, which tells how far it is. Imports the harness: only where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

HFLM: Any = import_module("lm_eval.models.huggingface").HFLM
"""The harness's own model; by its name, for its types say less than it takes."""


class Watched(HFLM):
    """The harness's own model over one that is loaded; `heard` takes the requests that are done and all of them."""

    def __init__(self, model: Any, tokenizer: Any, batch_size: int, heard: Callable[[int, int], None]) -> None:
        super().__init__(pretrained=model, tokenizer=tokenizer, backend="causal", batch_size=batch_size)
        self._heard = heard
        self._done = self._total = 0

    def _model_call(self, inps: Any, *arguments: Any, **named: Any) -> Any:
        found = super()._model_call(inps, *arguments, **named)
        self._count(len(inps))
        return found

    def _model_generate(self, context: Any, *arguments: Any, **named: Any) -> Any:
        found = super()._model_generate(context, *arguments, **named)
        self._count(len(context))
        return found

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = True) -> Any:
        """Returns what the harness wants of continuations."""
        return self._counted(super().loglikelihood, requests)

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = True) -> Any:
        """Returns what the harness wants of whole texts."""
        return self._counted(super().loglikelihood_rolling, requests)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = True) -> Any:
        """Returns what the model writes."""
        return self._counted(super().generate_until, requests)

    def _counted(self, ask: Callable[..., Any], requests: list[Any]) -> Any:
        self._done, self._total = 0, len(requests)
        return ask(requests, disable_tqdm=True)

    def _count(self, rows: int) -> None:
        """Requests that share a prompt go through the model once, and long texts several times: the end is not passed."""
        self._done = min(self._done + rows, self._total)
        self._heard(self._done, self._total)
