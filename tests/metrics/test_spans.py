from __future__ import annotations

import random

import pytest
from seqeval import metrics as seqeval

from nbft.inference.token_classification import stretches
from nbft.metrics import load_metric
from nbft.metrics.spans import span_metrics

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-creative-work", "I-creative-work"]
NAMES = ["f1", "precision", "recall", "accuracy"]
chance = random.Random(9)
TRUE = [chance.choices(TAGS, weights=[6, 1, 1, 1, 1, 1, 1], k=chance.randint(1, 12)) for _ in range(200)]
GUESS = [[tag if chance.random() < 0.7 else chance.choice(TAGS) for tag in row] for row in TRUE]


def test_the_metrics_are_those_of_seqeval():
    expected = {
        "f1": seqeval.f1_score(TRUE, GUESS),
        "precision": seqeval.precision_score(TRUE, GUESS),
        "recall": seqeval.recall_score(TRUE, GUESS),
        "accuracy": seqeval.accuracy_score(TRUE, GUESS),
    }
    assert span_metrics(GUESS, TRUE, NAMES) == pytest.approx(expected)
    assert list(span_metrics(GUESS, TRUE, NAMES)) == NAMES


def test_f1_counts_spans_that_agree_in_place_and_type():
    true = {(row, *span) for row, tags in enumerate(TRUE) for span in stretches(tags)}
    guess = {(row, *span) for row, tags in enumerate(GUESS) for span in stretches(tags)}
    expected = 2 * len(true & guess) / (len(true) + len(guess))
    assert span_metrics(GUESS, TRUE, ["f1"])["f1"] == pytest.approx(expected)


def test_a_model_that_finds_nothing_scores_nothing_and_warns_of_nothing():
    nothing = [["O"] * len(tags) for tags in TRUE]
    found = span_metrics(nothing, TRUE, NAMES)
    assert (found["f1"], found["precision"], found["recall"]) == (0, 0, 0)
    assert span_metrics(nothing, nothing, ["f1", "accuracy"]) == {"f1": 0.0, "accuracy": 1.0}


def test_seqeval_by_its_name_also_tells_of_each_type():
    found = load_metric("seqeval").compute(predictions=GUESS, references=TRUE) or {}
    report = seqeval.classification_report(TRUE, GUESS, output_dict=True)
    assert found["creative-work"]["f1"] == pytest.approx(report["creative-work"]["f1-score"])  # pyright: ignore[reportArgumentType, reportCallIssue, reportIndexIssue] - a dict was asked for
    assert found["LOC"]["number"] == sum(tags.count("B-LOC") for tags in TRUE) + sum(
        span[2] == "LOC" and tags[span[0]] == "I-LOC" for tags in TRUE for span in stretches(tags)
    )
