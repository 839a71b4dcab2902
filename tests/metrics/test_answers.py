from __future__ import annotations

import math
import re
from typing import Any

import evaluate
import pytest
from datasets import Dataset

from nbft.data.files import read_file
from nbft.metrics import load_metric
from nbft.metrics.answers import answer_metrics, characters, is_by_character, score_answer, words
from tests.shared import shared

IDS = ("56e10a3be3433e1400422b22", "56d2051ce7d4791d0090260b", "5733b5344776f419006610e1")
RIGHT = ("1976", "Beyoncé and Bruno Mars", "climate change")
"""The examples of evaluate's own pages of squad and squad_v2."""


def computed(name: str, said: list[str], wanted: list[list[str]], **options: Any) -> dict[str, float]:
    metric = load_metric(name)
    assert isinstance(metric, evaluate.Metric)
    more = {"no_answer_probability": 0.0} if name == "squad_v2" else {}
    predictions = [{"id": i, "prediction_text": text, **more} for i, text in zip(IDS, said, strict=False)]
    references = [
        {"id": i, "answers": {"text": texts, "answer_start": [0] * len(texts)}}
        for i, texts in zip(IDS, wanted, strict=False)
    ]
    return metric.compute(predictions=predictions, references=references, **options) or {}


@pytest.mark.parametrize(
    ("said", "wanted", "share"),
    [
        (["1976"], ["1976"], 1.0),
        (["1999"], ["1976"], 0.0),
        (["1976", "Beyonce", "climate change"], list(RIGHT), 2 / 3),
    ],
)
def test_the_examples_of_evaluates_pages_come_out_as_there(said: list[str], wanted: list[str], share: float):
    found = computed("squad", said, [[text] for text in wanted])
    assert found == {"exact_match": pytest.approx(share), "f1": pytest.approx(share)}
    second = computed("squad_v2", said, [[text] for text in wanted])
    assert second == {
        **{f"{kind}{name}": pytest.approx(share) for kind in ("", "HasAns_") for name in ("exact", "f1")},
        "total": len(said),
        "HasAns_total": len(said),
    }


def test_case_punctuation_articles_and_spaces_do_not_count():
    assert words("The  “Big” apple, a U.S. thing!") == ["“big”", "apple", "us", "thing"]  # curly quotes do, as in SQuAD
    assert computed("squad", ["the Climate-Change."], [["climatechange"]]) == {"exact_match": 1.0, "f1": 1.0}


def test_f1_is_that_of_the_nearest_answer_counted_by_hand():
    # said: cat sat mat; wanted: cat sat down (2 of 3 and 2 of 3), or cat (1 of 3 and 1 of 1)
    exact, f1 = score_answer("the cat sat: mat", ["cat sat down", "a cat"], by_character=False)
    assert (exact, f1) == (0.0, pytest.approx(2 / 3))


def test_an_answer_that_is_nothing_but_an_article_is_where_the_two_versions_differ():
    assert computed("squad", ["the"], [["a"]]) == {"exact_match": 1.0, "f1": 0.0}
    assert computed("squad_v2", ["the"], [["a"]])["f1"] == 1.0


def test_questions_without_an_answer_are_right_when_nothing_is_said():
    found = computed("squad_v2", ["", "Bruno Mars", "climate"], [[], [], ["climate change"]])
    assert found == {
        "exact": pytest.approx(1 / 3),
        "f1": pytest.approx((1 + 0 + 2 / 3) / 3),
        "total": 3,
        "HasAns_exact": 0.0,
        "HasAns_f1": pytest.approx(2 / 3),
        "HasAns_total": 1,
        "NoAns_exact": 0.5,
        "NoAns_f1": 0.5,
        "NoAns_total": 2,
    }


def test_a_probability_above_the_threshold_takes_the_answer_back():
    metric = load_metric("squad_v2")
    rows = [{"id": "a", "prediction_text": "Mars", "no_answer_probability": 0.7}]
    none = [{"id": "a", "answers": {"text": [], "answer_start": []}}]
    kept, taken = (metric.compute(predictions=rows, references=none, no_answer_threshold=at) or {} for at in (1.0, 0.5))
    assert (kept["exact"], taken["exact"]) == (0.0, 1.0)


def test_a_question_that_was_not_answered_scores_nothing():
    metric = load_metric("squad")
    metric.add_batch(
        predictions=[{"id": "a", "prediction_text": "1976"}, {"id": "z", "prediction_text": "1976"}],
        references=[{"id": i, "answers": {"text": ["1976"], "answer_start": [0]}} for i in "ab"],
    )
    assert metric.compute() == {"exact_match": 0.5, "f1": 0.5}


def test_chinese_is_scored_by_character_as_in_mlqa():
    assert characters("《黑豹队》的 Super Bowl，第50届。") == [
        "黑",
        "豹",
        "队",
        "的",
        "super",
        "bowl",
        "第",
        "50",
        "届",
    ]
    assert characters("ラーメン the 1つ") == ["ラ", "ー", "メ", "ン", "the", "1", "つ"]
    # 3 characters of 4 and of 3
    assert score_answer("卡罗莱纳", ["罗莱纳"], by_character=True) == (0.0, pytest.approx(2 * 3 / 7))
    assert score_answer("卡罗莱纳", ["罗莱纳"], by_character=False) == (0.0, 0.0)
    assert score_answer("308分。", ["308 分"], by_character=True) == (1.0, 1.0)


def test_which_way_answers_are_scored_is_told_from_the_contexts():
    assert is_by_character(["黑豹队的防守只丢了 308分，在联赛中排名第六，领先国家橄榄球联盟 (NFL)。"])
    assert is_by_character(["東京タワーは東京都港区にあります。"])
    assert not is_by_character(["The Tao (道) that can be told is not the eternal Tao.", "한국어는 띄어 쓴다."])
    assert not is_by_character([])


def test_what_no_question_is_there_for_is_not_a_number():
    found = answer_metrics(["x"], [["x"]], by_character=False)
    assert math.isnan(found["no_answer_accuracy"])
    nothing = answer_metrics([""], [[]], by_character=False)
    assert math.isnan(nothing["has_answer_f1"])
    assert nothing["f1"] == nothing["no_answer_accuracy"] == 1.0


@pytest.mark.parametrize(
    ("options", "share"),
    [
        ({}, 0.25),
        ({"regexes_to_ignore": ["the ", "yell"], "ignore_case": True, "ignore_punctuation": True}, 0.5),
        ({"regexes_to_ignore": ["the ", "yell", "YELL"], "ignore_case": True, "ignore_punctuation": True}, 0.75),
        (
            {
                "regexes_to_ignore": ["the ", "yell", "YELL"],
                "ignore_case": True,
                "ignore_punctuation": True,
                "ignore_numbers": True,
            },
            1.0,
        ),
    ],
)
def test_exact_match_does_what_evaluates_does(options: dict[str, Any], share: float):
    wanted, said = ["the cat", "theater", "YELLING", "agent007"], ["cat?", "theater", "yelling", "agent"]
    metric = load_metric("exact_match")
    assert metric.compute(predictions=said, references=wanted, **options) == {"exact_match": share}


def test_texts_of_which_nothing_is_left_match_only_where_they_were_the_same():
    metric = load_metric("exact_match")
    found = metric.compute(predictions=["!", "?"], references=["?", "?"], ignore_punctuation=True)
    assert found == {"exact_match": 0.5}


def first_sentences(rows: Dataset, ends: str) -> list[str]:
    return [re.split(ends, context.strip())[0] for context in rows["context"]]


def test_first_sentences_of_real_data_score_as_the_official_scripts_say():
    # the numbers were computed with evaluate-v1.1.py, evaluate-v2.0.py and mlqa_evaluation_v1.py (zh)
    english, _ = read_file(shared("squad_new_wiki/new_wiki_test.parquet"))
    some, _ = read_file(shared("squad_new_wiki/new_wiki_v2like_test.json"))
    chinese, _ = read_file(shared("xquad/zh.jsonl"))
    expected = [
        (english, 0.0035481963335304554, 0.11407984001281386),
        (some, 0.0026490066225165563, 0.08516954060117803),
    ]
    for rows, exact, f1 in expected:
        said = first_sentences(rows, r"(?<=[.!?])\s")
        found = answer_metrics(said, [row["text"] for row in rows["answers"]], by_character=False)
        assert (found["exact_match"], found["f1"]) == (pytest.approx(exact), pytest.approx(f1))
    said = first_sentences(chinese, r"(?<=[。！？])")
    found = answer_metrics(said, [row["text"] for row in chinese["answers"]], by_character=True)
    assert found["f1"] == pytest.approx(0.09770686114176858)
