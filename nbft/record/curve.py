"""A series of (step, value) points that never grows beyond a bound, however long the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Point = tuple[int, "float | None"]

MAX_POINTS = 4096
"""Enough that a chart as wide as a screen shows every pixel, small enough to send whole after a page reload."""


@dataclass
class Curve:
    """Points of one metric; past MAX_POINTS, of every four that lie together the lowest and the highest are kept."""

    points: list[Point] = field(default_factory=list)
    stride: int = 1
    """How many measurements each kept point stands for, once the curve is full."""
    last: Point | None = None
    """The newest point, kept or not."""
    revision: int = 0
    """Counts how often points were taken away: who follows the curve begins anew when it changes."""
    reach: float = 0.0
    """The largest size of a value so far."""
    _group: list[Point] = field(default_factory=list)
    """The newest points, of which the lowest and the highest are going to be kept."""

    def add(self, step: int, value: float | None) -> None:
        """Adds a point; a None value is a measurement that was not a number."""
        self.last = (step, value)
        self.reach = max(self.reach, abs(value or 0.0))
        if self.stride == 1:
            self.points.append(self.last)
        else:
            self._group.append(self.last)
            if len(self._group) == 2 * self.stride:
                self.points += extremes(self._group)
                self._group = []
        if len(self.points) > MAX_POINTS:
            self._thin()

    def _thin(self) -> None:
        first, *others = self.points
        groups = (others[i : i + 4] for i in range(0, len(others), 4))
        self.points = [first, *(point for group in groups for point in extremes(group))]
        self.stride *= 2
        self.revision += 1

    def cut_after(self, step: int) -> None:
        """Forgets the points after `step`: a resumed attempt measures them anew."""
        self.revision += 1
        self.points = [point for point in self.points if point[0] <= step]
        self._group = [point for point in self._group if point[0] <= step]
        self.last = next(reversed([*self.points, *self._group]), None)
        self.reach = max((abs(value or 0.0) for _, value in self), default=0.0)

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[Point]:
        yield from self.points
        if self.last and self.points and self.points[-1][0] != self.last[0]:
            yield self.last


def extremes(points: Sequence[Point]) -> list[Point]:
    """Returns the lowest and the highest point in the order of their steps, one where they are the same."""
    numbers = [(value, step) for step, value in points if value is not None]
    if not numbers:
        return list(points[:1])
    low, high = min(numbers), max(numbers)
    return sorted({(low[1], low[0]), (high[1], high[0])})
