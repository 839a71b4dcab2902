"""Metrics that are not nbft's: functions of the notebook, and what `evaluate` loads. Resampling computes them anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import evaluate
import numpy as np

from nbft.engine.functions import measured, values_of
from nbft.errors import DataError, NbftError
from nbft.functions import Function
from nbft.metrics import forms
from nbft.record.scorecard import MetricNote
from nbft.record.state import is_better_lower
from nbft.statistics.decomposed import Resampled, RowMetric
from nbft.tasks.by_row import ByRow

BUDGET_S = 30.0
"""How long the resamples of one system in one metric may take."""
_SHA256 = 64
"""Letters of a script's hash, by which `evaluate` calls its module."""
ALWAYS = 2400
"""As many times nobody need count: resamples, and what tells how skewed the metric is."""
Values = dict[str, float]
Measure = Callable[[np.ndarray], Values]
"""Takes the numbers of rows; returns all that the metric says of them."""


@dataclass(frozen=True)
class OwnMetric:
    """A metric that is asked with predictions and references, and gives a number or several."""

    name: str
    note: MetricNote
    source: Function | evaluate.EvaluationModule
    """A function of the notebook, or what `evaluate` loaded."""

    def by_row(self, kind: str, answers: ByRow) -> dict[str, RowMetric]:
        """Returns its values by name, each as a metric of rows; raises NbftError where it can't judge them."""
        remembered = _Remembered(self._measure(kind, answers))
        rows = np.arange(answers.n)
        values = remembered(rows)
        affordable = _affordable(remembered, answers.n)
        return {
            name: Resampled(
                answers.n,
                lambda chosen, name=name: remembered.value(chosen, name),
                is_better_lower(name),
                affordable=affordable,
            )
            for name in values
        }

    def _measure(self, kind: str, answers: ByRow) -> Measure:
        source = self.source
        if isinstance(source, Function):
            said, wanted = _for_function(kind, answers, self.name)
            return lambda rows: measured(source, _taken(said, rows), _taken(wanted, rows))
        (first, said), (second, wanted) = forms.as_taken(source, self.name, *_forms(kind, answers))
        ask = _asking(source, {first: said, second: wanted})

        def measure(rows: np.ndarray) -> Values:
            try:
                found = _numbers(ask({first: _taken(said, rows), second: _taken(wanted, rows)}))
            except Exception as error:  # whatever the script raises
                raise NbftError(f"{self.name} failed: {type(error).__name__}: {error}", "", "metrics") from error
            values = values_of(self.name, found)
            if values is None:
                raise NbftError(f"{self.name} gives no number.", "", "metrics")
            return values

        return measure


@dataclass
class _Remembered:
    """A measure that computes each choice of rows once: comparisons take the resamples of the intervals."""

    measure: Measure
    found: dict[bytes, Values] = field(default_factory=dict)

    def __call__(self, rows: np.ndarray) -> Values:
        key = blake2b(np.ascontiguousarray(rows).tobytes(), digest_size=16).digest()
        if key not in self.found:
            self.found[key] = self.measure(rows)
        return self.found[key]

    def value(self, rows: np.ndarray, name: str) -> float:
        """Returns one of the values; not a number where the metric is not defined for the rows."""
        try:
            return self(rows).get(name, float("nan"))
        except NbftError:
            return float("nan")


def _affordable(measure: _Remembered, n: int) -> int | None:
    """Returns how often the measure may be asked, None where it is so fast that nobody need count."""
    rows = np.random.default_rng(0).integers(0, n, n)
    started = time.perf_counter()
    measure.value(np.sort(rows), "")
    each = time.perf_counter() - started
    times = int(BUDGET_S / max(each, 1e-9))
    return times if times < ALWAYS else None


def of_function(function: Function) -> OwnMetric:
    """Returns a function of the notebook as a metric."""
    name = function.name
    return OwnMetric(name, MetricNote(name, "a function of the notebook", "", is_better_lower(name)), function)


def of_module(name: str, module: evaluate.EvaluationModule, asked: str) -> OwnMetric:
    """Returns what `evaluate` loaded as a metric; `asked` is how it was named."""
    script = next((part[:12] for part in type(module).__module__.split(".") if len(part) == _SHA256), "")
    where = "the script in" if Path(asked).expanduser().exists() else "the hub's script"
    about = f"evaluate {version('evaluate')}, {where} {asked}" if script else f"nbft's {asked}, as evaluate calls it"
    return OwnMetric(name, MetricNote(name, about, f"script:{script}" if script else "", is_better_lower(name)), module)


def _asking(module: evaluate.EvaluationModule, sides: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Returns the metric's own computation where it says the same as `compute`, which writes rows to tables first."""
    try:
        whole, bare = module.compute(**sides), module._compute(**sides)  # noqa: SLF001 - what a metric's author writes
        is_same = _numbers(whole) == _numbers(bare)
    except Exception:  # whatever the script raises: `compute` will say it where it is asked
        is_same = False
    return lambda chosen: module._compute(**chosen) if is_same else module.compute(**chosen)  # noqa: SLF001


def _numbers(found: Any) -> Any:
    """Returns what of a metric's result is a number; a signature or a list beside it is none."""
    if not isinstance(found, Mapping):
        return found
    numbers = {key: float(value) for key, value in found.items() if np.ndim(value) == 0 and _is_number(value)}
    return next(iter(numbers.values())) if len(numbers) == 1 else numbers


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _taken(values: Any, rows: np.ndarray) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else [values[i] for i in rows]


def _for_function(kind: str, answers: ByRow, name: str) -> tuple[Any, Any]:
    """Returns predictions and references as a function gets them in training: labels are their names."""
    if kind == "text-classification":
        return np.asarray(answers.said), np.asarray(answers.wanted)
    if kind == "text-classification, multi-label":
        return _given(answers), np.asarray(answers.references).astype(int)
    if answers.references is not None:
        return answers.predictions, answers.references
    if not answers.said:
        raise DataError(f"{kind} gives no answers that {name} could judge.", "", "metrics")
    return answers.said, answers.wanted


def _given(answers: ByRow) -> np.ndarray:
    return (np.asarray(answers.predictions) >= answers.options.get("threshold", 0.5)).astype(int)


def _forms(kind: str, answers: ByRow) -> tuple[forms.Forms, forms.Forms]:
    said, wanted = answers.predictions, answers.references
    if kind == "text-classification":
        return forms.of_classes(answers.said, answers.wanted, np.asarray(said), np.asarray(wanted))
    if kind == "text-classification, multi-label":
        return forms.of_several(_given(answers), np.asarray(wanted).astype(int), np.asarray(said))
    if kind == "text-classification, regression":
        return forms.of_numbers(np.asarray(said), np.asarray(wanted))
    if kind == "token-classification":
        return forms.of_lists(said, wanted)
    if kind == "question-answering":
        return forms.of_answers(said, wanted)
    return forms.of_texts(answers.said, answers.wanted) if answers.said else ({}, {})
