from __future__ import annotations

from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from nbft.data.columns import find_columns
from nbft.errors import DataError

NOTHING: dict[str, str | None] = {"text": None, "text_pair": None, "label": None}
TEXTS = [f"a longer sentence number {i}" for i in range(10)]


def found(columns: dict[str, list[Any]], **given: str) -> dict[str, str]:
    return find_columns(Dataset.from_dict(columns), {**NOTHING, **given})[0]


def test_columns_are_recognised_by_name():
    assert found({"review": TEXTS, "stars": [1, 2] * 5}) == {"text": "review", "label": "stars"}
    assert found({"v1": ["ham", "spam"] * 5, "v2": TEXTS}) == {"text": "v2", "label": "v1"}


def test_sentence_pairs_are_recognised():
    pair = {"sentence1": TEXTS, "sentence2": TEXTS, "label": [0, 1] * 5}
    assert found(pair) == {"text": "sentence1", "text_pair": "sentence2", "label": "label"}


def test_columns_are_recognised_by_content():
    assert found({"id": [str(i) for i in range(10)], "was": TEXTS, "art": ["a", "b"] * 5}) == {
        "text": "was",
        "label": "art",
    }


def test_a_class_label_wins_over_a_name():
    features = Features({"sentence": Value("string"), "idx": Value("int64"), "answer": ClassLabel(names=["no", "yes"])})
    rows = Dataset.from_dict({"sentence": TEXTS, "idx": list(range(10)), "answer": [0, 1] * 5}, features=features)
    assert find_columns(rows, NOTHING)[0] == {"text": "sentence", "label": "answer"}


def test_what_is_recognised_is_said():
    _, notes = find_columns(Dataset.from_dict({"review": TEXTS, "stars": [1, 2] * 5}), NOTHING)
    assert notes == ["Recognised: text is column 'review', label is column 'stars'."]


def test_a_column_that_is_not_there_lists_the_columns_and_the_close_one():
    with pytest.raises(DataError, match=r"Did you mean 'review'\? Its columns: review, stars") as caught:
        found({"review": TEXTS, "stars": [1, 2] * 5}, text="reviw")
    assert caught.value.path == "data.columns.text"


def test_a_label_that_cannot_be_told_is_asked_for():
    with pytest.raises(DataError, match="Which column holds the label"):
        found({"review": TEXTS, "a": list(range(10)), "b": list(range(10))})
