"""How the points of a curve are made fit for drawing; points.js does the same in the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Point = tuple[int, float]

SMOOTHED_OVER = 1 / 50
"""Share of a noisy curve's points that its smoothed line averages over."""


def finite(curve: Iterable[tuple[int, float | None]] | None) -> list[Point]:
    """Returns the points whose value is a number."""
    return [(step, value) for step, value in curve or () if value is not None and math.isfinite(value)]


def smoothed(points: Sequence[Point], share: float = SMOOTHED_OVER) -> list[Point]:
    """Returns the running mean of a noisy curve over a share of its points; short curves come back as they are."""
    weight = 2 / (1 + max(1.0, len(points) * share))
    result: list[Point] = []
    mean = points[0][1] if points else 0.0
    for step, value in points:
        mean += weight * (value - mean)
        result.append((step, mean))
    return result


def thinned(points: Sequence[Point], buckets: int) -> list[Point]:
    """Returns at most two points a bucket, its lowest and its highest, so that no peak is lost."""
    if len(points) <= 2 * buckets:
        return list(points)
    size = len(points) / buckets
    kept: list[Point] = []
    for i in range(buckets):
        part = points[int(i * size) : int((i + 1) * size)]
        low, high = min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])
        kept += sorted({low, high})
    return kept
