"""Intervals of metrics: Wilson's for shares, the bias-corrected and accelerated bootstrap (Efron 1987) for the others.

BCa and not plain percentiles, for macro F1 is biased and squared errors are skewed in small samples; its ends are those
of Student's t instead of the normal distribution's (Hesterberg 2015), for resamples of few rows differ too little.
How often it holds the truth is counted in `tests/statistics/test_coverage.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from nbft.statistics.decomposed import Resampled, RowMetric
from nbft.statistics.shares import wilson

AT_ONCE = 4_000_000
"""Counts held in memory at a time: 32 MB, however many rows and resamples there are."""
BLOCKS = 200
"""Parts that rows are left out by to tell how skewed a metric is; single rows where there are fewer."""
LEAST = 200
"""Fewer resamples say too little of an interval's ends: where a metric is too slow for so many, none is given."""


@dataclass(frozen=True)
class Interval:
    """The ends of an interval; None where rows don't tell."""

    low: float | None
    high: float | None


UNKNOWN = Interval(None, None)


def draws(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yields how often each of n rows is drawn (R, n), with replacement; the same for the same seed."""
    chance = np.random.default_rng(seed)
    for size in chunks(n, resamples):
        rows = chance.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(rows.ravel(), minlength=size * n).reshape(size, n).astype(float)


def chunks(n: int, resamples: int) -> Iterator[int]:
    """Yields how many resamples are made at a time."""
    most = max(AT_ONCE // max(n, 1), 1)
    while resamples > 0:
        yield min(most, resamples)
        resamples -= most


def within_reach(metric: RowMetric, wanted: int) -> int:
    """Returns how many resamples are made of those wanted: fewer of a metric that is slow, 0 where those would be too few."""
    if not isinstance(metric, Resampled) or metric.affordable is None:
        return wanted
    left = metric.affordable - min(metric.n, BLOCKS)  # those that tell how skewed it is
    return min(wanted, left) if left >= LEAST else 0


def resampled_values(metric: RowMetric, resamples: int, seed: int) -> np.ndarray:
    """Returns the metric of resamples (R,), but of those for which it is not defined."""
    values = np.concatenate([metric.of(counts) for counts in draws(metric.n, resamples, seed)])
    return values[np.isfinite(values)]


def interval(metric: RowMetric, *, level: float = 0.95, resamples: int = 2000, seed: int = 0) -> Interval:
    """Returns the interval that holds the metric's true value with a probability of `level`."""
    total = metric.total() if metric.n else float("nan")
    if not np.isfinite(total):
        return UNKNOWN
    if metric.is_share:
        right, counted = metric.rows.sum(axis=0)  # pyright: ignore[reportAttributeAccessIssue] - a share is Decomposed
        return Interval(*wilson(float(right), float(counted), level))
    resamples = within_reach(metric, resamples)
    if metric.n < 2 or not resamples:
        return UNKNOWN
    values = resampled_values(metric, resamples, seed)
    return between(metric, total, values, level)


def between(metric: RowMetric, total: float, values: np.ndarray, level: float) -> Interval:
    """Returns the interval by values of resamples (R,)."""
    if not len(values):
        return UNKNOWN
    if np.ptp(values) <= 1e-12 * max(abs(total), 1.0):
        return _without_spread(metric, total, level)
    ends = _ends(metric.n, level)
    low, high = np.quantile(values, bca_levels(values, total, acceleration(metric), ends))
    return Interval(float(low), float(high))


def _without_spread(metric: RowMetric, total: float, level: float) -> Interval:
    """Returns Wilson's interval where all rows are perfect or all worthless: resampling would say that nothing is unsure."""
    if metric.scale is None or not (np.isclose(total, 0) or np.isclose(total, metric.scale)):
        return UNKNOWN
    low, high = wilson(metric.n if total else 0, metric.n, level)
    return Interval(low * metric.scale, high * metric.scale)


def _ends(n: int, level: float) -> np.ndarray:
    """Returns the interval's ends in standard errors of resamples, (2,): a little further out than the normal ones."""
    return stats.t.ppf([(1 - level) / 2, (1 + level) / 2], n - 1) * np.sqrt(n / (n - 1))


def bca_levels(values: np.ndarray, total: float, skew: float, ends: np.ndarray) -> np.ndarray:
    """Returns the shares of resampled values (R,) that lie below the ends of the interval, (2,)."""
    below = ((values < total).mean() + (values <= total).mean()) / 2
    if not 0 < below < 1:
        return stats.norm.cdf(ends)
    bias = stats.norm.ppf(below)
    return stats.norm.cdf(bias + (bias + ends) / (1 - skew * (bias + ends)))


def acceleration(metric: RowMetric) -> float:
    """Returns how fast the metric's error changes with its value, by leaving out one block of rows after another."""
    blocks = np.array_split(np.random.default_rng(0).permutation(metric.n), min(metric.n, BLOCKS))
    parts = []
    for size in chunks(metric.n, len(blocks)):
        counts = np.ones((size, metric.n))
        for taken, block in zip(counts, blocks[:size], strict=True):
            taken[block] = 0
        parts.append(metric.of(counts))
        blocks = blocks[size:]
    values = np.concatenate(parts)
    pulls = values[np.isfinite(values)].mean() - values[np.isfinite(values)] if np.isfinite(values).any() else values
    spread = (pulls**2).sum() ** 1.5
    return float((pulls**3).sum() / (6 * spread)) if spread > 0 else 0.0
