"""Mean, spread and interval over seeds, and comparisons that count seeds and rows, against numpy and scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from nbft.statistics.decomposed import Decomposed, mean_of
from nbft.statistics.seeds import Side, compare_over_seeds, spread_of
from nbft.statistics.verdict import verdict_over_seeds

SCORES = [0.871, 0.866, 0.884, 0.859, 0.878]


def right(share: float, rows: int, chance: np.random.Generator) -> Decomposed:
    return mean_of((chance.random(rows) < share).astype(float))


def test_mean_spread_and_interval_are_those_of_numpy_and_scipy():
    found = spread_of(SCORES)
    low, high = stats.t.interval(0.95, len(SCORES) - 1, np.mean(SCORES), stats.sem(SCORES))
    assert (found.n, found.mean, found.deviation) == (5, np.mean(SCORES), np.std(SCORES, ddof=1))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_one_seed_has_a_mean_and_tells_nothing_of_its_spread():
    found = spread_of([0.5])
    assert (found.mean, found.deviation, found.low, found.high) == (0.5, None, None, None)


def test_with_rows_without_end_the_test_is_the_t_test_over_seeds():
    """What rows add is nothing where every row scores the same, up to the seed's own level."""
    seeds = [mean_of(np.full(2000, value)) for value in SCORES]
    found = compare_over_seeds(Side(seeds), Side([mean_of(np.full(2000, 0.85))]))
    wanted: Any = stats.ttest_1samp(SCORES, 0.85)
    low, high = wanted.confidence_interval(0.95)
    assert found.p == pytest.approx(wanted.pvalue)
    assert (found.low, found.high) == pytest.approx((low - 0.85, high - 0.85))


def test_two_series_are_compared_as_by_welch():
    others = [0.84, 0.88, 0.81, 0.86]
    first, second = ([mean_of(np.full(500, value)) for value in values] for values in (SCORES, others))
    found = compare_over_seeds(Side(first), Side(second))
    wanted: Any = stats.ttest_ind(SCORES, others, equal_var=False)
    assert (found.p, found.value) == pytest.approx((wanted.pvalue, np.mean(SCORES) - np.mean(others)))


def test_a_run_alone_varies_with_its_seed_as_the_series_does():
    seeds = [mean_of(np.full(500, value)) for value in SCORES]
    alone = [mean_of(np.full(500, 0.85))]
    as_drawn, as_it_is = (compare_over_seeds(Side(seeds), Side(alone, is_drawn=drawn)) for drawn in (True, False))
    deviation = np.std(SCORES, ddof=1)
    assert as_drawn.error == pytest.approx(deviation * math.sqrt(1 + 1 / 5))
    assert as_it_is.error == pytest.approx(deviation * math.sqrt(1 / 5))


def test_without_spread_over_seeds_the_error_is_that_of_the_rows():
    chance = np.random.default_rng(3)
    one, other = right(0.8, 400, chance), right(0.7, 400, chance)
    found = compare_over_seeds(Side([one] * 3), Side([other]), resamples=4000)
    apart = one.rows[:, 0] - other.rows[:, 0]
    assert found.error == pytest.approx(stats.sem(apart), rel=0.05)


def test_the_interval_holds_the_true_difference_of_a_method_on_all_rows_and_seeds():
    """Rows and seeds are drawn anew 400 times; they act on the score together, as in real models."""
    chance, rows, seeds, held = np.random.default_rng(0), 150, 4, 0
    for _ in range(400):
        ease, skill = chance.normal(0, 0.3, rows), chance.normal(0, 0.03, seeds)
        runs = [mean_of(0.1 + ease + s + chance.normal(0, 0.2, rows)) for s in skill]
        base = mean_of(ease + chance.normal(0, 0.2, rows))
        found = compare_over_seeds(Side(runs), Side([base]), resamples=200)
        held += (found.low or 0.0) <= 0.1 <= (found.high or 0.0)
    assert 0.92 <= held / 400 <= 0.98


def test_the_sentence_says_whether_the_difference_exceeds_the_spread_of_the_seeds():
    chance = np.random.default_rng(1)
    runs = Side([right(share, 2000, chance) for share in (0.86, 0.87, 0.88)])
    for share, said in (
        (0.7, "more than the seeds' spread of"),
        (0.868, "no difference between reviews and base can be"),
    ):
        base = Side([right(share, 2000, chance)])
        found = compare_over_seeds(runs, base)
        sentence = verdict_over_seeds(("reviews", "base"), found, (3, 1), (runs.spread, None))
        assert said in sentence
        assert "over 3 seeds" in sentence


def test_a_difference_that_is_told_but_smaller_than_the_spread_says_so():
    seeds = [mean_of(np.full(900, 0.8 + step)) for step in np.linspace(-0.05, 0.05, 40)]
    side = Side(seeds)
    found = compare_over_seeds(side, Side([mean_of(np.full(900, 0.78))]))
    assert "though single seeds spread by as much" in verdict_over_seeds(
        ("a", "b"), found, (40, 1), (side.spread, None)
    )
