"""A series of (step, value) points that never grows beyond a bound, however long the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_POINTS = 4096
"""Enough that a chart as wide as a screen shows every pixel, small enough to send whole after a page reload."""


@dataclass
class Curve:
    """Points of one metric; past MAX_POINTS every second one of those that lie close together is dropped."""

    points: list[tuple[int, float | None]] = field(default_factory=list)
    stride: int = 1
    """Only every stride-th new point is kept once the curve is full."""
    seen: int = 0
    last: tuple[int, float | None] | None = None
    """The newest point, kept or not."""
    revision: int = 0
    """Counts how often points were taken away: who follows the curve begins anew when it changes."""

    def add(self, step: int, value: float | None) -> None:
        """Adds a point; a None value is a measurement that was not a number."""
        self.last = (step, value)
        if self.seen % self.stride == 0:
            self.points.append(self.last)
        self.seen += 1
        if len(self.points) > MAX_POINTS:
            self.points = self.points[::2]
            self.stride *= 2
            self.revision += 1

    def cut_after(self, step: int) -> None:
        """Forgets the points after `step`: a resumed attempt measures them anew."""
        self.revision += 1
        self.points = [point for point in self.points if point[0] <= step]
        self.last = self.points[-1] if self.points else None
        self.seen = len(self.points) * self.stride

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[tuple[int, float | None]]:
        yield from self.points
        if self.last and self.points and self.points[-1][0] != self.last[0]:
            yield self.last
