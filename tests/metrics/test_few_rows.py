"""Few rows, and rows that are all alike, give an answer in words: no warning, no error, no number that is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nbft.metrics.decompose import KINDS, decompose_all
from nbft.spec.metric_names import metrics_of
from nbft.statistics.bootstrap import interval
from nbft.statistics.compare import compare
from nbft.statistics.verdict import verdict


def predictions(kind: str, n: int, chance: np.random.Generator) -> Any:
    words = [" ".join(chance.choice(["a", "the", "cat", "sat"], chance.integers(0, 4))) for _ in range(n)]
    if kind == "token-classification":
        return [list(map(str, chance.choice(["O", "B-X", "I-X"], 1 + i % 3))) for i in range(n)]
    if kind in ("question-answering", "translation", "summarization"):
        return words
    if "regression" in kind:
        return chance.integers(0, 2, n).astype(float)
    if "classification" in kind:
        return chance.dirichlet([1, 1], n).round(1)
    return np.column_stack([chance.random(n), chance.integers(0, 3, n), np.zeros(n)])


def references(kind: str, n: int, chance: np.random.Generator) -> Any:
    if kind == "question-answering":
        return [["cat"] * int(chance.integers(0, 2)) for _ in range(n)]
    if kind == "text-classification":
        return chance.integers(0, 2, n)
    return predictions(kind, n, chance).round() if "multi" in kind else predictions(kind, n, chance)


@pytest.mark.parametrize("kind", list(KINDS))
@settings(max_examples=25, deadline=None)
@given(n=some.integers(1, 5), seed=some.integers(0, 10_000))
def test_few_rows_have_intervals_and_verdicts(kind: str, n: int, seed: int):
    chance = np.random.default_rng(seed)
    wanted = references(kind, n, chance)
    first, second = (decompose_all(metrics_of([kind]), kind, predictions(kind, n, chance), wanted) for _ in range(2))
    for name, metric in first.items():
        found = interval(metric, resamples=50)
        assert found.low is None or (math.isfinite(found.low) and found.low <= (found.high or 0) + 1e-12), name
        difference = compare(metric, second[name], resamples=50)
        ends = [end for end in (difference.low, difference.high, difference.p) if end is not None]
        assert all(map(math.isfinite, ends)), name
        assert "nan" not in verdict("tuned", "base", difference, metric=name), name
