"""A metric taken apart by rows, so that it can be computed for any choice of them without predicting anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Decomposed:
    """A metric that is a function of sums over rows: accuracy, F1, BLEU, perplexity, ..."""

    rows: np.ndarray
    """(n, k): what each row adds to each of the sums."""
    value: Callable[[np.ndarray], np.ndarray]
    """Takes summed statistics (..., k); returns the metric (...)."""
    lower_is_better: bool = False
    scale: float | None = 1.0
    """The metric's largest value: 1 for shares, 100 for BLEU, None where there is none."""
    is_mean: bool = False
    """Whether the two sums are of values and of rows that count (0 or 1), and the metric is their ratio."""

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.rows)

    @property
    def is_share(self) -> bool:
        """Whether each row is right or wrong and the metric is the share of right ones."""
        return self.is_mean and bool(np.isin(self.rows, (0.0, 1.0)).all())

    def total(self) -> float:
        """Returns the metric of all rows."""
        return float(self.value(self.rows.sum(axis=0)))

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Returns the metric (R,) of rows taken as often as `counts` (R, n) says."""
        return self.value(counts @ self.rows)

    def part(self, indices: Sequence[int] | np.ndarray) -> Decomposed:
        """Returns the metric of some of the rows."""
        return replace(self, rows=self.rows[np.asarray(indices)])

    def minus(self, other: Decomposed) -> Decomposed:
        """Returns the difference to another metric of the same rows, as a metric."""
        k = self.rows.shape[1]

        def value(sums: np.ndarray) -> np.ndarray:
            return self.value(sums[..., :k]) - other.value(sums[..., k:])

        return Decomposed(np.hstack([self.rows, other.rows]), value, self.lower_is_better, scale=None)


@dataclass(frozen=True, eq=False)
class Resampled:
    """A metric that is no function of sums and is computed from the rows themselves: roc_auc, spearman, a user's own."""

    n: int
    """The number of rows."""
    value: Callable[[np.ndarray], float]
    """Takes the numbers of the rows, some of them several times; returns the metric."""
    lower_is_better: bool = False
    scale: float | None = None
    """The metric's largest value: 1 for shares, 100 for BLEU, None where there is none."""
    weighted: Callable[[np.ndarray], np.ndarray] | None = None
    """Takes how often each row is taken (R, n); returns the metric (R,): a faster way to the same, where there is one."""
    affordable: int | None = None
    """How often it may be computed in all, where that takes long; with too few times there is no interval."""

    @property
    def is_share(self) -> bool:
        """No metric of this form is the share of rows that are right."""
        return False

    def total(self) -> float:
        """Returns the metric of all rows."""
        return float(self.value(np.arange(self.n)))

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Returns the metric (R,) of rows taken as often as `counts` (R, n) says."""
        if self.weighted is not None:
            return self.weighted(counts)
        rows = np.arange(self.n)
        return np.asarray([self.value(np.repeat(rows, taken.astype(int))) for taken in counts], float)

    def part(self, indices: Sequence[int] | np.ndarray) -> Resampled:
        """Returns the metric of some of the rows, each taken once."""
        chosen = np.asarray(indices)

        def weighted(counts: np.ndarray) -> np.ndarray:
            all_counts = np.zeros((len(counts), self.n))
            all_counts[:, chosen] = counts
            return self.of(all_counts)

        return replace(
            self,
            n=len(chosen),
            value=lambda rows: self.value(chosen[rows]),
            weighted=weighted if self.weighted else None,
        )

    def minus(self, other: Resampled) -> Resampled:
        """Returns the difference to another metric of the same rows, as a metric."""
        weighted = self.weighted and other.weighted and (lambda counts: self.of(counts) - other.of(counts))
        known = [metric.affordable for metric in (self, other) if metric.affordable is not None]
        return Resampled(
            self.n,
            lambda rows: self.value(rows) - other.value(rows),
            self.lower_is_better,
            None,
            weighted or None,
            min(known) if known else None,
        )


RowMetric = Decomposed | Resampled
"""A metric that can be computed for any choice of rows."""


def ratio(sums: np.ndarray) -> np.ndarray:
    """Returns the first sum by the second (..., 2); not a number where the second is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan)


def mean_of(values: Sequence[float] | np.ndarray, counts: Sequence[bool] | np.ndarray | None = None) -> Decomposed:
    """Returns the mean of values (n,), of those alone that count where it is said which do."""
    value = np.asarray(values, float)
    weight = np.ones(len(value)) if counts is None else np.asarray(counts, float)
    return Decomposed(np.column_stack([value * weight, weight]), ratio, is_mean=True)


def of_function(
    function: Callable[[np.ndarray], float], n: int, *, lower_is_better: bool = False, scale: float | None = None
) -> Resampled:
    """Returns a metric by a function of row numbers, as `lambda rows: my_metric(said[rows], wanted[rows])`."""
    return Resampled(n, function, lower_is_better, scale)
