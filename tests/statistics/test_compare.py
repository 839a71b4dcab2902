from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nbft.statistics.bootstrap import draws, interval
from nbft.statistics.compare import compare
from nbft.statistics.decomposed import Decomposed, mean_of, of_function, ratio

chance = np.random.default_rng(4)
TOKENS = chance.integers(5, 60, 150)
LOSSES = chance.gamma(2, 1, 150) * TOKENS


def perplexity() -> Decomposed:
    return Decomposed(np.column_stack([LOSSES, TOKENS]), lambda s: np.exp(ratio(s)), lower_is_better=True, scale=None)


def test_bca_intervals_are_those_of_scipy():
    found = interval(perplexity(), resamples=10000)
    expected = stats.bootstrap(
        (LOSSES, TOKENS), lambda x, y, axis: np.exp(x.sum(axis) / y.sum(axis)), paired=True, n_resamples=10000,
        vectorized=True, method="BCa", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.04 * width)
    assert found.high == pytest.approx(expected.high, abs=0.04 * width)


def test_p_by_randomisation_is_that_of_scipy():
    a, b = chance.normal(0.15, 1, 80), chance.normal(0, 1, 80)
    found = compare(mean_of(a), mean_of(b), resamples=20000)
    expected = stats.permutation_test(
        (a, b), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples", vectorized=True, n_resamples=20000,
        rng=np.random.default_rng(1),
    ).pvalue  # fmt: skip
    assert found.test == "approximate randomisation"
    assert found.p == pytest.approx(expected, abs=0.015)
    assert found.value == pytest.approx(a.mean() - b.mean())


def test_the_interval_of_a_difference_is_that_of_the_paired_rows():
    a = chance.normal(0.3, 1, 200)
    b = a + chance.normal(0, 0.1, 200)
    found = compare(mean_of(a), mean_of(b))
    expected = stats.ttest_rel(a, b).confidence_interval()
    assert found.low == pytest.approx(expected.low, abs=0.003)
    assert found.high == pytest.approx(expected.high, abs=0.003)


def test_a_metric_of_no_sums_is_resampled_row_by_row_to_the_same():
    x = chance.gamma(1, 1, 60)
    summed = interval(mean_of(x), resamples=500)
    rowwise = interval(of_function(lambda rows: float(x[rows].mean()), 60), resamples=500)
    assert (rowwise.low, rowwise.high) == (pytest.approx(summed.low), pytest.approx(summed.high))
    y = x + chance.normal(0, 1, 60)
    found = compare(
        of_function(lambda i: float(x[i].mean()), 60), of_function(lambda i: float(y[i].mean()), 60), resamples=500
    )
    assert found.test == "paired bootstrap"
    assert found.p == pytest.approx(stats.ttest_rel(x, y).pvalue, abs=0.05)


def test_draws_keep_their_size_and_their_seed():
    first, again = (np.concatenate(list(draws(3_000_000, 3, seed))) for seed in (1, 1))
    assert first.shape == (3, 3_000_000)
    assert (first.sum(axis=1) == 3_000_000).all()
    assert (first == again).all()


def test_a_metric_at_its_end_is_not_certain():
    perfect = Decomposed(np.ones((50, 2)) * 0.5, ratio)
    found = interval(perfect)
    assert found.high == 1
    assert found.low == pytest.approx(0.929, abs=0.001)  # Wilson's of 50 of 50


def test_what_is_not_defined_has_no_interval():
    assert interval(Decomposed(np.zeros((5, 2)), ratio)).low is None
    assert interval(mean_of([])).low is None
    assert interval(mean_of([0.3])).low is None


def test_other_rows_are_not_compared():
    with pytest.raises(ValueError, match="same rows"):
        compare(mean_of([1, 0]), mean_of([1]))


def test_a_part_of_the_rows_is_a_metric_of_its_own():
    x = chance.random(40)
    assert mean_of(x).part([3, 5]).total() == pytest.approx(x[[3, 5]].mean())
    metric = of_function(lambda rows: float(np.median(x[rows])), 40).part(np.arange(10, 21))
    assert metric.total() == pytest.approx(np.median(x[10:21]))
