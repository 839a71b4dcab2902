"""Intervals and the paired test of shares, in closed form: no resampling is as good where rows are right or wrong."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

FEW = 50
"""Below as many rows on which two systems differ McNemar's test is exact."""


def z_of(level: float) -> float:
    """Returns how many standard errors an interval of a level reaches to each side: 1.96 for 0.95."""
    return float(stats.norm.ppf(0.5 + level / 2))


def wilson(right: float, n: float, level: float) -> tuple[float, float]:
    """Returns Wilson's score interval (1927) of a share: within 0 and 1, and not empty where all rows are right."""
    z2 = z_of(level) ** 2
    share = right / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low = 0.0 if right == 0 else middle - half
    return low, 1.0 if right == n else middle + half


def difference(only_a: int, only_b: int, n: int, level: float) -> tuple[float, float, float]:
    """Returns the interval of the difference of two shares of the same rows, and its standard error.

    `only_a` are the rows that a alone has right. Bonett and Price 2012: a row is added to either side, which keeps the
    level with few rows and where both systems agree on all of them.
    """
    a, b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    error = math.sqrt((a + b - (a - b) ** 2) / (n + 2))
    half = z_of(level) * error
    return max(a - b - half, -1.0), min(a - b + half, 1.0), error


def mcnemar(only_a: int, only_b: int) -> tuple[float, str]:
    """Returns McNemar's p (1947) and the test's name; exact for few rows, else chi-square with continuity correction."""
    differing = only_a + only_b
    if differing < FEW:
        p = 1.0 if only_a == only_b else float(stats.binomtest(only_a, differing, 0.5).pvalue)
        return p, "McNemar, exact"
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / differing
    return float(stats.chi2.sf(statistic, 1)), "McNemar"


def won(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """Returns how many rows a alone, and b alone, has right, for (n,) of 0 and 1 each."""
    return int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
