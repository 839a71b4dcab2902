"""Which metrics an evaluation computes, and each of them by rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbft.engine.judging.card import RESAMPLES, Metrics
from nbft.engine.judging.own_metrics import OwnMetric, of_function, of_module
from nbft.errors import DataError, NbftError
from nbft.functions import load_function
from nbft.metrics import METRICS, load_metric
from nbft.metrics.decompose import decompose_all
from nbft.metrics.notes import note
from nbft.record.scorecard import MetricNote
from nbft.record.state import is_better_lower
from nbft.spec.judged_metrics import called
from nbft.spec.metric_names import DEFAULT_METRICS, metrics_of
from nbft.statistics.bootstrap import LEAST, within_reach
from nbft.statistics.decomposed import Resampled
from nbft.tasks.base import Task
from nbft.tasks.by_row import ByRow


class Chosen:
    """The metrics of an evaluation; `places` are the folders in which its functions are looked for, in this order."""

    def __init__(self, task: Task, asked: Sequence[str] | None, places: Sequence[Path], *, trusts: bool) -> None:
        self.kind = task.kind
        self.known = [*metrics_of([self.kind]), "loss"]
        self.notes: list[str] = []
        self.own: dict[str, OwnMetric] = {}
        self._places, self._trusts = places, trusts
        self.names = list(asked) if asked else self._of_run(task)
        for name in self.names:
            if name not in self.known:
                self.own[name] = self._own(name)

    def _of_run(self, task: Task) -> list[str]:
        """Returns the run's own metrics, but functions that judge no answers, or of which the folder holds no copy."""
        names = task.metrics
        gone = [name for name in names if name.startswith("$") and not self._can_call(name[1:])]
        self.notes += [f"{name}, a metric of the run, is left out: it can't be computed here." for name in gone]
        return [name for name in names if name not in gone] or list(DEFAULT_METRICS[self.kind])

    def _can_call(self, function: str) -> bool:
        return self.kind not in _OF_TOKENS and any((place / f"{function}.pkl").is_file() for place in self._places)

    def _own(self, name: str) -> OwnMetric:
        if name.startswith("$"):
            return of_function(load_function(name[1:], "metrics", self._place_of(name[1:])))
        if name not in METRICS and name in _OF_OTHERS:
            raise self._not_computed(name)
        return of_module(called(name), load_metric(name, trust_remote_code=self._trusts), name)

    def _place_of(self, function: str) -> Path:
        return next((place for place in self._places if (place / f"{function}.pkl").is_file()), self._places[0])

    def _not_computed(self, name: str) -> DataError:
        return DataError(f"{self.kind} computes no {name!r}.", f"It computes {', '.join(self.known[:-1])}.", "metrics")

    def by_row(self, answers: ByRow, *, is_baseline: bool = False) -> Metrics:
        """Returns the metrics by rows, in their order; one that is not defined for these answers is left out.

        Raises NbftError where it is the only one, or not nbft's; never of a baseline, which may have none.
        """
        found: Metrics = {}
        for name in self.names:
            try:
                found |= self._one(name, answers)
            except NbftError:
                if not is_baseline and (len(self.names) == 1 or name in self.own):
                    raise
        return found

    def _one(self, name: str, answers: ByRow) -> Metrics:
        if name in self.own:
            return self.own[name].by_row(self.kind, answers)
        return decompose_all([name], self.kind, answers.predictions, answers.references, **answers.options)

    def told(self, metrics: Metrics, answers: ByRow) -> list[MetricNote]:
        """Returns how each metric of the first system is computed."""
        own = {one.name: one.note for one in self.own.values()}
        return [_told(name, own) or note(name, self.kind, **_sacrebleu(name, answers)) for name in metrics]


_OF_TOKENS = ("text-generation", "chat", "fill-mask")
_OF_OTHERS = metrics_of(list(DEFAULT_METRICS))


def _told(name: str, own: dict[str, MetricNote]) -> MetricNote | None:
    """Returns the note of a metric that is not nbft's; one that gives several values has them as NAME_KEY."""
    known = next((known for prefix, known in own.items() if name == prefix or name.startswith(f"{prefix}_")), None)
    return known and replace(known, name=name, lower_is_better=is_better_lower(name))


def _sacrebleu(name: str, answers: ByRow) -> dict[str, Any]:
    return {key: value for key, value in answers.options.items() if name == "bleu" and key == "tokenize"}


def slow_ones(system: str, metrics: Metrics) -> list[str]:
    """Returns a sentence about each metric that is too slow for all resamples."""
    slow = [(name, m) for name, m in metrics.items() if isinstance(m, Resampled) and m.affordable is not None]
    return [_slow(system, name, within_reach(metric, RESAMPLES)) for name, metric in slow]


def _slow(system: str, name: str, made: int) -> str:
    if made:
        return f"{name} is slow: its interval for {system} rests on {made:,} resamples instead of {RESAMPLES:,}."
    return f"{name} has no interval for {system}: it is too slow for {LEAST} resamples in the time there is."
