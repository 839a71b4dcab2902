"""Files, databases, folders and variables that a spec can name, each read from a real one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict

from nbft.data.sources import Source, read_source, read_sources
from nbft.errors import DataError
from nbft.launch.prepare import write_parquet
from nbft.spec.variables import is_data

ROWS = [{"text": "gut", "label": 1}, {"text": "schlecht", "label": 0}]
CSV = "text,label\ngut,1\nschlecht,0\n"


@pytest.fixture(autouse=True)
def own_cache(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBFT_CACHE", str(place / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", place / "datasets")


def read(source: Any, place: Path) -> Source:
    return read_source(source, place, "data.train")


def refused(source: Any, place: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read_sources(source, place, "data.train")
    return caught.value


# Several sources


def test_several_sources_are_read_in_their_order_with_weight_and_name(place: Path):
    (place / "a.csv").write_text(CSV)
    (place / "b.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    first, second = read_sources(["a.csv", {"source": "b.jsonl", "weight": 0.5}], place)
    assert (first.weight, second.weight) == (1.0, 0.5)
    assert (first.name, second.name) == ("a.csv", "b.jsonl")
    assert second.splits["train"].to_list() == ROWS
    assert [source.name for source in read_sources("a.csv", place)] == ["a.csv"]


def test_an_error_in_a_list_carries_the_place_of_its_source(place: Path):
    (place / "a.csv").write_text(CSV)
    assert refused(["a.csv", "b.csv"], place).path == "data.train.1"
    assert refused(["a.csv", {"source": "a.csv", "encoding": "utf-32"}], place).path == "data.train.1.encoding"


def test_a_split_may_be_a_slice_of_any_source(place: Path):
    (place / "a.csv").write_text("n\n" + "\n".join(map(str, range(100))))
    assert read({"source": "a.csv", "split": "train[90%:]"}, place).splits["train"]["n"][:] == list(
        map(str, range(90, 100))
    )
    twice = read({"source": "a.csv", "split": "train[:2]+train[-1:]"}, place).splits["train"]["n"][:]
    assert twice == ["0", "1", "99"]
    error = refused({"source": "a.csv", "split": "tset"}, place)
    assert (error.what, error.path) == ("a.csv has no split 'tset'.", "data.train.split")
    assert "Its splits: train." in error.fix
    assert "can't" not in refused({"source": "a.csv", "split": "train[:x]"}, place).what


# Files


@pytest.mark.parametrize(("separator", "called"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_a_csv_may_have_other_separators_and_they_are_said(place: Path, separator: str, called: str):
    (place / "a.csv").write_text(CSV.replace(",", separator))
    found = read("a.csv", place)
    assert found.splits["train"]["text"][:] == ["gut", "schlecht"]
    assert found.notes == [f"a.csv has {called} between its values."]


def test_a_value_of_200000_characters_is_read(place: Path):
    (place / "a.csv").write_text(f'text,label\n"{"x" * 200_000}",1\n')
    assert len(read("a.csv", place).splits["train"]["text"][0]) == 200_000


def workbook(file: Path, **sheets: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(file)


def test_an_excel_file_gives_the_first_sheet_with_rows_or_the_one_named(place: Path):
    rows = [["text", "label", "score", None], ["gut", 1, 0.5, None], [None, None, None, None], ["schlecht", 0, 2, "x"]]
    workbook(place / "a.xlsx", Empty=[], March=rows, April=[["text"], ["neu"]])
    found = read("a.xlsx", place)
    assert found.splits["train"].to_list() == [
        {"text": "gut", "label": 1, "score": 0.5},
        {"text": "schlecht", "label": 0, "score": 2.0},
    ]
    assert found.notes == [
        "a.xlsx: sheet 'March' was read; it has 'Empty', 'April' besides.",
        "a.xlsx has 1 column without a name, left out.",
    ]
    assert read({"source": "a.xlsx", "sheet": "April"}, place).splits["train"]["text"][:] == ["neu"]
    assert read({"source": "a.xlsx", "sheet": 3}, place).splits["train"]["text"][:] == ["neu"]
    wrong = refused({"source": "a.xlsx", "sheet": "Apil"}, place)
    assert (wrong.what, wrong.fix) == ("a.xlsx has no sheet 'Apil'.", "Did you mean 'April'?")
    assert wrong.path == "data.train.sheet"
    assert refused({"source": "a.xlsx", "sheet": "Empty"}, place).what == "a.xlsx: sheet 'Empty' is empty."


def test_an_excel_file_that_is_none_or_that_nothing_can_read_is_a_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    (place / "a.xlsx").write_bytes(b"PK no zip")
    assert "can't be read as an Excel file" in refused("a.xlsx", place).what
    workbook(place / "b.xlsx", S=[["text", "text"], ["a", "b"]])
    assert refused("b.xlsx", place).what == "b.xlsx, row 1: column 'text' appears twice."
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    assert "pip install 'nbft[excel]'" in refused("b.xlsx", place).fix


# Databases


@pytest.fixture
def database(place: Path) -> Path:
    with sqlite3.connect(place / "a.db") as connection:
        connection.execute("create table reviews(text, label)")
        connection.executemany("insert into reviews values (:text, :label)", ROWS)
    connection.close()
    return place / "a.db"


def test_a_sqlite_file_of_one_table_needs_no_query(database: Path, place: Path):
    assert read("a.db", place).splits["train"].to_list() == ROWS
    asked = {"source": "a.db", "query": "SELECT text, 'x' || label AS label FROM reviews WHERE label > 0"}
    assert read(asked, place).splits["train"].to_list() == [{"text": "gut", "label": "x1"}]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT * FROM review", "no such table: review"),
        ("DELETE FROM reviews", "attempt to write a readonly database"),
        ("SELECT * FROM reviews WHERE 0", "has no rows"),
        ("SELECT text, text FROM reviews", "column 'text' appears twice"),
    ],
)
def test_a_query_that_gives_no_rows_says_why(database: Path, place: Path, query: str, says: str):
    error = refused({"source": "a.db", "query": query}, place)
    assert says in error.what
    assert error.path == "data.train.query"
    assert read("a.db", place).splits["train"].num_rows == 2


def test_a_sqlite_file_of_several_tables_asks_for_a_query(database: Path, place: Path):
    with sqlite3.connect(database) as connection:
        connection.execute("create table users(name)")
    connection.close()
    error = refused("a.db", place)
    assert error.what == "a.db holds 2 tables: reviews, users."
    assert "query: 'SELECT * FROM \"reviews\"'" in error.fix
    (place / "b.db").write_text("no database at all")
    assert "file is not a database" in refused("b.db", place).what


def test_any_database_of_sqlalchemy_can_be_asked(database: Path, place: Path):
    url = f"sqlite:///{database}"
    assert (
        read({"source": url, "query": "SELECT * FROM reviews WHERE text LIKE 'g%'"}, place).splits["train"].to_list()
        == ROWS[:1]
    )
    assert "no such column: x" in refused({"source": url, "query": "SELECT x FROM reviews"}, place).what
    assert "A database needs a query" in refused(url, place).what
    missing = refused({"source": "mssql+pymssql://ann:secret@host/db", "query": "SELECT 1"}, place)
    assert missing.fix == "pip install pymssql"
    assert "secret" not in str(missing)


# Folders


def test_folders_of_texts_are_labelled_by_their_names(place: Path):
    for split in ("train", "test"):
        for label in ("neg", "pos"):
            folder = place / "imdb" / split / label
            folder.mkdir(parents=True)
            for number in range(3):
                (folder / f"{number}_7.txt").write_text(f"{split} {label} {number}")
    (place / "imdb" / "train" / "unsup").mkdir()
    (place / "imdb" / "train" / "unsup" / "0.txt").write_text("?")
    (place / "imdb" / "train" / "urls_pos.txt").write_text("http://...")
    found = read("imdb", place)
    assert list(found.splits) == ["train", "test"]
    assert found.splits["train"].to_list()[0] == {"text": "train neg 0", "label": "neg"}
    assert len(found.splits["train"]) == 6
    assert found.notes == [
        "train has a folder of text files for each label: neg 3, pos 3.",
        "train/unsup holds texts without a label; left out.",
        "test has a folder of text files for each label: neg 3, pos 3.",
    ]
    assert read("imdb/test", place).splits["train"]["label"][:] == ["neg"] * 3 + ["pos"] * 3
    (place / "imdb" / "test" / "neg" / "0_7.txt").write_bytes("café".encode("cp1252"))
    assert "Windows-1252" in read({"source": "imdb", "split": "test"}, place).notes[-1]


def test_what_save_to_disk_wrote_is_mapped_from_where_it_lies(place: Path):
    rows = Dataset.from_list(ROWS)
    rows.save_to_disk("one")
    DatasetDict({"train": rows, "dev": rows.select([0])}).save_to_disk("several")
    assert read("one", place).splits["train"].to_list() == ROWS
    found = read("several", place).splits
    assert found["train"].cache_files
    assert found["validation"].to_list() == ROWS[:1]
    assert read({"source": "several", "split": "dev"}, place).splits["train"].to_list() == ROWS[:1]
    next(place.glob("one/*.arrow")).unlink()
    assert "was written by save_to_disk, but can't be read" in refused("one", place).what


def test_a_folder_without_training_rows_asks_which_to_take(place: Path):
    (place / "data").mkdir()
    (place / "data" / "test.csv.gz").write_bytes(__import__("gzip").compress(CSV.encode()))
    error = refused("data", place)
    assert error.what == "data has no training rows, only test."
    assert "{source: data, split: test}" in error.fix
    assert read({"source": "data", "split": "test"}, place).splits["train"].num_rows == 2


# Variables


def test_tables_of_the_notebook_are_rows(place: Path):
    tables = {
        "frame": pd.DataFrame(ROWS),
        "series": pd.Series(["gut", "schlecht"]),
        "arrow": pa.Table.from_pylist(ROWS),
        "dataset": Dataset.from_list(ROWS),
        "rows": ROWS,
    }
    for name, table in tables.items():
        assert is_data(table)
        write_parquet(table, place / f"{name}.parquet", name)
        assert read(f"${name}", place).splits["train"]["text"][:] == ["gut", "schlecht"]


def test_tables_of_polars_are_rows(place: Path):
    polars = pytest.importorskip("polars")
    assert is_data(polars.DataFrame(ROWS))
    write_parquet(polars.DataFrame(ROWS), place / "frame.parquet", "frame")
    assert read("$frame", place).splits["train"].to_list() == ROWS
