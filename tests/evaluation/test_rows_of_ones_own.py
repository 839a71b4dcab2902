"""Rows that an evaluation names: read by columns, labels and cleaning of their own; the same rows are known again."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

import nbft
from nbft.errors import NbftError
from nbft.evaluation_rows import asked_rows
from nbft.notebook.eval_magic import asked_in_cell
from nbft.run import Run
from tests.evaluation.runs import PAIRS, row


def frame() -> pd.DataFrame:
    rows = [row("text-classification", *pair) for pair in PAIRS]
    return pd.DataFrame({"said": [one["text"] for one in rows], "where": [one["label"] for one in rows]})


def test_columns_of_their_own_are_named_beside_the_source(run: Run, place: Path):
    frame().to_csv(place / "other.csv", index=False)
    how = {"source": "other.csv", "columns": {"text": "said", "label": "where"}}
    found = nbft.evaluate("tiny", data=how)
    assert (found.scorecard.rows, found.scorecard.data) == (16, "other.csv")
    assert found.scorecard.systems[0].scores == nbft.evaluate("tiny").scorecard.systems[0].scores
    assert {one.name for one in found.scorecard.systems} >= {"majority", "random"}
    with pytest.raises(NbftError, match="no column"):
        nbft.evaluate("tiny", data={"source": "other.csv", "columns": {"text": "sayd", "label": "where"}})


def test_labels_and_cleaning_of_their_own_are_applied(run: Run, place: Path):
    table = frame().rename(columns={"said": "text", "where": "label"})
    table["label"] = table.label.map({"land": 0, "water": 1})
    table["text"] = "<b>" + table.text + "</b>"
    table.to_csv(place / "other.csv", index=False)
    how = {"source": "other.csv", "labels": {"0": "land", "1": "water"}, "clean": ["strip-html"]}
    found = nbft.evaluate("tiny", data=how)
    plain = nbft.evaluate("tiny").predictions
    assert found.predictions["input"].tolist() == plain["input"].tolist()
    assert found.predictions["confidence"].tolist() == plain["confidence"].tolist()
    assert not any("trained with other" in note for note in found.scorecard.notes)
    assert found.predictions["reference"].tolist() == [row("text-classification", *pair)["label"] for pair in PAIRS]


def test_a_cell_names_rows_of_the_notebook_and_a_function_that_cleans_them(run: Run):
    def quiet(text: str) -> str:
        return text.replace("frog", "toad")

    rows = frame()
    cell = "runs: tiny\ndata:\n  source: $rows\n  columns: {text: said, label: where}\n  clean: [$quiet]\n"
    asked = asked_in_cell(cell, {"rows": rows, "quiet": quiet})
    found = nbft.evaluate(*asked.systems, data=asked.data, **asked.options)
    assert sum("toad" in text for text in found.predictions["input"]) == 4
    assert found.scorecard.data == "rows of the notebook"
    again = nbft.evaluate(*asked.systems, data=asked.data, **asked.options)
    assert again.folder.path == found.folder.path
    rows.loc[0, "where"] = "water"
    changed = nbft.evaluate(*asked.systems, data=asked.data, **asked.options)
    assert changed.folder.path != found.folder.path


def test_a_database_is_asked_by_a_query_and_parts_of_it_by_a_column(run: Run, place: Path):
    with sqlite3.connect(place / "all.db") as connection:
        pd.DataFrame([row("text-classification", *pair) for pair in PAIRS]).to_sql("rows", connection, index=False)
    how = {"source": "all.db", "query": "SELECT text, label, animal FROM rows WHERE animal <> 'cow'"}
    found = nbft.evaluate("tiny", data=how, by=["animal"])
    assert {one.value: one.rows for one in found.scorecard.slices} == {"frog": 4, "dog": 4, "bird": 4}


def test_a_file_that_changed_is_judged_anew(run: Run, place: Path):
    def write(count: int) -> None:
        rows = [json.dumps(row("text-classification", *pair)) for pair in PAIRS[:count]]
        (place / "other.jsonl").write_text("\n".join(rows))

    write(8)
    assert nbft.evaluate("tiny", data={"source": "other.jsonl"}).scorecard.rows == 8
    write(12)
    assert nbft.evaluate("tiny", data={"source": "other.jsonl"}).scorecard.rows == 12


def test_what_a_data_set_of_the_hub_is_by_now_is_asked_and_where_it_can_t_be_that_is_said(run: Run, place: Path):
    frame().rename(columns={"said": "text", "where": "label"}).to_csv(place / "other.csv", index=False)
    found = nbft.evaluate("tiny", data="other.csv")
    asked = asked_rows("nobody/texts", run.folder)
    assert (asked.source, asked.unsure) == ("nobody/texts", ["nobody/texts"])
    kept = found.folder.path / "scorecard.json"
    (note,) = asked.notes(kept)
    assert note.startswith("nobody/texts: this answer is of 20")
    assert note.endswith("whether it has changed on the hub since then could not be looked up.")
    assert asked_rows("other.csv", run.folder).unsure == []
    assert asked_rows("starter-reviews", run.folder).unsure == []
