"""Where steps and values stand on a static picture, and its size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nbft.panels.plots import Plot
from nbft.panels.points import Point

WIDTH, HEIGHT = 480, 280
SMALL_WIDTH, SMALL_HEIGHT = 200, 132
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 64, 32
SMALL_TOP = 36
LEAST_SPAN = 0.005
"""Of the values' size: a narrower range would need numbers that don't fit left of the frame, and show noise as a curve."""


def size_of(plot: Plot) -> tuple[int, int]:
    """Returns the width and height of a plot's picture."""
    return (SMALL_WIDTH, SMALL_HEIGHT) if plot.is_small else (WIDTH, HEIGHT)


@dataclass(frozen=True)
class Frame:
    """Turns steps and values into places on the picture."""

    steps: tuple[float, float]
    values: tuple[float, float]
    size: tuple[int, int] = (WIDTH, HEIGHT)

    @property
    def is_small(self) -> bool:
        """Whether it is the frame of a small plot."""
        return self.size[0] < WIDTH

    @property
    def top(self) -> int:
        """How far from the top the highest value stands."""
        return SMALL_TOP if self.is_small else TOP

    @property
    def bottom(self) -> int:
        """How far from the top the lowest value stands."""
        return self.size[1] - BOTTOM

    def shows(self, step: float) -> bool:
        """Returns whether a step lies within the frame."""
        return self.steps[0] <= step <= self.steps[1]

    def x(self, step: float) -> float:
        """Returns how far from the left a step stands."""
        low, high = self.steps
        return LEFT + (step - low) / (high - low) * (self.size[0] - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Returns how far from the top a value stands."""
        low, high = self.values
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)


def frame_of(
    points: Sequence[Point], size: tuple[int, int] = (WIDTH, HEIGHT), *, from_zero: bool = False, last: int = 0
) -> Frame:
    """Returns a frame up to the step `last` that holds all points with a little air above and below, or from zero on."""
    if not points:
        return Frame((0, last or 1), (0, 1), size)
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    low = min(low, 0.0) if from_zero else low
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    air = max(air, (LEAST_SPAN * abs(high) - (high - low)) / 2)
    under = 0.0 if from_zero and low == 0 else air
    return Frame((0, max(last, *(p[0] for p in points)) or 1), (low - under, high + air), size)


def ticks(low: float, high: float, wanted: int) -> list[float]:
    """Returns round numbers between low and high, about as many as wanted."""
    rough = (high - low) / wanted
    scale = 10 ** math.floor(math.log10(rough))
    step = next(m * scale for m in (1, 2, 5, 10) if m * scale >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]
