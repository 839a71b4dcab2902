"""A metric taken apart adds up to the metric, for all rows and for any choice of them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nbft.data.files import read_file
from nbft.errors import DataError
from nbft.metrics.answers import answer_metrics
from nbft.metrics.classes import class_metrics, multi_label_metrics
from nbft.metrics.decompose import decompose, decompose_all
from nbft.metrics.meteor import meteor
from nbft.metrics.numbers import number_metrics
from nbft.metrics.spans import span_metrics
from nbft.metrics.texts import TEXT_METRICS
from nbft.spec.metric_names import metrics_of
from nbft.statistics.decomposed import RowMetric
from nbft.tasks.language_model import token_metrics
from nbft.tasks.summarization import rouge
from tests.shared import shared

WORDS = ("the", "cat", "sat", "down", "on", "a", "mat", "cats", "sitting", ".", "")
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
MULTI = "text-classification, multi-label"
texts = some.lists(some.sampled_from(WORDS), max_size=12).map(" ".join)
calm = settings(deadline=None, max_examples=40)
some_texts = some.lists(some.tuples(texts, texts), min_size=1, max_size=8)


def of_rows(metric: RowMetric, rows: Sequence[int] | np.ndarray) -> float:
    """Returns the metric of rows as resampling computes it."""
    return float(metric.of(np.bincount(rows, minlength=metric.n)[None].astype(float))[0])


def agrees(found: float, expected: float) -> bool:
    return found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def drawn(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, n, n)


@calm
@given(some.integers(0, 10_000), some.integers(2, 4), some.integers(2, 30))
def test_metrics_of_classes(seed: int, classes: int, n: int):
    chance = np.random.default_rng(seed)
    scores, wanted = chance.dirichlet(np.ones(classes), n).round(1), chance.integers(0, classes, n)
    names = metrics_of(["text-classification"])
    metrics = decompose_all(names, "text-classification", scores, wanted)
    rows = drawn(n)
    expected, again = class_metrics(scores, wanted, names), class_metrics(scores[rows], wanted[rows], names)
    for name in names:
        assert agrees(metrics[name].total(), expected[name]), name
        assert agrees(of_rows(metrics[name], rows), again[name]), name


@calm
@given(some.integers(0, 10_000), some.integers(1, 4), some.integers(2, 30))
def test_metrics_of_several_labels(seed: int, labels: int, n: int):
    chance = np.random.default_rng(seed)
    scores, wanted = chance.random((n, labels)).round(1), (chance.random((n, labels)) < 0.3).astype(int)
    names = metrics_of([MULTI])
    expected = multi_label_metrics(scores, wanted, names, 0.6)
    metrics = decompose_all(names, MULTI, scores, wanted, threshold=0.6)
    for name in names:
        assert agrees(metrics[name].total(), expected[name]), name
    rows = drawn(n)
    again = multi_label_metrics(scores[rows], wanted[rows], ["accuracy", "f1_micro", "roc_auc"], 0.6)
    for name, value in again.items():
        assert agrees(of_rows(metrics[name], rows), value), name


@calm
@given(some.integers(0, 10_000), some.integers(2, 30))
def test_metrics_of_numbers(seed: int, n: int):
    chance = np.random.default_rng(seed)
    wanted = chance.integers(0, 5, n) + 100.0
    said = (wanted + chance.normal(0, 1, n)).round(0)
    names = metrics_of(["text-classification, regression"])
    metrics = decompose_all(names, "text-classification, regression", said, wanted)
    rows = drawn(n)
    expected, again = number_metrics(said, wanted, names), number_metrics(said[rows], wanted[rows], names)
    for name in names:
        assert agrees(metrics[name].total(), expected[name]), name
        assert agrees(of_rows(metrics[name], rows), again[name]), name


@calm
@given(
    some.lists(some.lists(some.tuples(*[some.sampled_from(TAGS)] * 2), min_size=1, max_size=8), min_size=1, max_size=8)
)
def test_metrics_of_tags(words: list[list[tuple[str, str]]]):
    said, wanted = ([[pair[side] for pair in row] for row in words] for side in (0, 1))
    names = metrics_of(["token-classification"])
    metrics = decompose_all(names, "token-classification", said, wanted)
    rows = drawn(len(words))
    expected = span_metrics(said, wanted, names)
    again = span_metrics([said[i] for i in rows], [wanted[i] for i in rows], names)
    for name in names:
        assert agrees(metrics[name].total(), expected[name]), name
        assert agrees(of_rows(metrics[name], rows), again[name]), name


@calm
@given(some.lists(some.tuples(texts, some.lists(texts, max_size=3)), min_size=1, max_size=8), some.booleans())
def test_metrics_of_answers(rows: list[tuple[str, list[str]]], by_character: bool):
    said, wanted = [row[0] for row in rows], [row[1] for row in rows]
    names = metrics_of(["question-answering"])
    expected = answer_metrics(said, wanted, by_character)
    metrics = decompose_all(names, "question-answering", said, wanted, by_character=by_character)
    for name in names:
        assert agrees(metrics[name].total(), expected[name]), name


@calm
@given(some_texts, some.booleans())
def test_metrics_of_translations(pairs: list[tuple[str, str]], are_several: bool):
    said, wanted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    references: list[Any] = [[text, f"{text} too"] for text in wanted] if are_several else wanted
    metrics = decompose_all(["bleu", "chrf", "ter"], "translation", said, references, tokenize="13a")
    rows = drawn(len(said))
    for name, library in {"bleu": "sacrebleu", "chrf": "chrf", "ter": "ter"}.items():
        for choice, found in ((range(len(said)), metrics[name].total()), (rows, of_rows(metrics[name], rows))):
            sides = {"predictions": [said[i] for i in choice], "references": [references[i] for i in choice]}
            expected = TEXT_METRICS[library]().compute(**sides) or {}
            assert agrees(found, expected["score"]), name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bleu", {"smooth_method": "add-k"}),
        ("bleu", {"effective_order": True}),
        ("bleu", {"lowercase": True}),
        ("chrf", {"word_order": 2}),
        ("chrf", {"eps_smoothing": True}),
        ("ter", {"normalized": True}),
    ],
)
def test_options_of_sacrebleu_are_heard(name: str, options: dict[str, Any]):
    said, wanted = ["The cat sat on a mat.", "It is late"], ["the cat sat down on the mat .", "It is getting late."]
    expected = TEXT_METRICS["sacrebleu" if name == "bleu" else name]().compute(
        predictions=said, references=wanted, **options
    )
    assert decompose(name, "translation", said, wanted, **options).total() == pytest.approx((expected or {})["score"])


@calm
@given(some_texts)
def test_metrics_of_summaries(pairs: list[tuple[str, str]]):
    said, wanted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    names = metrics_of(["summarization"])
    expected = {**rouge(said, wanted, [name for name in names if name != "meteor"]), **meteor(said, wanted, names)}
    metrics = decompose_all(names, "summarization", said, wanted)
    for name in names:
        assert agrees(metrics[name].total(), expected[name]), name


@calm
@given(some.lists(some.tuples(some.floats(0, 50), some.integers(0, 9), some.integers(0, 9)), min_size=1, max_size=8))
def test_metrics_of_tokens(rows: list[tuple[float, int, int]]):
    expected = token_metrics(rows)
    metrics = decompose_all(["loss", "perplexity", "token_accuracy"], "chat", rows, None)
    for name, value in expected.items():
        assert agrees(metrics[name].total(), value) or math.isinf(value), name


def test_names_of_classes_do_as_well_as_numbers():
    said, wanted = ["b", "a", "c", "b"], ["b", "a", "b", "a"]
    by_name = decompose("f1", "text-classification", said, wanted, labels=["a", "b", "c"])
    by_number = decompose("f1", "text-classification", [1, 0, 2, 1], [1, 0, 1, 0])
    assert by_name.total() == by_number.total()
    assert by_name.n == 4


def test_a_label_that_a_resample_lacks_is_no_failure():
    scores, wanted = np.eye(3)[[0, 1, 2]], np.eye(3, dtype=int)[[0, 1, 2]]
    metric = decompose("f1_macro", MULTI, scores, wanted)
    assert of_rows(metric, [0, 0, 1]) == 1


def test_areas_need_probabilities():
    with pytest.raises(DataError, match="how sure the model is"):
        decompose("roc_auc", "text-classification", ["a", "b"], ["a", "b"])


def test_a_metric_of_another_task_is_refused():
    with pytest.raises(DataError, match="It computes accuracy, f1"):
        decompose("bleu", "text-classification", [0], [0])


def test_real_answers_add_up():
    rows, _ = read_file(shared("squad_new_wiki/new_wiki_v2like_test.json"))
    said = [re.split(r"(?<=[.!?])\s", context.strip())[0] for context in rows["context"]]
    metric = decompose("f1", "question-answering", said, [row["text"] for row in rows["answers"]])
    assert metric.total() == pytest.approx(0.08516954060117803)  # by evaluate-v2.0.py
