from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbft.data.answers import Place, find_answer, read_answers
from nbft.data.files import read_file
from nbft.errors import DataError
from tests.shared import shared

CONTEXT = "Tin is a metal. Its symbol is Sn."
METAL = {"id": "1", "question": "What is tin?", "answers": [{"text": "a metal", "answer_start": 7}]}
NONE = {"id": "2", "question": "Who found it?", "answers": [], "is_impossible": True, "plausible_answers": ["Sn"]}


def nested(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"version": "v2.0", "data": [{"title": "Tin", "paragraphs": [{"context": CONTEXT, "qas": list(questions)}]}]}


def read(folder: Path, data: Any, name: str = "train.json") -> tuple[list[dict[str, Any]], list[str]]:
    file = folder / name
    file.write_text(json.dumps(data) if name.endswith("json") else "\n".join(map(json.dumps, data)))
    rows, notes = read_file(file)
    return rows.to_list(), notes


def test_a_nested_file_becomes_a_row_a_question(tmp_path: Path):
    rows, notes = read(tmp_path, nested(METAL, NONE))
    common = {"title": "Tin", "context": CONTEXT}
    assert rows == [
        {**common, "id": "1", "question": "What is tin?", "answers": {"text": ["a metal"], "answer_start": [7]}},
        {**common, "id": "2", "question": "Who found it?", "answers": {"text": [], "answer_start": []}},
    ]
    assert notes == [
        "train.json is nested as SQuAD's files are: 2 questions on 1 contexts, 1 without an answer.",
    ]


def test_articles_alone_and_paragraphs_alone_are_read_too(tmp_path: Path):
    expected, _ = read(tmp_path, nested(METAL))
    paragraphs = [{"context": CONTEXT, "qas": [METAL]}]
    for data, name in ((nested(METAL)["data"], "a.json"), ({"data": paragraphs}, "b.json"), (paragraphs, "c.jsonl")):
        rows, _ = read(tmp_path, data, name)
        assert [row["answers"] for row in rows] == [row["answers"] for row in expected]


def test_rows_that_are_not_nested_stay_as_they_are(tmp_path: Path):
    flat = [{"question": "q", "context": "c", "answers": {"text": ["c"], "answer_start": [0]}}]
    assert read(tmp_path, {"version": "1", "data": flat})[0] == flat


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (nested({"id": "1", "answers": []}), r"train.json, item 1, paragraph 1, question 1: its `question` is missing"),
        (nested(METAL, {"question": "q"}), "question 2: its `answers` are missing"),
        (nested({"question": "q", "answers": [{"answer_start": 3}]}), "an answer has no `text`"),
        ({"data": [{"paragraphs": [{"qas": [METAL]}]}]}, "item 1, paragraph 1: its `context` is missing"),
        ({"data": [{"paragraphs": [{"context": "c"}]}]}, "paragraph 1: `qas` is no list"),
        ({"data": [{"paragraphs": []}, {"title": "x"}]}, "item 2: `paragraphs` are missing"),
        ({"data": [{"paragraphs": []}]}, "holds no question"),
    ],
)
def test_a_fault_in_a_nested_file_is_named_by_its_place(tmp_path: Path, data: Any, says: str):
    with pytest.raises(DataError, match=says):
        read(tmp_path, data)


def test_the_nested_test_set_holds_what_its_description_says():
    rows, _ = read_file(shared("squad_new_wiki/new_wiki_v2like_test.json"))
    without = [answers for answers in rows["answers"] if not answers["text"]]
    assert (len(rows), len(without)) == (2265, 574)


@pytest.mark.parametrize(
    ("value", "start", "expected"),
    [
        ({"text": ["a", "b"], "answer_start": [1, 2]}, None, [("a", 1), ("b", 2)]),
        ({"text": "a", "answer_start": 1}, None, [("a", 1)]),
        ({"text": [], "answer_start": []}, None, []),
        ([{"text": "a", "answer_start": 1}, {"text": "b", "answer_start": None}], None, [("a", 1), ("b", None)]),
        ("a b", None, [("a b", None)]),
        ("a b", "7", [("a b", 7)]),
        (["a", "b"], [3, 4], [("a", 3), ("b", 4)]),
        (1976, None, [("1976", None)]),
        ("", 0, []),
        (None, None, []),
        (float("nan"), None, []),
        ('{"text": ["a"], "answer_start": [1]}', None, [("a", 1)]),
        ("{'text': ['it is'], 'answer_start': [1]}", None, [("it is", 1)]),
        (
            "{'text': array(['a',\n 'b'], dtype=object), 'answer_start': array([1, 2], dtype=int32)}",
            None,
            [("a", 1), ("b", 2)],
        ),
        ("[sic]", None, [("[sic]", None)]),
        ('{"a": 1}', None, [('{"a": 1}', None)]),
    ],
)
def test_answers_are_read_in_all_their_forms(value: Any, start: Any, expected: list[Any]):
    assert read_answers(value, start) == expected


def test_answers_without_a_text_are_refused():
    with pytest.raises(ValueError, match="it holds anser, and no text"):
        read_answers({"anser": ["a"]})


@pytest.mark.parametrize(
    ("context", "text", "said", "expected"),
    [
        ("one two one", "one", 8, Place(8, 11)),
        ("one two one", "one", 7, Place(8, 11, is_as_said=False)),
        ("one two one", "one", 2, Place(0, 3, is_as_said=False)),
        ("one two one", " one", 7, Place(8, 11)),
        ("one two one", "one", None, Place(0, 3, is_only=False)),
        ("a party of art", "art", None, Place(11, 14)),
        ("a party of art", "art", 3, Place(3, 6)),
        ("a party of art", "art", 4, Place(11, 14, is_as_said=False)),
        ("a party", "art", None, Place(3, 6)),
        ("The  Big\nApple", "the big apple", None, Place(0, 14)),
        ("在联赛中排名第六", "排名", 0, Place(4, 6, is_as_said=False)),
        ("a (b)* c", "(b)*", None, Place(2, 6)),
        ("one two", "three", 0, None),
        ("one two", " ", 0, None),
        ("one two", "two", -3, Place(4, 7, is_as_said=False)),
    ],
)
def test_an_answer_is_found_where_it_is_said_or_nearest_to_it(
    context: str, text: str, said: int | None, expected: Place | None
):
    assert find_answer(context, text, said) == expected
