"""Metrics: `evaluate.Metric` classes over scikit-learn that need no network; other names are loaded from the hub."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
from sklearn import metrics as sk

from nbft.errors import DataError

_INTEGERS = {"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}
_SCORES = {"predictions": datasets.Sequence(datasets.Value("float64")), "references": datasets.Value("int64")}


class ClassMetric(evaluate.Metric, ABC):
    """A metric of predicted classes (N,) against true classes (N,)."""

    inputs: dict[str, Any] = _INTEGERS
    sentence = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.sentence,
            citation="",
            inputs_description="predictions and references, one integer a row",
            features=datasets.Features(self.inputs),
        )

    def _compute(self, *, predictions: Any = None, references: Any = None, **_: Any) -> dict[str, float]:
        return {type(self).name_in_spec(): float(self.value(np.asarray(references), np.asarray(predictions)))}

    @classmethod
    def name_in_spec(cls) -> str:
        """Returns the name by which a spec asks for the metric."""
        return next(name for name, metric in METRICS.items() if metric is cls)

    @abstractmethod
    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the metric of references (N,) and predictions (N,) or, for scores, (N, C)."""


class Accuracy(ClassMetric):
    """Share of rows whose class is right."""

    sentence = "Share of rows whose class is right (scikit-learn accuracy_score)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the accuracy."""
        return float(sk.accuracy_score(references, predictions))


class F1(ClassMetric):
    """Mean over classes of the harmonic mean of precision and recall."""

    sentence = "Macro-averaged F1 (scikit-learn f1_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro F1."""
        return float(sk.f1_score(references, predictions, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented


class Precision(ClassMetric):
    """Mean over classes of the share of rows given that class that have it."""

    sentence = "Macro-averaged precision (scikit-learn precision_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro precision."""
        return float(sk.precision_score(references, predictions, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented


class Recall(ClassMetric):
    """Mean over classes of the share of rows of that class that are found."""

    sentence = "Macro-averaged recall (scikit-learn recall_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro recall."""
        return float(sk.recall_score(references, predictions, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented


class MatthewsCorrelation(ClassMetric):
    """Correlation of predicted and true classes, from -1 to 1 (Matthews 1975)."""

    sentence = "Matthews correlation coefficient (scikit-learn matthews_corrcoef)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the correlation."""
        return float(sk.matthews_corrcoef(references, predictions))


class RocAuc(ClassMetric):
    """Chance that a row of a class gets a higher score for it than a row of another class."""

    inputs = _SCORES
    sentence = "Area under the ROC curve (scikit-learn roc_auc_score; one-vs-rest macro for more than two classes)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the area; not a number where the rows hold one class only, for which it is not defined."""
        present = np.unique(references)
        if len(present) < 2:
            return float("nan")
        if predictions.shape[1] == 2:
            return float(sk.roc_auc_score(references, predictions[:, 1]))
        areas = [sk.roc_auc_score(references == c, predictions[:, c]) for c in present]
        return float(np.mean(areas))


METRICS: dict[str, type[ClassMetric]] = {
    "accuracy": Accuracy,
    "f1": F1,
    "precision": Precision,
    "recall": Recall,
    "matthews_correlation": MatthewsCorrelation,
    "roc_auc": RocAuc,
}


def load_metric(name: str) -> evaluate.EvaluationModule:
    """Returns a metric by name; raises DataError where it is neither ours nor to be had from the hub."""
    if name in METRICS:
        return METRICS[name]()
    try:
        return evaluate.load(name)
    except (OSError, FileNotFoundError, ValueError, ImportError) as error:
        raise DataError(
            f"There is no metric {name!r} here, and none could be loaded from the hub.",
            f"nbft has {', '.join(METRICS)}.",
            "evaluate.metrics",
        ) from error


def class_metrics(probabilities: np.ndarray, references: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Returns metrics by name for probabilities (N, C) and true classes (N,)."""
    classes = probabilities.argmax(axis=1)
    values: dict[str, float] = {}
    for name in names:
        metric = load_metric(name)
        wants_scores = isinstance(metric, RocAuc)
        result = metric.compute(predictions=probabilities if wants_scores else classes, references=references)
        numbers = {key: float(value) for key, value in (result or {}).items() if isinstance(value, int | float)}
        values.update(numbers if len(numbers) > 1 else dict.fromkeys([name], *numbers.values()))
    return values
