"""Metrics of numbers, over scipy and scikit-learn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from scipy import stats
from sklearn import metrics as sk

from nbft.metrics.base import NUMBER, OfflineMetric


class NumberMetric(OfflineMetric):
    """A metric of predicted numbers (N,) against true numbers (N,)."""

    inputs: ClassVar[dict[str, Any]] = {"predictions": NUMBER, "references": NUMBER}
    name_in_evaluate: ClassVar[str]
    name_in_spec: ClassVar[str]

    def _compute(self, *, predictions: Any = None, references: Any = None, **_: Any) -> dict[str, float]:
        return {self.name_in_evaluate: self.value(np.asarray(references, float), np.asarray(predictions, float))}

    @abstractmethod
    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the metric of references (N,) and predictions (N,)."""


def _has_correlation(references: np.ndarray, predictions: np.ndarray) -> bool:
    return bool(len(references) > 1 and np.ptp(references) > 0 and np.ptp(predictions) > 0)


class Pearson(NumberMetric):
    """Linear correlation, from -1 to 1; not a number where one side is constant, for which it is not defined."""

    name_in_evaluate, name_in_spec = "pearsonr", "pearson"
    sentence = "Pearson correlation coefficient (scipy pearsonr)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the correlation."""
        known = _has_correlation(references, predictions)
        return float(stats.pearsonr(references, predictions).statistic) if known else float("nan")  # pyright: ignore[reportAttributeAccessIssue] - documented


class Spearman(NumberMetric):
    """Correlation of ranks, from -1 to 1; not a number where one side is constant, for which it is not defined."""

    name_in_evaluate, name_in_spec = "spearmanr", "spearman"
    sentence = "Spearman rank correlation coefficient (scipy spearmanr)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the correlation."""
        known = _has_correlation(references, predictions)
        return float(stats.spearmanr(references, predictions).statistic) if known else float("nan")  # pyright: ignore[reportAttributeAccessIssue] - documented


class MeanSquaredError(NumberMetric):
    """Mean of the squared differences."""

    name_in_evaluate = name_in_spec = "mse"
    sentence = "Mean squared error (scikit-learn mean_squared_error)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the error."""
        return float(sk.mean_squared_error(references, predictions))


class MeanAbsoluteError(NumberMetric):
    """Mean of the absolute differences."""

    name_in_evaluate = name_in_spec = "mae"
    sentence = "Mean absolute error (scikit-learn mean_absolute_error)."

    def value(self, references: np.ndarray, predictions: np.ndarray) -> float:
        """Returns the error."""
        return float(sk.mean_absolute_error(references, predictions))


_KINDS: tuple[type[NumberMetric], ...] = (Pearson, Spearman, MeanSquaredError, MeanAbsoluteError)
NUMBER_METRICS = {kind.name_in_evaluate: kind for kind in _KINDS}
"""By the names that `evaluate` itself uses."""


def number_metrics(outputs: np.ndarray, references: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """Returns metrics by their names in the spec, for numbers (N,) against numbers (N,)."""
    kinds = {kind.name_in_spec: kind for kind in _KINDS}
    values: dict[str, float] = {}
    for name in names:
        found = kinds[name]().compute(predictions=outputs, references=references) or {}
        values[name] = float(found[kinds[name].name_in_evaluate])
    return values
