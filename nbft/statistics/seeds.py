"""What the seeds of one spec add up to: mean, spread, and how sure the mean is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


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
