from __future__ import annotations

import evaluate
import numpy as np
import pytest
from sklearn import metrics as sk

from nbft.errors import DataError
from nbft.metrics import load_metric
from nbft.metrics.classes import CLASS_METRICS, class_metrics

chance = np.random.default_rng(3)
TRUE = chance.integers(0, 3, 300)
SCORES = chance.dirichlet([1, 1, 1], 300)
GUESS = SCORES.argmax(axis=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", float((TRUE == GUESS).mean())),
        ("f1", sk.f1_score(TRUE, GUESS, average="macro")),
        ("precision", sk.precision_score(TRUE, GUESS, average="macro")),
        ("recall", np.mean([(GUESS[c == TRUE] == c).mean() for c in range(3)])),
        ("matthews_correlation", sk.matthews_corrcoef(TRUE, GUESS)),
        ("roc_auc", sk.roc_auc_score(TRUE, SCORES, multi_class="ovr")),
    ],
)
def test_a_metric_agrees_with_its_source(name: str, expected: float):
    assert class_metrics(SCORES, TRUE, [name]) == {name: pytest.approx(expected)}


def test_binary_auc_is_that_of_the_second_class():
    scores, true = SCORES[:, :2] / SCORES[:, :2].sum(axis=1, keepdims=True), TRUE % 2
    assert class_metrics(scores, true, ["roc_auc"])["roc_auc"] == pytest.approx(sk.roc_auc_score(true, scores[:, 1]))


def test_auc_of_one_class_is_not_a_number():
    assert np.isnan(class_metrics(SCORES, np.zeros(300, dtype=int), ["roc_auc"])["roc_auc"])


def test_metrics_are_evaluate_modules_that_add_up_over_batches():
    for name in CLASS_METRICS:
        assert isinstance(load_metric(name), evaluate.Metric)
    accuracy = load_metric("accuracy")
    for part in np.array_split(np.arange(300), 7):
        accuracy.add_batch(predictions=GUESS[part], references=TRUE[part])
    assert accuracy.compute() == {"accuracy": pytest.approx(float((TRUE == GUESS).mean()))}


def test_a_metric_nobody_has_names_the_one_that_was_meant_or_lists_those_that_work():
    with pytest.raises(DataError, match="Did you mean 'accuracy'"):
        load_metric("acuracy")
    with pytest.raises(DataError, match="nbft has accuracy, f1"):
        load_metric("zebra")
