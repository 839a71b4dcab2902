"""Metrics of classes, and of several labels a row, over scikit-learn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import datasets
import evaluate
import numpy as np
from sklearn import metrics as sk

from nbft.metrics.base import INTEGER, NUMBER, OfflineMetric

SEVERAL = "multilabel"
"""The `config_name` of a metric whose rows have a 0 or 1 for each label, as `evaluate` itself calls it."""


class ClassMetric(OfflineMetric):
    """A metric of predicted classes (N,) against true classes (N,); with config_name `multilabel` of 0 and 1 (N, C)."""

    name_in_spec: ClassVar[str]

    def _info(self) -> evaluate.MetricInfo:
        info = super()._info()
        if self.config_name == SEVERAL:
            kinds = {"predictions": self.inputs["predictions"], "references": datasets.Sequence(INTEGER)}
            if kinds["predictions"] is INTEGER:
                kinds["predictions"] = datasets.Sequence(INTEGER)
            info.features = datasets.Features(kinds)
        return info

    def _compute(self, *, predictions: Any = None, references: Any = None, **_: Any) -> dict[str, float]:
        return {self.name_in_spec: float(self.value(np.asarray(references), np.asarray(predictions)))}

    @abstractmethod
    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the metric of references and predictions; RocAuc takes scores (N, C) for predictions."""


class Accuracy(ClassMetric):
    """Share of rows whose class is right."""

    name_in_spec = "accuracy"
    sentence = "Share of rows whose class, or whose every label, is right (scikit-learn accuracy_score)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the accuracy."""
        return float(sk.accuracy_score(references, predictions))


def _averaged(measure: Any, references: np.ndarray, predictions: np.ndarray, average: str) -> float:
    """Returns scikit-learn's measure; of one label a row may have it is that of the label, not also that of lacking it."""
    labels = [1] if references.ndim == 2 and references.shape[1] == 1 else None
    return float(measure(references, predictions, labels=labels, average=average, zero_division=0))


class F1(ClassMetric):
    """Mean over classes of the harmonic mean of precision and recall."""

    name_in_spec = "f1"
    sentence = "Macro-averaged F1 (scikit-learn f1_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro F1."""
        return _averaged(sk.f1_score, references, predictions, "macro")


class F1Macro(F1):
    """The macro F1 by its full name: that of several labels a row stands beside the micro F1."""

    name_in_spec = "f1_macro"


class F1Micro(ClassMetric):
    """Harmonic mean of precision and recall over all labels of all rows."""

    name_in_spec = "f1_micro"
    sentence = "Micro-averaged F1 (scikit-learn f1_score, average='micro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the micro F1."""
        return _averaged(sk.f1_score, references, predictions, "micro")


class Precision(ClassMetric):
    """Mean over classes of the share of rows given that class that have it."""

    name_in_spec = "precision"
    sentence = "Macro-averaged precision (scikit-learn precision_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro precision."""
        return _averaged(sk.precision_score, references, predictions, "macro")


class Recall(ClassMetric):
    """Mean over classes of the share of rows of that class that are found."""

    name_in_spec = "recall"
    sentence = "Macro-averaged recall (scikit-learn recall_score, average='macro')."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the macro recall."""
        return _averaged(sk.recall_score, references, predictions, "macro")


class MatthewsCorrelation(ClassMetric):
    """Correlation of predicted and true classes, from -1 to 1 (Matthews 1975)."""

    name_in_spec = "matthews_correlation"
    sentence = "Matthews correlation coefficient (scikit-learn matthews_corrcoef)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the correlation; 0 where one side is constant, as scikit-learn says with a warning."""
        if np.ptp(references) == 0 or np.ptp(predictions) == 0:
            return 0.0
        return float(sk.matthews_corrcoef(references, predictions))


class RocAuc(ClassMetric):
    """Chance that a row of a class gets a higher score for it than a row of another class."""

    name_in_spec = "roc_auc"
    inputs: ClassVar[dict[str, Any]] = {"predictions": datasets.Sequence(NUMBER), "references": INTEGER}
    sentence = "Area under the ROC curve (scikit-learn roc_auc_score; one-vs-rest macro for more than two classes)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the area; not a number where the rows hold one class only, for which it is not defined."""
        if references.ndim == 2:
            return _mean_area(references == 1, predictions)
        present = np.unique(references)
        if len(present) < 2:
            return float("nan")
        if predictions.shape[1] == 2:
            return float(sk.roc_auc_score(references, predictions[:, 1]))
        return _mean_area(references[:, None] == present, predictions[:, present])


def _mean_area(has: np.ndarray, scores: np.ndarray) -> float:
    """Returns the mean over labels of which some rows have each, and some don't."""
    known = [c for c in range(has.shape[1]) if 0 < has[:, c].sum() < len(has)]
    return float(np.mean([sk.roc_auc_score(has[:, c], scores[:, c]) for c in known])) if known else float("nan")


_KINDS: tuple[type[ClassMetric], ...] = (
    Accuracy,
    F1,
    Precision,
    Recall,
    MatthewsCorrelation,
    RocAuc,
    F1Micro,
    F1Macro,
)
CLASS_METRICS = {metric.name_in_spec: metric for metric in _KINDS}


def class_metrics(probabilities: np.ndarray, references: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Returns metrics by name for probabilities (N, C) and true classes (N,)."""
    return _metrics("default", probabilities, probabilities.argmax(axis=1), references, names)


def multi_label_metrics(
    probabilities: np.ndarray, references: np.ndarray, names: Sequence[str], threshold: float
) -> dict[str, float]:
    """Returns metrics by name for probabilities (N, C) and 0 or 1 for each label (N, C)."""
    given = (probabilities >= threshold).astype(int)
    return _metrics(SEVERAL, probabilities, given, references.astype(int), names)


def _metrics(
    kind: str, scores: np.ndarray, given: np.ndarray, references: np.ndarray, names: Sequence[str]
) -> dict[str, float]:
    values: dict[str, float] = {}
    for name in names:
        metric = CLASS_METRICS[name](config_name=kind)
        values.update(metric.compute(predictions=scores if name == "roc_auc" else given, references=references) or {})
    return values
