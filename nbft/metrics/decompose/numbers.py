"""Metrics of numbers by rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nbft.metrics.decompose.ranks import rank_correlation
from nbft.metrics.numbers import Spearman
from nbft.statistics.decomposed import Decomposed, Resampled, RowMetric, mean_of


def number_rows(names: Sequence[str], predictions: Any, references: Any) -> dict[str, RowMetric]:
    """Returns the metrics of numbers (N,) against numbers (N,)."""
    said, wanted = np.asarray(predictions, float).reshape(-1), np.asarray(references, float).reshape(-1)
    made = {
        "mse": lambda: replace(mean_of((said - wanted) ** 2), lower_is_better=True, scale=None),
        "mae": lambda: replace(mean_of(np.abs(said - wanted)), lower_is_better=True, scale=None),
        "pearson": lambda: _pearson(said, wanted),
        "spearman": lambda: _spearman(said, wanted),
    }
    return {name: made[name]() for name in names}


def _pearson(said: np.ndarray, wanted: np.ndarray) -> Decomposed:
    """Returns the correlation by sums of numbers around their means, which keeps their digits."""
    x, y = said - said.mean(), wanted - wanted.mean()
    rows = np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])

    def value(sums: np.ndarray) -> np.ndarray:
        n, sx, sy, sxx, syy, sxy = np.moveaxis(sums, -1, 0)
        spread = (n * sxx - sx**2) * (n * syy - sy**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.clip((n * sxy - sx * sy) / np.sqrt(np.maximum(spread, 0)), -1, 1)
        return np.where(spread > 0, found, np.nan)

    return Decomposed(rows, value)


def _spearman(said: np.ndarray, wanted: np.ndarray) -> Resampled:
    metric = Spearman()
    return Resampled(
        len(said),
        lambda rows: metric.value(wanted[rows], said[rows]),
        scale=1.0,
        weighted=rank_correlation(said, wanted),
    )
