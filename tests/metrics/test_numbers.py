from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nbft.metrics import load_metric
from nbft.metrics.numbers import number_metrics

chance = np.random.default_rng(7)
TRUE = np.round(chance.random(300) * 5, 1)
GUESS = (TRUE + chance.normal(0, 1, 300)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pearson", np.corrcoef(TRUE, GUESS)[0, 1]),
        ("spearman", np.corrcoef(stats.rankdata(TRUE), stats.rankdata(GUESS))[0, 1]),
        ("mse", ((TRUE - GUESS) ** 2).mean()),
        ("mae", np.abs(TRUE - GUESS).mean()),
    ],
)
def test_a_metric_agrees_with_its_definition(name: str, expected: float):
    assert number_metrics(GUESS, TRUE, [name]) == {name: pytest.approx(expected)}


def test_the_correlations_are_those_of_scipy():
    found = number_metrics(GUESS, TRUE, ["pearson", "spearman"])
    assert found["pearson"] == pytest.approx(stats.pearsonr(TRUE, GUESS).statistic)  # pyright: ignore[reportAttributeAccessIssue] - documented
    assert found["spearman"] == pytest.approx(stats.spearmanr(TRUE, GUESS).statistic)  # pyright: ignore[reportAttributeAccessIssue] - documented


def test_a_model_that_always_says_the_same_has_no_correlation():
    found = number_metrics(np.ones(300), TRUE, ["pearson", "spearman"])
    assert np.isnan(list(found.values())).all()


def test_metrics_answer_to_the_names_that_evaluate_uses():
    for name in ("pearsonr", "spearmanr", "mse", "mae"):
        assert list(load_metric(name).compute(predictions=GUESS, references=TRUE) or {}) == [name]
