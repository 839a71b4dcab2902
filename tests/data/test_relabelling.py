from __future__ import annotations

import pytest
from datasets import Dataset

from nbft.data.relabelling import relabel
from nbft.errors import DataError

LABELLED = Dataset.from_dict({"text": list("abcdef"), "label": ["0", "1", "9", "0", "True", "1"]})


def test_labels_are_renamed_merged_and_dropped():
    mapping = {"0": "bad", "1": "good", "true": "good", "9": "drop"}
    made = relabel(LABELLED, mapping, "train")
    assert made.rows["label"][:] == ["bad", "good", "bad", "good", "good"]
    assert made.dropped == [2]
    assert made.note(mapping, "train") == (
        "Labels of the train rows: '0' (2 rows) is now 'bad', '1' (2 rows) is now 'good', "
        "'true' (1 row) is now 'good', '9' (1 row) was dropped."
    )


def test_an_unknown_old_label_names_those_there_are():
    with pytest.raises(DataError, match="No training row has the label '7'") as caught:
        relabel(LABELLED, {"7": "x"}, "train")
    assert caught.value.fix == "There are '0', '1', '9', 'True'."
    assert caught.value.path == "data.labels"
    held = relabel(LABELLED, {"7": "x"}, "test")
    assert held.rows["label"][:] == LABELLED["label"][:]
    assert held.note({"7": "x"}, "test") == ""


def test_several_labels_of_a_row_are_merged_to_one():
    rows = Dataset.from_dict({"text": ["a", "b", "c"], "label": [["x", "y"], [], ["z"]]})
    made = relabel(rows, {"x": "q", "y": "q", "z": "drop"}, "train")
    assert made.rows["label"][:] == [["q"], []]


def test_types_of_spans_are_renamed_and_taken_away():
    rows = Dataset.from_dict({"text": ["a b", "c"], "tags": [["B-LOC", "I-LOC"], ["B-MISC"]]})
    made = relabel(rows, {"LOC": "place", "MISC": "O"}, "train")
    assert made.rows["tags"][:] == [["B-place", "I-place"], ["O"]]


def test_numbers_that_are_measured_have_no_names():
    with pytest.raises(DataError, match="numbers, which are measured"):
        relabel(Dataset.from_dict({"text": ["a"], "label": [0.5]}), {"0.5": "x"}, "train")
