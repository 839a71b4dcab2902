from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from datasets import Dataset

from nbft.data.dropped import Dropped
from nbft.data.load import Loader, Splits, read_training
from nbft.data.splits import hold_out
from nbft.errors import DataError
from nbft.spec.sections import Data, RunSpec
from nbft.tasks.text_classification import TextClassification

ROWS = Dataset.from_dict({"text": [f"t{i}" for i in range(200)], "label": ["a"] * 150 + ["b"] * 50})


def test_a_share_keeps_the_proportion_of_labels_and_no_row_twice():
    kept, held, _ = hold_out(ROWS, 0.1, ROWS["label"][:], seed=1)
    assert Counter(held["label"]) == {"a": 15, "b": 5}
    assert sorted([*kept["text"], *held["text"]]) == sorted(ROWS["text"])


def test_the_seed_decides_the_split():
    first, again, other = (hold_out(ROWS, 20, None, seed)[1]["text"][:] for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 20


def test_a_label_that_occurs_once_is_no_obstacle():
    rows = Dataset.from_dict({"label": ["a"] * 20 + ["b"] * 20 + ["c"]})
    _, held, note = hold_out(rows, 0.2, rows["label"][:], seed=1)
    assert len(held) == 8
    assert note


def test_more_than_all_rows_cannot_be_held_out():
    with pytest.raises(DataError, match="200 of 200 rows can't be held out"):
        hold_out(ROWS, 200, None, seed=1)


def loaded(data: Data, folder: Path) -> Splits:
    spec = RunSpec.model_validate({"model": "starter-encoder", "task": "text-classification", "data": data})
    task = TextClassification(spec, lambda message, fix: None)
    return Loader(task, data, 1, folder, Dropped(None)).load(read_training(data, folder))


def test_splits_of_a_folder_are_taken_and_shares_are_drawn(tmp_path: Path):
    ROWS.to_csv(tmp_path / "train.csv", index=False)
    ROWS.select(range(10)).to_csv(tmp_path / "test.csv", index=False)
    splits = loaded(Data(train=str(tmp_path)), tmp_path)
    assert {name: len(rows) for name, rows in splits.present.items()} == {"train": 180, "validation": 20, "test": 10}


def test_test_rows_are_drawn_before_validation_rows(tmp_path: Path):
    ROWS.to_csv(tmp_path / "a.csv", index=False)
    splits = loaded(Data(train=str(tmp_path / "a.csv"), validation=30, test="25%"), tmp_path)
    assert {name: len(rows) for name, rows in splits.present.items()} == {"train": 120, "validation": 30, "test": 50}
    texts = [text for rows in splits.present.values() for text in rows["text"]]
    assert len(set(texts)) == 200


def test_no_validation_is_possible(tmp_path: Path):
    ROWS.to_csv(tmp_path / "a.csv", index=False)
    assert list(loaded(Data(train=str(tmp_path / "a.csv"), validation="none"), tmp_path).present) == ["train"]


def test_an_error_names_the_key_it_belongs_to(tmp_path: Path):
    ROWS.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError) as caught:
        loaded(Data(train=str(tmp_path / "a.csv"), test=str(tmp_path / "b.csv")), tmp_path)
    assert caught.value.path == "data.test"


def test_a_hub_id_without_a_hub_says_what_works_instead(tmp_path: Path):
    with pytest.raises(DataError, match="the hub can't be reached") as caught:
        loaded(Data(train="someone/some-data"), tmp_path)
    assert "starter-reviews" in caught.value.fix
