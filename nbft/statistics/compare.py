"""Two systems on the same rows: the difference of a metric, its interval, and whether chance alone would make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from nbft.statistics.bootstrap import between, chunks, resampled_values, within_reach
from nbft.statistics.decomposed import Decomposed, Resampled, RowMetric
from nbft.statistics.shares import difference, mcnemar, won

RANDOMISATION = "approximate randomisation"
BOOTSTRAP = "paired bootstrap"
TOO_SLOW = "none: the metric is too slow to be resampled"
_TIE = 1e-10
"""Differences that are further apart than this are different."""


@dataclass(frozen=True)
class Difference:
    """What tells a from b: a's value minus b's, its 95% interval, and p of no difference; None where rows don't tell."""

    value: float
    low: float | None
    high: float | None
    p: float | None
    test: str
    n: int
    """Rows that count."""
    error: float | None = None
    """The standard error of the value."""
    lower_is_better: bool = False
    scale: float | None = 1.0
    """The metric's largest value: 1 for shares, 100 for BLEU, None where there is none."""
    reference: float = float("nan")
    """b's value."""


def compare(a: RowMetric, b: RowMetric, *, resamples: int = 2000, seed: int = 0, level: float = 0.95) -> Difference:
    """Returns the difference of a and b, a metric of two systems on the same rows in the same order; raises ValueError.

    McNemar's test where rows are right or wrong; else the paired bootstrap's interval, with p by approximate
    randomisation (Noreen 1989) where sums can be told apart by row, and by the bootstrap where they can't.
    """
    if a.n != b.n:
        raise ValueError(f"a has {a.n} rows and b {b.n}: only systems on the same rows can be compared.")
    if isinstance(a, Decomposed) and isinstance(b, Decomposed):
        if a.is_share and b.is_share:
            return _of_shares(a, b, level)
        return _of_metrics(a, b, a.minus(b), (resamples, seed, level))
    if isinstance(a, Resampled) and isinstance(b, Resampled):
        return _of_metrics(a, b, a.minus(b), (resamples, seed, level))
    raise ValueError("Only values of the same metric can be compared.")


def _of_shares(a: Decomposed, b: Decomposed, level: float) -> Difference:
    counted = a.rows[:, 1] == 1
    n = int(counted.sum())
    if not n:
        return Difference(float("nan"), None, None, None, "McNemar, exact", 0)
    only_a, only_b = won(a.rows[counted, 0], b.rows[counted, 0])
    low, high, error = difference(only_a, only_b, n, level)
    p, test = mcnemar(only_a, only_b)
    return Difference((only_a - only_b) / n, low, high, p, test, n, error, a.lower_is_better, a.scale, b.total())


def _of_metrics(a: RowMetric, b: RowMetric, apart: RowMetric, how: tuple[int, int, float]) -> Difference:
    resamples, seed, level = how
    value = apart.total() if a.n else float("nan")
    is_summed = isinstance(a, Decomposed) and a.rows.shape == cast("Decomposed", b).rows.shape
    test = RANDOMISATION if is_summed else BOOTSTRAP
    if a.n < 2 or not np.isfinite(value):
        return Difference(value, None, None, None, test, a.n, None, a.lower_is_better, a.scale)
    resamples = within_reach(apart, resamples)
    if not resamples:
        return Difference(value, None, None, None, TOO_SLOW, a.n, None, a.lower_is_better, a.scale)
    values = resampled_values(apart, resamples, seed)
    found = between(apart, value, values, level)
    p = (
        swapped(a, cast("Decomposed", b), resamples, seed)
        if isinstance(a, Decomposed) and is_summed
        else _centred(value, values)
    )
    error = float(values.std(ddof=1)) if len(values) > 1 else None
    return Difference(value, found.low, found.high, p, test, a.n, error, a.lower_is_better, a.scale, b.total())


def _centred(value: float, values: np.ndarray) -> float | None:
    """Returns how often resamples stray as far from the difference as the difference lies from 0."""
    if not len(values):
        return None
    return float((1 + (np.abs(values - value) >= abs(value) - _TIE).sum()) / (1 + len(values)))


def swapped(a: Decomposed, b: Decomposed, resamples: int, seed: int) -> float:
    """Returns p: how often the difference is as large where a coin says for each row which system is called a."""
    apart, sums = b.rows - a.rows, (a.rows.sum(axis=0), b.rows.sum(axis=0))
    found = abs(float(a.value(sums[0]) - b.value(sums[1])))
    as_large = 0
    for coins in _coins(a.n, resamples, seed):
        moved = coins @ apart
        differences = np.abs(a.value(sums[0] + moved) - b.value(sums[1] - moved))
        as_large += int((differences >= found - _TIE).sum())
    return (1 + as_large) / (1 + resamples)


def _coins(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yields 0 and 1 (R, n)."""
    chance = np.random.default_rng(seed)
    for size in chunks(n, resamples):
        bits = np.frombuffer(chance.bytes(size * n // 8 + 1), np.uint8)
        yield np.unpackbits(bits)[: size * n].reshape(size, n).astype(float)
