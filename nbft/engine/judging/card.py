"""Answers of systems on the same rows -> scores with intervals, and who beats whom."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nbft.record.scorecard import Comparison, Score, Slice
from nbft.statistics.bootstrap import interval
from nbft.statistics.compare import Difference, compare
from nbft.statistics.decomposed import Decomposed, Resampled, RowMetric
from nbft.statistics.holm import holm
from nbft.statistics.verdict import verdict
from nbft.tasks.by_row import ByRow

if TYPE_CHECKING:
    from nbft.engine.judging.seeds import OverSeeds

RESAMPLES = 2000
SLICE_RESAMPLES = 500
MAX_SLICES = 20
"""Values of a column that are shown; those of most rows are."""
LENGTH_BINS = 4

Metrics = dict[str, RowMetric]


@dataclass(frozen=True)
class Judgement:
    """A system's metrics by rows."""

    name: str
    is_baseline: bool
    answers: ByRow
    metrics: Metrics


def score(metric: RowMetric, seed: int, resamples: int = RESAMPLES) -> Score:
    """Returns the metric's value with its interval; None for what is not a number."""
    value = metric.total() if metric.n else math.nan
    ends = interval(metric, resamples=resamples, seed=seed)
    return Score(_known(value), ends.low, ends.high)


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def compare_all(
    judgements: Sequence[Judgement], pairs: Iterable[tuple[str, str]], seed: int, over_seeds: OverSeeds | None = None
) -> list[Comparison]:
    """Returns the comparisons of each pair in each metric that both have, p adjusted over all of them."""
    named = {one.name: one for one in judgements}
    made: list[tuple[str, str, str, Difference]] = []
    for a, b in pairs:
        if over_seeds and over_seeds.concerns(a, b):
            made += [(a, b, name, over_seeds.compare(a, b, name, seed)) for name in over_seeds.metrics(a, b)]
            continue
        first, second = named[a].metrics, named[b].metrics
        both = [name for name in first if name in second and first[name].n == second[name].n]
        made += [(a, b, name, compare(first[name], second[name], seed=seed)) for name in both]
    adjusted = holm([found.p for *_, found in made])
    return [
        Comparison(
            a,
            b,
            name,
            found.value if math.isfinite(found.value) else 0.0,
            _known(found.low),
            _known(found.high),
            found.p,
            p,
            found.test,
            over_seeds.verdict(a, b, name, found, p)
            if over_seeds and over_seeds.concerns(a, b)
            else verdict(a, b, found, metric=name, p=p),
        )
        for (a, b, name, found), p in zip(made, adjusted, strict=True)
    ]


def default_pairs(judgements: Sequence[Judgement]) -> list[tuple[str, str]]:
    """Returns the first system against each other one and against the best baseline by its first metric."""
    first, *others = [one for one in judgements if not one.is_baseline]
    pairs = [(first.name, one.name) for one in others]
    metric = next(iter(first.metrics), "")
    free = [one for one in judgements if one.is_baseline and metric in one.metrics]
    if free:
        lower = first.metrics[metric].lower_is_better
        best = sorted(free, key=lambda one: one.metrics[metric].total(), reverse=not lower)[0]
        pairs.append((first.name, best.name))
    return pairs


def slices(judgements: Sequence[Judgement], by: str, values: Sequence[str], seed: int) -> list[Slice]:
    """Returns the scores of rows that share a value, of systems other than baselines; the order is that of `values`."""
    groups: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        groups.setdefault(value, []).append(row)
    shown = sorted(groups, key=lambda value: -len(groups[value]))[:MAX_SLICES]
    systems = [one for one in judgements if not one.is_baseline]
    return [
        Slice(
            by,
            value,
            len(groups[value]),
            {one.name: _scores_of(_telling(one.metrics, by), groups[value], seed, len(shown)) for one in systems},
        )
        for value in groups
        if value in shown
    ]


def _telling(metrics: Metrics, by: str) -> Metrics:
    """Returns the metrics that mean something on the rows of a single label: those that are means over rows."""
    means: Metrics = {
        name: metric for name, metric in metrics.items() if isinstance(metric, Decomposed) and metric.is_mean
    }
    return means if by == "label" and means else metrics


def _scores_of(metrics: Mapping[str, RowMetric], rows: list[int], seed: int, parts: int) -> dict[str, Score]:
    return {name: score(_of_part(metric, rows, parts), seed, SLICE_RESAMPLES) for name, metric in metrics.items()}


def _of_part(metric: RowMetric, rows: list[int], parts: int) -> RowMetric:
    """Returns the metric of some rows; a slow one may not take longer for all the parts than for the whole."""
    part = metric.part(rows)
    if isinstance(part, Resampled) and part.affordable is not None:
        return replace(part, affordable=part.affordable // parts)
    return part


def length_bins(texts: Sequence[str]) -> list[str]:
    """Returns the quarter of lengths in characters that each text is in, in words; shorter ones come first."""
    lengths = np.asarray([len(text) for text in texts])
    ends = np.unique(np.quantile(lengths, np.linspace(0, 1, LENGTH_BINS + 1)[1:]).astype(int))
    which = np.searchsorted(ends, lengths)
    names = [f"up to {ends[0]:,} characters"]
    names += [f"{low + 1:,} to {high:,} characters" for low, high in pairwise(ends)]
    return [names[i] for i in which]
