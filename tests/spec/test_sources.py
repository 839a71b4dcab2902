"""Sources as mappings and lists: read, dumped, completed, explained, and seen into."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from nbft.spec.annotated import annotated
from nbft.spec.completion import Surroundings, complete, hover
from nbft.spec.load import dump_spec, load_spec, read_spec
from nbft.spec.peek import columns_of
from nbft.spec.row_source import sources_in
from nbft.spec.sources import called, share_or_source
from nbft.spec.text_files import separator_of

MIXED = ["reviews.csv", {"source": "messages.jsonl", "encoding": "utf-8", "weight": 0.5}]


def spec_of(train: str) -> str:
    return f"model: m\ntask: text-classification\ndata:\n  train: {train}\n"


def offers(marked: str, variables: dict | None = None) -> list[str]:
    around = Surroundings(variables or {})
    return [item.text for item in complete(marked.replace("¦", ""), marked.index("¦"), around).items]


def test_a_name_stays_a_name_and_a_mapping_that_says_no_more_becomes_one(in_rows: Path):
    assert load_spec(spec_of("reviews.csv")).data.train == "reviews.csv"
    assert load_spec(spec_of("{source: reviews.csv}")).data.train == "reviews.csv"
    assert "  train: reviews.csv\n" in dump_spec(load_spec(spec_of("reviews.csv")))


def test_mixed_sources_are_kept_as_they_were_typed(in_rows: Path):
    text = spec_of("\n    - reviews.csv\n    - {source: messages.jsonl, encoding: utf-8, weight: 0.5}")
    spec = load_spec(text)
    assert spec.data.train == MIXED
    again = load_spec(dump_spec(spec))
    assert again == spec
    assert load_spec(annotated(spec, text)) == spec
    assert type(spec).model_validate(spec.model_dump(mode="json")) == spec
    assert [source.weight for source in sources_in(spec.data.train)] == [1.0, 0.5]
    assert called(spec.data.train) == "reviews.csv, messages.jsonl"


def test_held_out_rows_take_the_same_forms(in_rows: Path):
    spec = load_spec(
        spec_of("reviews.csv") + "  validation: {source: imdb, split: 'test[:500]'}\n  test: [reviews.csv]\n"
    )
    assert spec.data.validation == {"source": "imdb", "split": "test[:500]"}
    assert spec.data.test == ["reviews.csv"]


def test_an_override_turns_a_name_into_a_mapping(in_rows: Path):
    spec = load_spec(spec_of("reviews.csv"), overrides=["data.train.encoding=latin-1"])
    assert spec.data.train == {"source": "reviews.csv", "encoding": "latin-1"}


def test_variables_stand_in_mappings_and_lists(in_rows: Path):
    rows, table = [{"text": "a", "label": "b"}], pd.DataFrame({"text": ["c"], "label": ["d"]})
    text = spec_of("[$rows, {source: $table, weight: $twice}, $file]")
    found = read_spec(text, variables={"rows": rows, "table": table, "twice": 2, "file": "reviews.csv"})
    assert found.spec.data.train == ["$rows", {"source": "$table", "weight": 2}, "reviews.csv"]
    assert found.variables["rows"] is rows
    assert found.variables["table"] is table


def test_rows_of_a_dict_become_variables_wherever_they_stand(in_rows: Path):
    rows, table = [{"text": "a", "label": "b"}], pa.table({"text": ["c"], "label": ["d"]})
    data = {
        "train": [rows, {"source": table, "weight": 2}, {"source": "reviews.csv"}],
        "test": [{"source": "reviews.csv"}],
    }
    found = read_spec({"model": "m", "task": "text-classification", "data": data})
    assert found.spec.data.train == ["$train_1", {"source": "$train_2", "weight": 2}, "reviews.csv"]
    assert found.variables == {"train_1": rows, "train_2": table}
    assert found.spec.data.test == ["reviews.csv"]


def test_a_later_error_points_at_the_source_that_it_belongs_to(in_rows: Path):
    loaded = read_spec(spec_of("\n    - reviews.csv\n    - {source: messages.jsonl, encoding: utf-8}"), first_line=2)
    problem = loaded.problem("data.train.1.encoding", "no")
    assert (problem.line, problem.excerpt[(problem.column or 0) - 1 :]) == (7, "utf-8}")
    assert loaded.problem("data.train.0", "no").line == 6


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv.gz", "file"),
        ("a.xlsx", "file"),
        ("a.sqlite3", "file"),
        ("glue", "hub"),
        ("https://host/a.csv", "url"),
        ("s3://bucket/a.parquet", "url"),
        ("postgresql+psycopg://host/db", "database"),
        (["a.csv", "b.csv"], "several"),
        ({"source": "$rows", "weight": 2}, "variable"),
    ],
)
def test_the_kind_of_a_source_is_told_by_its_name(name: object, kind: str):
    assert getattr(share_or_source(name), "kind", None) == kind


# Completion


def test_keys_are_offered_inside_a_source():
    keys = ["source: ", "config: ", "split: ", "sheet: ", "query: ", "encoding: ", "weight: "]
    assert offers("data: {train: {¦}}") == keys
    assert offers("data:\n  train:\n    ¦") == keys
    assert offers("data: {train: [{source: a.csv}, {¦}]}") == keys
    assert offers("data:\n  train:\n    - source: a.csv\n      ¦") == keys[1:]
    assert offers("data:\n  train:\n    - source: a.csv\n      weight: 2\n    - source: b.csv\n      w¦") == [
        "weight: "
    ]


def test_files_and_rows_are_offered_as_sources(in_rows: Path):
    variables = {"reviews": [{"text": "a"}], "count": 3}
    assert "reviews.csv" in offers("data: {train: {source: ¦}}", variables)
    assert "$reviews" in offers("data:\n  train:\n    - source: ¦", variables)
    assert offers("data:\n  train:\n    - rev¦") == ["reviews.csv"]
    assert "source: " in offers("data:\n  train:\n    - ¦")
    assert "10%" not in offers("data:\n  validation:\n    - ¦")
    assert offers("data: {train: {source: a.csv, encoding: gb¦}}") == ["gb18030", "gbk"]


def test_columns_are_offered_of_mixed_sources(in_rows: Path):
    (text,) = (["review", "stars"],)
    for train in (
        "{source: reviews.csv, weight: 2}",
        "[reviews.csv, {source: reviews.csv}]",
        "\n    - source: reviews.csv",
    ):
        assert offers(f"data:\n  train: {train}\n  columns: {{text: ¦}}") == text


def test_hover_says_what_a_key_of_a_source_means():
    text = "data:\n  train:\n    - source: a.xlsx\n      sheet: March"
    assert "Which sheet of an Excel file" in str(hover(text, text.index("sheet")))


# Columns, seen without reading rows


def test_columns_of_new_kinds_of_files_are_seen(tmp_path: Path):
    (tmp_path / "a.csv").write_text("review;stars\ngut, ja;1\n")
    (tmp_path / "w.csv").write_bytes("review,stars\nja,1\n".encode("utf-16-le"))
    book = openpyxl.Workbook()
    book.create_sheet("March").append(["review", "stars"])
    book.save(tmp_path / "a.xlsx")
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("create table r(review, stars)")
    database.close()
    for name in ("a.csv", "w.csv", "a.xlsx", "a.db"):
        assert columns_of(str(tmp_path / name), may_import=True) == (["review", "stars"], True), name
    asked = {"source": str(tmp_path / "a.db"), "query": "SELECT stars AS label FROM r;"}
    assert columns_of(asked) == (["label"], True)
    (tmp_path / "texts" / "good").mkdir(parents=True)
    (tmp_path / "texts" / "good" / "1.txt").write_text("a")
    assert columns_of(str(tmp_path / "texts")) == (["text", "label"], True)


def test_several_sources_have_the_columns_that_all_of_them_have(tmp_path: Path):
    (tmp_path / "a.csv").write_text("text,label,id\n")
    (tmp_path / "b.csv").write_text("label,text\n")
    names = [str(tmp_path / "a.csv"), {"source": str(tmp_path / "b.csv")}]
    assert columns_of(names) == (["text", "label"], True)
    assert columns_of([*names, "imdb"]) == (["text", "label"], False)


@pytest.mark.parametrize(
    ("head", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('text,label\n"a;b",c\n', ","),
        ("text\nhello; world\n", ","),
        ("a,b;c\n1,2;3\n", ","),
        ('a;b\n"x\ny";2\n1;', ";"),
    ],
)
def test_the_separator_of_a_csv_is_seen(head: str, separator: str):
    assert separator_of(head) == separator
