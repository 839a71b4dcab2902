from __future__ import annotations

import json

import pandas as pd
import pytest

from nbft.errors import DataError
from nbft.labelling.column import LabelColumn, labels_in
from nbft.labelling.rows import FrameRows, find_text_column, rows_of


def column(value, into="label", text="text", *, many=False) -> LabelColumn:
    rows = rows_of(value)
    assert rows is not None
    made = LabelColumn(rows, into, text, many=many)
    rows.prepare(into)
    return made


def frame() -> pd.DataFrame:
    return pd.DataFrame({"text": ["b", "a", "b", None, " ", "c"]}, index=[7, 7, 3, 2, 1, 0])


def test_equal_texts_are_one_and_empty_ones_none():
    texts = column(frame()).texts()
    assert [(text.text, text.rows) for text in texts] == [("b", (0, 2)), ("a", (1,)), ("c", (5,))]


def test_a_label_lands_in_every_row_of_its_text_whatever_the_index():
    df = frame()
    labelled = column(df)
    assert labelled.write(labelled.texts()[0], "good")
    assert [value if isinstance(value, str) else None for value in df["label"]] == ["good", None, "good"] + [None] * 3
    labelled.write(labelled.texts()[0], None)
    assert df["label"].isna().all()


def test_a_part_of_another_frame_is_written_to_without_a_warning():
    df = frame()
    part = df[df["text"] != "a"]
    labelled = column(part)
    labelled.write(labelled.texts()[0], "good")
    assert list(part["label"])[:2] == ["good", "good"]
    assert "label" not in df


def test_rows_that_moved_are_found_and_those_that_are_gone_are_told():
    rows = [{"text": "a"}, {"text": "b"}]
    labelled = column(rows)
    first, second = labelled.texts()
    rows.reverse()
    assert labelled.write(first, "good")
    assert rows == [{"text": "b", "label": None}, {"text": "a", "label": "good"}]
    rows.pop(0)
    assert not labelled.write(second, "bad")
    assert rows == [{"text": "a", "label": "good"}]


def test_numbers_stay_numbers():
    df = pd.DataFrame({"text": ["a", "b", "c"], "label": [1.0, None, 0.0]})
    labelled = column(df)
    texts = labelled.texts()
    assert labels_in(texts) == ["0", "1"]
    labelled.write(texts[1], "1")
    assert df["label"].tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("dtype", ["object", "category", "string"])
def test_a_column_takes_labels_that_it_never_held(dtype):
    df = pd.DataFrame({"text": ["a", "b"], "label": pd.Series(["good", None], dtype=dtype)})
    labelled = column(df)
    first, second = labelled.texts()
    assert (first.before, second.before) == ("good", None)
    labelled.write(second, "bad")
    assert df["label"].tolist() == ["good", "bad"]


def test_several_labels_are_lists_also_out_of_a_csv():
    df = pd.DataFrame({"text": ["a", "b", "c"], "label": [["x", "y"], "['x']", None]})
    labelled = column(df, many=True)
    assert [text.before for text in labelled.texts()] == [["x", "y"], ["x"], None]
    labelled.write(labelled.texts()[2], ["y"])
    labelled.write(labelled.texts()[0], [])
    assert df["label"].tolist() == [[], "['x']", ["y"]]


def test_a_data_set_is_labelled_in_a_copy():
    datasets = pytest.importorskip("datasets")
    rows = rows_of(datasets.Dataset.from_list([{"text": "a"}]))
    assert isinstance(rows, FrameRows)
    assert not rows.is_in_place


@pytest.mark.parametrize("value", [3, "text", [], ["a"], {"text": ["a"]}, None])
def test_other_values_hold_no_rows(value):
    assert rows_of(value) is None


def test_a_column_that_appears_twice_is_refused():
    with pytest.raises(DataError, match="'text' appears twice"):
        rows_of(pd.DataFrame([["a", "b"]], columns=["text", "text"]))


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"id": "x1", "Review": "short", "notes": "a much longer text than that"}, "Review"),
        ({"id": "x1", "words": "a much longer text than that"}, "words"),
        ({"label": "a much longer text than that", "words": "text"}, "words"),
    ],
)
def test_the_column_of_texts_is_recognised(row, found):
    rows = rows_of([row])
    assert rows is not None
    assert find_text_column(rows, None, "label") == found


def test_a_misspelt_column_is_told_with_the_likely_one():
    rows = rows_of([{"review": "a"}])
    assert rows is not None
    with pytest.raises(DataError) as caught:
        find_text_column(rows, "reviw", "label")
    assert "Did you mean 'review'?" in str(caught.value)
    with pytest.raises(DataError, match="No column holds texts"):
        find_text_column(FrameRows(pd.DataFrame({"n": [1, 2]})), None, "label")


def test_what_a_run_takes_of_a_list_has_the_label_of_every_row():
    rows = [{"text": "a"}, {"text": "b"}]
    labelled = column(rows)
    labelled.write(labelled.texts()[1], "good")
    assert json.loads(json.dumps(rows)) == [{"text": "a", "label": None}, {"text": "b", "label": "good"}]
