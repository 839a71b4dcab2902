from __future__ import annotations

import pytest
from datasets import Dataset

from nbft.errors import DataError
from tests.tasks.texts import (
    Said,
    task_for,
)


@pytest.mark.parametrize(
    ("columns", "given", "expected"),
    [
        ({"source": ["x"], "target": ["y"]}, {}, ("x", "y")),
        ({"src": ["x"], "tgt": ["y"], "id": ["7"]}, {}, ("x", "y")),
        ({"en": ["x"], "zh": ["y"], "attribution": ["z"]}, {}, ("x", "y")),
        ({"en": ["x"], "zh": ["y"]}, {"source": "zh", "target": "en"}, ("y", "x")),
        ({"en": ["x"], "zh": ["y"]}, {"source": "zh"}, ("y", "x")),
        ({"translation": [{"de": "x", "en": "y"}]}, {}, ("x", "y")),
        ({"translation": [{"de": "x", "en": "y", "fr": "z"}]}, {"source": "fr", "target": "de"}, ("z", "x")),
        (
            {"german_text": ["x"], "english_text": ["y"]},
            {"source": "german_text", "target": "english_text"},
            ("x", "y"),
        ),
    ],
)
def test_pairs_are_found_in_the_forms_in_which_people_have_them(columns: dict, given: dict, expected: tuple):
    task = task_for(data={"train": "x.jsonl", "columns": given})
    found = task.standardise(Dataset.from_dict(columns), "train")
    assert found.to_list() == [{"source": expected[0], "target": expected[1]}]


def test_languages_named_under_translation_choose_the_direction():
    task = task_for(translation={"source_language": "French", "target_language": "deu_Latn"})
    rows = Dataset.from_dict({"translation": [{"de": "x", "en": "y", "fr": "z"}]})
    assert task.standardise(rows, "train").to_list() == [{"source": "z", "target": "x"}]


def test_all_splits_go_the_same_way_whatever_the_order_of_their_columns():
    task = task_for()
    task.standardise(Dataset.from_dict({"de": ["x"], "en": ["y"]}), "train")
    assert task.standardise(Dataset.from_dict({"en": ["y"], "de": ["x"]}), "test").to_list() == [
        {"source": "x", "target": "y"}
    ]


@pytest.mark.parametrize(
    ("columns", "given", "says"),
    [
        ({"de": ["x"], "en": ["y"], "fr": ["z"]}, {}, "holds de, en, fr: which to translate into which"),
        ({"translation": [{"de": "x", "en": "y"}]}, {"source": "it"}, "no column and no language 'it'"),
        ({"source": ["x"], "label": ["y"]}, {}, "No column of the data is known to hold the target"),
        ({"source": ["x", "y"], "target": ["", None]}, {}, "No row of the train data has both source and target"),
        ({"source": [1], "target": ["y"]}, {}, "Column 'source' does not hold text"),
    ],
)
def test_data_that_holds_no_pairs_is_refused(columns: dict, given: dict, says: str):
    task = task_for(data={"train": "x.jsonl", "columns": given})
    with pytest.raises(DataError, match=says):
        task.standardise(Dataset.from_dict(columns), "train")


def test_rows_without_a_translation_are_left_out_and_counted():
    said = Said()
    rows = Dataset.from_dict({"source": ["x", "y", " "], "target": ["a", None, "c"]})
    assert len(task_for(said=said).standardise(rows, "train")) == 1
    assert said == ["2 of 3 train rows have no source or target and were left out."]
