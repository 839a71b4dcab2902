"""A few real steps on chosen rows, timed: what a whole run will need in memory and in time."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil
import torch
from torch.utils.data import SequentialSampler
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from nbft.engine.build import Built
from nbft.record.events import Planned
from nbft.spec.sections import RunSpec


class _Clock(TrainerCallback):
    """The seconds of each optimizer step."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._since = 0.0

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Starts the clock."""
        self._since = _now()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Stops it."""
        self.seconds.append(_now() - self._since)


def foretell(built: Built, spec: RunSpec, planned: Planned) -> dict[str, Any]:
    """Returns seconds and the peak of memory, from a step on the longest rows and one on rows of middling length.

    A first step is taken and not counted: it also pays for what is made only once.
    """
    lengths = np.asarray(built.features["train"].lengths)
    size = min(spec.train.batch_size, len(lengths))
    longest, typical = _batch(lengths, 1.0, size), _batch(lengths, 0.5, size)
    _, longest_s, typical_s = _steps(built, [typical, longest, typical])
    per_token = typical_s / lengths[typical].sum()
    training_s = per_token * lengths.sum() * planned.total_steps / planned.steps_per_epoch
    memory_bytes = _peak_bytes()  # before the evaluation: it keeps no gradients
    return {
        "longest_step_s": longest_s,
        "typical_step_s": typical_s,
        "training_s": float(training_s),
        "evaluation_s": _evaluation_seconds(built, spec, planned),
        "memory_bytes": memory_bytes,
    }


def _batch(lengths: np.ndarray, place: float, size: int) -> list[int]:
    """Returns so many rows of like length, at a place between the shortest (0) and the longest (1)."""
    order = np.argsort(lengths, kind="stable")
    start = round(place * (len(order) - size))
    return order[start : start + size].tolist()


def _steps(built: Built, batches: Sequence[Sequence[int]]) -> list[float]:
    trainer, clock = built.trainer, _Clock()
    rows = built.features["train"].rows.select([row for batch in batches for row in batch])
    trainer.train_dataset = rows
    in_order = SequentialSampler(range(len(rows)))
    trainer._get_train_sampler = lambda train_dataset=None: in_order  # noqa: SLF001, ARG005 - by its own seam it would shuffle
    trainer.args.max_steps = len(batches)
    trainer.add_callback(clock)
    trainer.train()
    return clock.seconds


def _evaluation_seconds(built: Built, spec: RunSpec, planned: Planned) -> float:
    """Returns what all evaluations and the test take, from one batch of middling length."""
    held_out = {name: made for name, made in built.features.items() if name != "train"}
    if not held_out:
        return 0.0
    every = spec.evaluate.every
    times = -(-planned.total_steps // (planned.steps_per_epoch if every == "epoch" else int(every)))
    tokens = sum(sum(made.lengths) * (times if name == "validation" else 1) for name, made in held_out.items())
    some = next(iter(held_out.values()))
    lengths = np.asarray(some.lengths)
    batch = _batch(lengths, 0.5, min(built.trainer.args.per_device_eval_batch_size, len(lengths)))
    built.trainer.compute_metrics = lambda prediction: {}  # noqa: ARG005 - a batch alone has no score
    start = _now()
    built.trainer.evaluate_on(some.select(batch), "eval")
    return float((_now() - start) / lengths[batch].sum() * tokens)


def _now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def _peak_bytes() -> int:
    """Returns the most memory that was in use: of the GPU where there is one, else of this process."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_reserved())
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
