from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import Dataset

from nbft.data.files import read_file
from nbft.errors import DataError


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_a_csv_keeps_the_words_that_pandas_would_drop(tmp_path: Path):
    rows, notes = read_file(written(tmp_path, "a.csv", 'text,label\nNA,null\n"a, ""b""\nc",None\n'))
    assert rows.to_dict() == {"text": ["NA", 'a, "b"\nc'], "label": ["null", "None"]}
    assert notes == []


def test_tsv_json_jsonl_and_parquet_give_the_same_rows(tmp_path: Path):
    rows = [{"text": "ein Satz", "label": 1}, {"text": "二", "label": 0}]
    Dataset.from_list(rows).to_parquet(str(tmp_path / "a.parquet"))
    files = [
        written(tmp_path, "a.json", json.dumps(rows)),
        written(tmp_path, "b.json", json.dumps({"version": "1", "data": rows})),
        written(tmp_path, "a.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n\n"),
        tmp_path / "a.parquet",
    ]
    assert all(read_file(file)[0].to_list() == rows for file in files)
    tsv = written(tmp_path, "a.tsv", "text\tlabel\nein Satz\t1\n二\t0\n")
    assert read_file(tsv)[0].to_list() == [{"text": "ein Satz", "label": "1"}, {"text": "二", "label": "0"}]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "text,label\n", "has no rows"),
        ("a.csv", "text,label\na,b\nc,d,e\n", "line 3: 3 values for 2 columns"),
        ("a.csv", "text,text\na,b\n", "line 1: column 'text' appears twice"),
        ("a.csv", 'text,label\n"a,b\n', "line 2: unexpected end of data"),
        ("a.jsonl", '{"text": "a"}\n{"text": "b"\n', "line 2 is not whole JSON"),
        ("a.jsonl", '["a"]\n', "line 1: an object"),
        ("a.jsonl", '{"text": "a"}\n{"text": ["b"]}\n', "row 2: column 'text' holds a list"),
        ("a.json", '{"text": ', "is not whole JSON"),
        ("a.parquet", "not parquet", "can't be read as parquet"),
        ("a.docx", "x", "can't read files that end in '.docx'"),
    ],
)
def test_a_broken_file_names_its_line(tmp_path: Path, name: str, content: str, says: str):
    with pytest.raises(DataError, match=says):
        read_file(written(tmp_path, name, content))


def test_a_file_that_is_not_there_lists_its_neighbours(tmp_path: Path):
    written(tmp_path, "reviews.csv", "text,label\na,b\n")
    with pytest.raises(DataError, match=r"Data files in that folder: reviews\.csv"):
        read_file(tmp_path / "review.csv")


def test_latin_1_and_utf_16_are_read_and_said(tmp_path: Path):
    latin = written(tmp_path, "latin.csv", "text,label\ncafé,gut\n".encode("latin-1"))
    rows, notes = read_file(latin)
    assert rows["text"][:] == ["café"]
    assert notes == ["latin.csv is not UTF-8 (line 2); it was read as Windows-1252, where that byte is 'é'."]
    wide = written(tmp_path, "wide.csv", "text,label\ncafé,gut\n".encode("utf-16"))
    rows, notes = read_file(wide)
    assert rows["text"][:] == ["café"]
    assert notes == ["wide.csv was read as UTF-16."]


def test_columns_without_a_name_are_left_out_and_said(tmp_path: Path):
    rows, notes = read_file(written(tmp_path, "a.csv", "v1,v2,,,\nham,hello,,,\n"))
    assert rows.column_names == ["v1", "v2"]
    assert notes == ["a.csv has 3 columns without a name, left out."]
