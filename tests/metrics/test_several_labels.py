"""Metrics of several labels a row, against scikit-learn and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from nbft.metrics.classes import SEVERAL, F1Micro, multi_label_metrics

chance = np.random.default_rng(5)
SCORES = chance.random((200, 4))
TRUE = (SCORES + chance.normal(0, 0.4, (200, 4)) > 0.6).astype(int)
GIVEN = (SCORES >= 0.4).astype(int)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", float(np.mean([list(a) == list(b) for a, b in zip(TRUE, GIVEN, strict=True)]))),
        ("f1_micro", 2 * (TRUE & GIVEN).sum() / (TRUE.sum() + GIVEN.sum())),
        ("f1_macro", np.mean([2 * (t & g).sum() / (t.sum() + g.sum()) for t, g in zip(TRUE.T, GIVEN.T, strict=True)])),
        ("precision", sk.precision_score(TRUE, GIVEN, average="macro")),
        ("recall", sk.recall_score(TRUE, GIVEN, average="macro")),
        ("roc_auc", sk.roc_auc_score(TRUE, SCORES, average="macro")),
    ],
)
def test_a_metric_agrees_with_its_source(name: str, expected: float):
    assert multi_label_metrics(SCORES, TRUE, [name], 0.4) == {name: pytest.approx(expected)}


def test_labels_that_all_rows_or_none_have_are_left_out_of_the_area():
    true = TRUE.copy()
    true[:, 0], true[:, 1] = 0, 1
    expected = sk.roc_auc_score(TRUE[:, 2:], SCORES[:, 2:], average="macro")
    assert multi_label_metrics(SCORES, true, ["roc_auc"], 0.5)["roc_auc"] == pytest.approx(expected)


def test_a_metric_takes_rows_of_zero_and_one_by_its_config_name():
    metric = F1Micro(config_name=SEVERAL)
    metric.add_batch(predictions=GIVEN[:50], references=TRUE[:50])
    metric.add_batch(predictions=GIVEN[50:], references=TRUE[50:])
    assert metric.compute() == {"f1_micro": pytest.approx(sk.f1_score(TRUE, GIVEN, average="micro"))}


def test_a_single_label_is_judged_by_the_rows_that_have_it():
    # given to rows 0 and 1, had by 0 and 2: 1 hit of 2 and of 2
    scores, has = np.array([[0.9], [0.8], [0.1], [0.2]]), np.array([[1], [0], [1], [0]])
    assert multi_label_metrics(scores, has, ["f1_macro", "f1_micro", "precision"], 0.5) == {
        "f1_macro": 0.5,
        "f1_micro": 0.5,
        "precision": 0.5,
    }
    scores[3] = 0.05
    has[2] = 0
    assert multi_label_metrics(scores, has, ["f1_macro"], 0.5)["f1_macro"] == pytest.approx(2 / 3)
