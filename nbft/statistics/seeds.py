"""What the seeds of one spec add up to: mean, spread, and how sure the mean is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from nbft.statistics.bootstrap import draws
from nbft.statistics.compare import Difference
from nbft.statistics.decomposed import RowMetric

TEST = "t over seeds and rows"


@dataclass(frozen=True)
class Spread:
    """A metric over the seeds of a series; what one seed can't tell is None."""

    n: int
    """Seeds."""
    mean: float
    deviation: float | None
    """The sample standard deviation (over n - 1)."""
    low: float | None
    high: float | None
    """The ends of Student's interval (1908) of the mean."""


def spread_of(values: Sequence[float], level: float = 0.95) -> Spread:
    """Returns mean, spread and interval of what at least one seed scored.

    The interval is that of other seeds on the same rows; that other rows would score otherwise is not in it.
    """
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return Spread(n, mean, None, None, None)
    deviation = float(np.std(values, ddof=1))
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * deviation / math.sqrt(n)
    return Spread(n, mean, deviation, mean - half, mean + half)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a metric of every seed of a series on the same rows, or of one system alone."""

    metrics: Sequence[RowMetric]
    is_drawn: bool = False
    """Whether a system alone is one draw of its seeds: a run is, the model before training is what it is."""

    @property
    def values(self) -> np.ndarray:
        """The metric of each seed on all rows, (k,)."""
        return np.asarray([metric.total() for metric in self.metrics])

    @property
    def spread(self) -> float | None:
        """The sample standard deviation over seeds; None for a system alone."""
        return float(self.values.std(ddof=1)) if len(self.metrics) > 1 else None

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Returns the mean over seeds (R,) of rows taken as often as `counts` (R, n) says."""
        return np.mean([metric.of(counts) for metric in self.metrics], axis=0)


def compare_over_seeds(a: Side, b: Side, *, resamples: int = 2000, seed: int = 0, level: float = 0.95) -> Difference:
    """Returns the difference of two means over seeds, of which at least one is of a series; the rows are the same.

    Its error counts that other seeds, and that other rows, would have scored otherwise: the variance over seeds and the
    bootstrap's over rows add up, with degrees of freedom by Satterthwaite (1946). What seeds do on single rows is in
    both parts. A run alone is taken to vary with its seed as the series does.
    """
    first = a.metrics[0]
    value = float(a.values.mean() - b.values.mean())
    reference, n = float(b.values.mean()), first.n
    about = (first.lower_is_better, first.scale, reference)
    if n < 2 or not np.isfinite(value):
        return Difference(value, None, None, None, TEST, n, None, *about)
    apart = np.concatenate([a.of(counts) - b.of(counts) for counts in draws(n, resamples, seed)])
    rows = float(apart[np.isfinite(apart)].var(ddof=1)) if np.isfinite(apart).sum() > 1 else 0.0
    parts = [(rows, n - 1), *_of_seeds(a, b)]
    variance = sum(part for part, _ in parts)
    if variance <= 0:
        return Difference(value, value, value, 1.0 if value == 0 else None, TEST, n, 0.0, *about)
    freedom = variance**2 / sum(part**2 / df for part, df in parts)
    error = math.sqrt(variance)
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(value) / error, freedom))
    return Difference(value, value - half, value + half, p, TEST, n, error, *about)


def _of_seeds(a: Side, b: Side) -> list[tuple[float, int]]:
    """Returns what seeds add to the variance of the difference, each part with its degrees of freedom."""
    parts = []
    for side, other in ((a, b), (b, a)):
        if side.spread is None:
            continue
        k = len(side.metrics)
        share = 1 / k + (1.0 if other.spread is None and other.is_drawn else 0.0)
        parts.append((side.spread**2 * share, k - 1))
    return parts
