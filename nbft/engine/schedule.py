"""The learning rate of every step: the spec's schedule, and what a user makes of it while training.

The share of a step is a function of the step and of the record alone, so that a resumed run has the rates of one that
was never cut off. A change of the run's length gives the schedule of a run planned for that length from its start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from transformers import TrainingArguments, get_scheduler

from nbft.record.state import RunState

Share = Callable[[int], float]
"""Takes the optimizer steps that are done; returns what the next one's learning rate is multiplied by."""


class Schedule:
    """What `state` says of the schedule; `first_steps` is the length that was planned before any change."""

    def __init__(self, args: TrainingArguments, first_steps: int, state: RunState) -> None:
        self.peak = float(args.learning_rate)
        self._first_steps = first_steps
        self._state = state
        self._of_length = cache(lambda steps: _stock(args, steps, args.get_warmup_steps(first_steps)))

    def share(self, step: int) -> float:
        """Returns what the learning rate is multiplied by after so many steps."""
        factor, steps = 1.0, self._first_steps
        for change in self._state.schedule:
            if change.step <= step:
                factor, steps = change.factor, change.total_steps
        return factor * self._of_length(steps)(step)

    def rate(self, step: int) -> float:
        """Returns the learning rate of the step that comes after so many."""
        return self.peak * self.share(step)


def _stock(args: TrainingArguments, steps: int, warmup: int) -> Share:
    """Returns transformers' own schedule of that length."""
    nobody = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(
        args.lr_scheduler_type,
        nobody,
        num_warmup_steps=warmup,
        num_training_steps=steps,
        scheduler_specific_kwargs=args.lr_scheduler_kwargs,  # pyright: ignore[reportArgumentType] - a dict by now
    )
    assert isinstance(scheduler, torch.optim.lr_scheduler.LambdaLR)
    return scheduler.lr_lambdas[0]


def follow(optimizer: torch.optim.Optimizer, schedule: Schedule) -> torch.optim.lr_scheduler.LambdaLR:
    """Returns a scheduler that keeps the optimizer to the schedule; only plain numbers of it go into a checkpoint."""
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: schedule.share(step))  # noqa: PLW0108 - a method would be pickled


def apply(scheduler: torch.optim.lr_scheduler.LambdaLR, schedule: Schedule) -> None:
    """Gives the next step the rate that the schedule has for it by now."""
    share = schedule.share(scheduler.last_epoch)
    for group, rate in zip(scheduler.optimizer.param_groups, scheduler.base_lrs, strict=True):
        group["lr"] = rate * share
    scheduler._last_lr = [group["lr"] for group in scheduler.optimizer.param_groups]  # noqa: SLF001 - what is logged
