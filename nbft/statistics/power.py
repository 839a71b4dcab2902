"""How many rows a difference needs to be told, and which difference some rows can tell."""

from __future__ import annotations

import math

from scipy import stats

POWER = 0.8


def rows_needed(size: float, spread: float, *, power: float = POWER, level: float = 0.95) -> int:
    """Returns the rows with which a difference of that size is told in `power` of evaluations.

    `spread` is the standard deviation of a row's difference: the standard error of a difference times the root of n.
    """
    return max(math.ceil((_distance(power, level) * spread / abs(size)) ** 2), 2)


def smallest_difference(n: int, spread: float, *, power: float = POWER, level: float = 0.95) -> float:
    """Returns the smallest difference that n rows tell in `power` of evaluations."""
    return _distance(power, level) * spread / math.sqrt(n)


def _distance(power: float, level: float) -> float:
    """Returns how many standard errors a difference must lie from 0: 2.8 for 0.8 and 0.95."""
    return float(stats.norm.ppf(0.5 + level / 2) + stats.norm.ppf(power))
