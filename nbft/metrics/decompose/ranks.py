"""Metrics of ranks for many resamples at once: rows are sorted once, resamples only weigh them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Weighted = Callable[[np.ndarray], np.ndarray]
"""Takes how often each row is taken (R, n); returns the metric (R,)."""


class Order:
    """The order of values (n,), equal ones in one group."""

    def __init__(self, values: np.ndarray) -> None:
        self.order = np.argsort(values, kind="stable")
        is_new = np.append(True, np.diff(values[self.order]) != 0)[: len(values)]
        self.starts = np.flatnonzero(is_new)
        self.group_of = np.empty(len(values), int)
        self.group_of[self.order] = np.cumsum(is_new) - 1

    def grouped(self, counts: np.ndarray) -> np.ndarray:
        """Returns how many rows each group has (R, G)."""
        return np.add.reduceat(counts[:, self.order], self.starts, axis=1)

    def ranks(self, counts: np.ndarray) -> np.ndarray:
        """Returns the mean rank of each row (R, n), from 1."""
        sizes = self.grouped(counts)
        return (np.cumsum(sizes, axis=1) - sizes / 2 + 0.5)[:, self.group_of]


def areas(scores: Sequence[np.ndarray], has: Sequence[np.ndarray]) -> Weighted:
    """Returns the mean area under the ROC curves of several labels, but of those that all rows have or none has."""
    curves = [(Order(score), label) for score, label in zip(scores, has, strict=True)]

    def value(counts: np.ndarray) -> np.ndarray:
        total, known = np.zeros(len(counts)), np.zeros(len(counts))
        for order, label in curves:
            area = _area(order, label, counts)
            is_known = np.isfinite(area)
            total += np.where(is_known, area, 0)
            known += is_known
        return np.divide(total, known, out=np.full(len(counts), np.nan), where=known > 0)

    return value


def _area(order: Order, has: np.ndarray, counts: np.ndarray) -> np.ndarray:
    yes, no = order.grouped(counts * has), order.grouped(counts * ~has)
    below = np.cumsum(no, axis=1) - no / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return (yes * below).sum(axis=1) / (yes.sum(axis=1) * no.sum(axis=1))


def rank_correlation(x: np.ndarray, y: np.ndarray) -> Weighted:
    """Returns Spearman's correlation; not a number where one side is constant."""
    first, second = Order(x), Order(y)

    def value(counts: np.ndarray) -> np.ndarray:
        n = counts.sum(axis=1, keepdims=True)
        sides = [order.ranks(counts) - (n + 1) / 2 for order in (first, second)]
        shared = (counts * sides[0] * sides[1]).sum(axis=1)
        spreads = [(counts * side**2).sum(axis=1) for side in sides]
        with np.errstate(divide="ignore", invalid="ignore"):
            return shared / np.sqrt(spreads[0] * spreads[1])

    return value
