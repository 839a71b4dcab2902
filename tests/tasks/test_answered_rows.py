from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbft.errors import DataError
from tests.tasks.questions import (
    Said,
    rows,
    table,
    task_for,
)


def test_every_form_of_answers_gives_the_same_row(tiny_model: Path):
    context = "the film was superb"
    forms: list[Any] = [
        {"answers": {"text": ["superb"], "answer_start": [13]}},
        {"answers": [{"text": "superb", "answer_start": 13}]},
        {"answer": "superb"},
        {"answer": "superb", "answer_start": 13},
        {"answers": json.dumps({"text": ["superb"], "answer_start": [13]})},
        {"answers": ["superb"]},
    ]
    for form in forms:
        found = task_for(tiny_model).standardise(table({"question": " how? ", "context": context, **form}), "train")
        expected = {"question": "how?", "context": context, "answers": ["superb"], "start": 13, "end": 19}
        assert found.to_list() == [expected]


def test_a_question_marked_impossible_has_no_answer(tiny_model: Path):
    some = {"context": "the film was superb", "question": "how?", "answers": "superb"}
    flags = ({**some, "is_impossible": False}, {**some, "is_impossible": True})
    found = task_for(tiny_model).standardise(table(*flags), "train")
    assert found["answers"][:] == [["superb"], []]
    assert found["start"][:] == [13, -1]


def test_wrong_places_are_put_right_and_answers_that_are_nowhere_left_out(tiny_model: Path):
    def one(text: str, start: int) -> dict[str, Any]:
        answers = {"text": [text], "answer_start": [start]}
        return {"question": "how?", "context": "great food and great room", "answers": answers}

    some = [one("great", 15), one("great", 14), one("great", 2), one("dull", 0), {**one("great", 0), "context": " "}]
    said = Said()
    found = task_for(tiny_model, said).standardise(table(*some), "train")
    assert found["start"][:] == [15, 15, 0]
    assert said == [
        "1 of 5 train rows have no question or no context and were left out.",
        "1 of 5 train rows have an answer that is nowhere in their context and were left out.",
        "2 of 5 train rows have an answer_start where the answer does not stand: the nearest place where it does was taken.",
    ]
    said.clear()
    kept = task_for(tiny_model, said).standardise(table(*some), "test")
    assert kept["answers"][:] == [["great"], ["great"], ["great"], ["dull"]]
    assert kept["start"][:] == [15, 15, 0, -1]
    assert said[-1] == "1 of 5 test rows have an answer that is nowhere in their context, and are scored all the same."


def test_answers_without_a_place_are_looked_for_and_that_is_said(tiny_model: Path):
    task = task_for(tiny_model)
    task.standardise(table({"question": "how?", "context": "great food and great room", "answer": "great"}), "train")
    assert task.notes == [
        "Recognised: question is column 'question', context is column 'context', answers is column 'answer'.",
        "The data does not say where answers stand: the first place was taken. In 1 train rows there are several.",
    ]


@pytest.mark.parametrize(
    ("change", "says", "path"),
    [
        ({"answers": "dull"}, "No answer is found in any context: of 1 answers none", "data.columns"),
        ({"answers": ""}, "No training row has an answer", "data.columns"),
        ({"answers": None}, "No training row has an answer", "data.columns"),
        ({"context": ""}, "No row of the train data has both question and context", "data.train"),
        (
            {"answers": {"anser": ["x"]}},
            "Row 1: column 'answers' holds no answers: it holds anser",
            "data.columns.answers",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused(tiny_model: Path, change: dict[str, Any], says: str, path: str):
    some = {"question": "how?", "context": "great food", "answers": "great", **change}
    with pytest.raises(DataError, match=says) as caught:
        task_for(tiny_model).standardise(table(some), "train")
    assert caught.value.path == path


def test_a_missing_column_is_asked_for(tiny_model: Path):
    with pytest.raises(DataError, match="known to hold the context"):
        task_for(tiny_model).standardise(table({"question": "q", "answers": "a", "story": "a b"}), "train")


def test_columns_are_taken_as_the_spec_names_them(tiny_model: Path):
    columns = {"question": "q", "context": "story", "answers": "a"}
    task = task_for(tiny_model, data={"train": "x.csv", "columns": columns})
    assert task.standardise(table({"q": "how?", "a": "b", "story": "a b"}), "train")["start"][:] == [2]


def test_texts_go_through_the_users_step_and_answers_are_found_anew(tiny_model: Path):
    said = Said()
    task = task_for(tiny_model, said)
    task.preprocess = lambda text: " ".join(text.upper().split())
    some = {"question": "how?", "context": "great   food", "answers": {"text": ["food"], "answer_start": [8]}}
    found = task.standardise(table(some), "train")
    assert found.to_list() == [
        {"question": "HOW?", "context": "GREAT FOOD", "answers": ["FOOD"], "start": 6, "end": 10}
    ]
    assert said == []


def test_held_out_rows_share_no_context_with_those_kept(tiny_model: Path):
    task = task_for(tiny_model)
    some = [{**one, "context": one["context"]} for one in rows(12) for _ in range(5)]
    standard = task.standardise(table(*some), "train")
    kept, held, note = task.hold_out(standard, 0.2)
    assert len(kept) + len(held) == 60
    assert 12 <= len(held) < 17
    assert not set(kept["context"]) & set(held["context"])
    assert "no context is on both sides" in note
    again = task.hold_out(standard, 0.2)[1]
    assert again["context"][:] == held["context"][:]
