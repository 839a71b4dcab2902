"""Metrics of classes, over scikit-learn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import datasets
import numpy as np
from sklearn import metrics as sk

from nbft.metrics.base import INTEGER, NUMBER, OfflineMetric


class ClassMetric(OfflineMetric):
    """A metric of predicted classes (N,) against true classes (N,)."""

    name_in_spec: ClassVar[str]

    def _compute(self, *, predictions: Any = None, references: Any = None, **_: Any) -> dict[str, float]:
        return {self.name_in_spec: float(self.value(np.asarray(references), np.asarray(predictions)))}

    @abstractmethod
    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the metric of references (N,) and predictions (N,) or, for scores, (N, C)."""


class Accuracy(ClassMetric):
    """Share of rows whose class is right."""

    name_in_spec = "accuracy"
    sentence = "Share of rows whose class is right (scikit-learn accuracy_score)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the accuracy."""
        return float(sk.accuracy_score(references, predictions))


class F1(ClassMetric):
    """Mean over classes of the harmonic mean of precision and recall."""

    name_in_spec = "f1"
    sentence = "Macro-averaged F1 (scikit-learn f1_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro F1."""
        return float(sk.f1_score(references, predictions, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented


class Precision(ClassMetric):
    """Mean over classes of the share of rows given that class that have it."""

    name_in_spec = "precision"
    sentence = "Macro-averaged precision (scikit-learn precision_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro precision."""
        return float(sk.precision_score(references, predictions, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented


class Recall(ClassMetric):
    """Mean over classes of the share of rows of that class that are found."""

    name_in_spec = "recall"
    sentence = "Macro-averaged recall (scikit-learn recall_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro recall."""
        return float(sk.recall_score(references, predictions, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented


class MatthewsCorrelation(ClassMetric):
    """Correlation of predicted and true classes, from -1 to 1 (Matthews 1975)."""

    name_in_spec = "matthews_correlation"
    sentence = "Matthews correlation coefficient (scikit-learn matthews_corrcoef)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the correlation."""
        return float(sk.matthews_corrcoef(references, predictions))


class RocAuc(ClassMetric):
    """Chance that a row of a class gets a higher score for it than a row of another class."""

    name_in_spec = "roc_auc"
    inputs: ClassVar[dict[str, Any]] = {"predictions": datasets.Sequence(NUMBER), "references": INTEGER}
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


CLASS_METRICS: dict[str, type[ClassMetric]] = {
    metric.name_in_spec: metric for metric in (Accuracy, F1, Precision, Recall, MatthewsCorrelation, RocAuc)
}


def class_metrics(probabilities: np.ndarray, references: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Returns metrics by name for probabilities (N, C) and true classes (N,)."""
    classes = probabilities.argmax(axis=1)
    values: dict[str, float] = {}
    for name in names:
        metric = CLASS_METRICS[name]()
        found = metric.compute(predictions=probabilities if name == "roc_auc" else classes, references=references)
        values.update(found or {})
    return values
