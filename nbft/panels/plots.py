"""Which curves are drawn together, in which colours, and what is marked on them: one answer for every chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nbft.panels import wording
from nbft.record.curve import Curve
from nbft.record.state import RunState

Point = tuple[int, float]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette, told apart by the colour-blind; the first four keep a contrast of 3 to white and black."""
METRIC_COLOURS = (2, 3, 0, 1, 4, 5)
"""The order in which metrics take colours: first those that the losses leave free."""
DASHES = ((), (7, 4), (2, 3), (9, 3, 2, 3))
"""How the lines of a plot are broken, one after the other: colour alone means nothing."""
SPELT = {"bleu": "BLEU", "chrf": "chrF", "ter": "TER"}
"""Metrics that are written otherwise than the spec writes them."""
SMOOTHED_OVER = 1 / 50
"""Share of a noisy curve's points that its smoothed line averages over."""
LARGEST_SHARE = 1.5
"""Metrics beyond this are no shares (BLEU, perplexity) and get a chart of their own."""


@dataclass(frozen=True)
class Line:
    """One metric of a plot; a noisy one is drawn smoothed over its faint raw points, a sparse one with dots."""

    metric: str
    label: str
    colour: int
    dash: int = 0
    is_noisy: bool = False


@dataclass(frozen=True)
class Plot:
    """Lines that share an axis of values."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Mark:
    """A step worth seeing: where the best model stands."""

    step: int
    label: str
    metric: str = ""
    value: float | None = None


def plots_of(state: RunState) -> list[Plot]:
    """Returns the plots of a run: its losses, then its metrics, those of another size each on its own."""
    losses = Plot("Loss", (Line("train/loss", "train", 0, is_noisy=True), Line("eval/loss", "validation", 1)))
    known = state.plan.metrics if state.plan else []
    names = list(dict.fromkeys([*known, *(name for name in state.curves if name.startswith("eval/"))]))
    names = [name for name in names if name != "eval/loss"]
    if not names:
        return [losses] if state.plan else [losses, Plot("Metrics", ())]
    shares = [name for name in names if _is_share(state.curves.get(name))]
    others = [name for name in names if name not in shares]
    return [losses, *_together(shares), *(_together([name])[0] for name in others)]


def _together(names: list[str]) -> list[Plot]:
    if not names:
        return []
    lines = tuple(
        Line(name, short(name), METRIC_COLOURS[i % len(METRIC_COLOURS)], i % len(DASHES))
        for i, name in enumerate(names)
    )
    title = wording.sentence(short(names[0])) if len(names) == 1 else "Metrics"
    return [Plot(title, lines)]


def short(metric: str) -> str:
    """Returns a metric's name without its split, as people say it."""
    name = metric.rsplit("/", 1)[-1]
    return SPELT.get(name, name.replace("_", " "))


def _is_share(curve: Curve | None) -> bool:
    return curve is None or all(value is None or abs(value) <= LARGEST_SHARE for _, value in curve)


def marks_of(state: RunState) -> list[Mark]:
    """Returns the marks of a run: the best model's step, with its value on the monitored line."""
    rule = state.early_stopping
    if rule.best is None or rule.best_step is None:
        return []
    return [Mark(rule.best_step, "best", rule.monitor, rule.best)]


def finite(curve: Curve | None) -> list[Point]:
    """Returns the points whose value is a number."""
    return [(step, value) for step, value in curve or () if value is not None and math.isfinite(value)]


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Returns the running mean of a noisy curve; short curves come back as they are. chart.js does the same."""
    weight = 2 / (1 + max(1.0, len(points) * SMOOTHED_OVER))
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
