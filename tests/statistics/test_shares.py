from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from statsmodels.stats.contingency_tables import mcnemar as theirs
from statsmodels.stats.proportion import proportion_confint

from nbft.statistics.bootstrap import interval
from nbft.statistics.compare import compare
from nbft.statistics.decomposed import mean_of
from nbft.statistics.shares import difference, mcnemar

chance = np.random.default_rng(2)


@given(some.integers(0, 40), some.integers(0, 40), some.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_of_a_share_is_wilsons_of_statsmodels(right: int, wrong: int, level: float):
    if right + wrong == 0:
        return
    found = interval(mean_of([1.0] * right + [0.0] * wrong), level=level)
    expected = proportion_confint(right, right + wrong, alpha=1 - level, method="wilson")
    assert (found.low, found.high) == (pytest.approx(expected[0], abs=1e-12), pytest.approx(expected[1], abs=1e-12))


@given(some.integers(0, 200), some.integers(0, 200))
def test_mcnemar_agrees_with_statsmodels(only_a: int, only_b: int):
    p, test = mcnemar(only_a, only_b)
    exact = test == "McNemar, exact"
    assert exact == (only_a + only_b < 50)
    if only_a + only_b:
        expected = theirs([[7, only_a], [only_b, 9]], exact=exact, correction=only_a != only_b).pvalue  # pyright: ignore[reportAttributeAccessIssue] - documented
        assert p == pytest.approx(expected)


def test_two_systems_that_are_right_and_wrong_are_compared_on_the_rows_where_they_differ():
    a, b = [1, 1, 1, 1, 1, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 0, 1, 0, 1, 1]
    found = compare(mean_of(a), mean_of(b))
    assert found.value == pytest.approx(0.6)
    assert found.p == pytest.approx(2 / 2**6)
    assert found.test == "McNemar, exact"
    assert found.n == 10


def test_rows_that_do_not_count_are_left_out_of_a_share():
    metric = mean_of([1, 0, 1, 1], counts=[True, True, False, True])
    assert metric.total() == pytest.approx(2 / 3)
    assert metric.is_share
    assert compare(metric, mean_of([1, 1, 0, 1], counts=[True, True, False, True])).n == 3


@pytest.mark.parametrize(("n", "both", "only_a", "only_b"), [(60, 0.7, 0.15, 0.05), (200, 0.9, 0.02, 0.02)])
def test_intervals_of_paired_shares_hold_the_truth_as_often_as_they_say(
    n: int, both: float, only_a: float, only_b: float
):
    counts = chance.multinomial(n, [both, only_a, only_b, 1 - both - only_a - only_b], 4000)
    ends = [difference(int(a), int(b), n, 0.95)[:2] for _, a, b, _ in counts]
    held = np.mean([low <= only_a - only_b <= high for low, high in ends])
    assert 0.94 <= held <= 0.985


def test_systems_that_agree_everywhere_are_not_known_to_be_the_same():
    found = compare(mean_of([1] * 20), mean_of([1] * 20))
    assert (found.value, found.p) == (0, 1)
    assert found.low == pytest.approx(-(found.high or 0))
    assert 0.05 < (found.high or 0) < 0.2
