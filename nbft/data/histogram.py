"""Numbers counted between round edges."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nbft.record.data_check import Histogram


def histogram(values: Sequence[float], bins: int = 24) -> Histogram:
    """Returns about `bins` counts between round edges."""
    numbers = np.asarray([value for value in values if math.isfinite(value)], float)
    if not len(numbers):
        return Histogram([0.0, 1.0], [0])
    low, high = float(numbers.min()), float(numbers.max())
    step = _round_step(max(high - low, abs(high) * 1e-6, 1e-9) / bins)
    first = math.floor(low / step)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    edges = [round(i * step, 10) for i in range(first, last + 1)]
    return Histogram(edges, np.histogram(np.clip(numbers, edges[0], edges[-1]), edges)[0].tolist())


def histogram_of_lengths(lengths: Sequence[int], limit: int, top: float, bins: int = 24) -> Histogram:
    """Returns about `bins` counts from 0 on, each of lengths up to its upper edge; `limit` is an edge.

    Lengths above `top`, rounded up to an edge, are counted as over.
    """
    numbers = np.asarray(lengths, float)
    high = min(top, float(numbers.max(initial=1)))
    step = _step_to(limit, max(high, limit / bins) / bins)
    edges = [round(i * step, 6) for i in range(math.ceil(high / step - 1e-9) + 1)]
    counts, _ = np.histogram(numbers - 0.5, edges)
    return Histogram(edges, counts.tolist(), int((numbers > edges[-1]).sum()))


def _step_to(limit: int, rough: float) -> float:
    """Returns a step near the rough one that leads to the limit: a whole one if any does."""
    whole = [step for step in range(1, math.ceil(2 * rough) + 1) if limit % step == 0 and step >= rough / 2]
    if whole:
        return float(min(whole, key=lambda step: abs(step - rough)))
    return limit / max(round(limit / rough), 1) if rough > 4 else float(max(round(rough), 1))


def _round_step(rough: float) -> float:
    scale = 10 ** math.floor(math.log10(rough))
    return next(m * scale for m in (1, 2, 2.5, 5, 10) if m * scale >= rough * 0.999)
