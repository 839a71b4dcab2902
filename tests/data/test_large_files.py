"""Files that don't fit in memory: the same rows, notes and errors as small ones, mapped from the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from pyarrow import feather

from nbft.data import cache, gathering
from nbft.data.files import read_file
from nbft.errors import DataError


@pytest.fixture
def is_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes batches of 3 rows, of which none stays in memory; returns the cache folder."""
    for module in ("nbft.data.gathering", "nbft.data.delimited", "nbft.data.json_files", "nbft.data.arrow_files"):
        monkeypatch.setattr(f"{module}.BATCH_ROWS", 3)
    monkeypatch.setattr(gathering, "MOST_IN_MEMORY", 0)
    monkeypatch.setenv("NBFT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def lines(rows: list[Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def rows_of(file: Path) -> list[Any]:
    return read_file(file)[0].to_list()


KINDS: dict[str, list[Any]] = {
    "a column that comes late": [{"text": "a"}] * 4 + [{"text": "b", "label": 1}],
    "a column that is empty at first": [{"text": "a", "label": None}] * 4 + [{"text": "b", "label": [1]}],
    "a column that is empty at last": [{"text": "a", "label": "x"}] * 4 + [{"text": "b", "label": None}],
    "whole numbers, then others": [{"n": 1}] * 4 + [{"n": 0.5}],
    "numbers, then text": [{"n": 1}] * 4 + [{"n": True}] * 3 + [{"n": "two"}] + [{"n": 3.5}],
    "objects of other keys": [{"m": [{"role": "user"}]}] * 4 + [{"m": [{"content": "x"}]}],
    "objects of other kinds": [{"m": [{"content": "x"}]}] * 4 + [{"m": [{"content": [1]}]}] + [{"m": None}] * 4,
    "an object in an object": [{"o": {"a": 1}}] * 4 + [{"o": {"b": "x"}}],
}


@pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS)
def test_kinds_that_change_end_as_they_do_in_one_piece(is_large: Path, tmp_path: Path, monkeypatch, rows: list[Any]):
    file = tmp_path / "a.jsonl"
    file.write_text(lines(rows))
    mapped = read_file(file)[0]
    assert mapped.cache_files
    monkeypatch.setattr("nbft.data.json_files.BATCH_ROWS", 1000)
    monkeypatch.setattr(gathering, "MOST_IN_MEMORY", 2**30)
    monkeypatch.setenv("NBFT_CACHE", str(tmp_path / "other"))
    assert mapped.to_list() == rows_of(file)


def test_numbers_written_before_text_are_the_text_that_stood_in_the_file(is_large: Path, tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(lines(KINDS["numbers, then text"]))
    assert read_file(tmp_path / "a.jsonl")[0]["n"][:] == ["1", "1", "1", "1", "True", "True", "True", "two", "3.5"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "a.jsonl",
            lines([{"text": "a"}] * 6 + [{"text": ["b"]}]),
            "row 7: column 'text' holds a list where .* hold text",
        ),
        (
            "a.jsonl",
            lines([{"text": "a"}] * 4 + [{"text": ["b"]}]),
            "row 5: column 'text' holds a list where .* hold text",
        ),
        (
            "a.jsonl",
            lines([{"o": {"a": 1}}] * 6 + [{"o": 3}]),
            "row 7: column 'o' holds a number where .* hold an object",
        ),
        ("a.jsonl", lines([{"o": {"a": 1}}, {"o": {"a": "x"}}]), "row 1: column 'o' holds an object, whose parts"),
        ("a.jsonl", lines([{"text": "a"}] * 7) + '\n{"text": ', "line 8 is not whole JSON"),
        ("a.csv", "text,label\n" + "a,b\n" * 7 + "c,d,e\n", "line 9: 3 values for 2 columns"),
        ("a.csv", "text,label\n" + "a,b\n" * 7 + '"c,d\n', "line 9: unexpected end of data"),
    ],
)
def test_a_fault_far_down_is_named_by_its_place(is_large: Path, tmp_path: Path, name: str, content: str, says: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=says):
        read_file(tmp_path / name)
    assert not list(is_large.glob("*/*"))


def test_every_form_gives_the_same_rows_and_notes(is_large: Path, tmp_path: Path):
    rows = [{"text": f"Nr {i} é", "label": i % 2} for i in range(20)]
    (tmp_path / "a.jsonl").write_text(lines(rows))
    (tmp_path / "a.ndjson").write_text("\n\n".join(json.dumps(row) for row in rows))
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    Dataset.from_list(rows, features=features).to_parquet(str(tmp_path / "a.parquet"))
    (tmp_path / "a.csv").write_bytes(
        ("text;label\n" + "".join(f"{r['text']};{r['label']}\n" for r in rows)).encode("cp1252")
    )
    assert rows_of(tmp_path / "a.jsonl") == rows_of(tmp_path / "a.ndjson") == rows_of(tmp_path / "a.parquet") == rows
    assert read_file(tmp_path / "a.parquet")[0].features == features
    for _ in range(2):  # once from the file, once from the cache
        found, notes = read_file(tmp_path / "a.csv")
        assert found["text"][:] == [row["text"] for row in rows]
        assert [note.split(",")[0] for note in notes] == [
            "a.csv is not UTF-8 (line 2); it was read as Windows-1252",
            "a.csv has semicolons between its values.",
        ]


def test_a_long_list_of_json_is_read_object_by_object(is_large: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("nbft.data.json_files.LARGE", 0)
    monkeypatch.setattr("nbft.data.json_files._PIECE", 16)
    rows = [{"text": f"a ] , {{ {i}", "n": i} for i in range(10)]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
    assert rows_of(tmp_path / "a.json") == rows
    (tmp_path / "b.json").write_text(json.dumps(rows)[:-30])
    with pytest.raises(DataError, match="item 10 is not whole JSON"):
        read_file(tmp_path / "b.json")


def test_an_unchanged_file_is_read_once(is_large: Path, tmp_path: Path):
    file = tmp_path / "a.jsonl"
    file.write_text(lines([{"text": "a"}] * 5))
    first = read_file(file)[0].cache_files
    assert read_file(file)[0].cache_files == first
    assert len(list(is_large.glob("tables/*"))) == 1
    file.write_text(lines([{"text": "b"}] * 5))
    os.utime(file, ns=(1, 1))
    assert rows_of(file) == [{"text": "b"}] * 5
    assert not list(is_large.glob("unfinished/*"))


def test_the_cache_forgets_what_was_not_used_for_longest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NBFT_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "LIMIT_BYTES", 300)  # two entries with their seals
    for name in ("old", "used", "new"):
        with cache.staging() as folder:
            (folder / "entry").mkdir()
            (folder / "entry" / "rows").write_bytes(b"x" * 100)
            cache.publish(folder / "entry", tmp_path / "tables" / name)
        past = time.time() - 100 + len(list(tmp_path.glob("tables/*")))
        if name != "new":
            os.utime(tmp_path / "tables" / name, (past, past))
        assert not cache.kept(tmp_path / "tables" / "nothing")
        if name == "used":
            assert cache.kept(tmp_path / "tables" / "used")
    assert sorted(path.name for path in tmp_path.glob("tables/*")) == ["new", "used"]


def test_a_cache_that_cannot_be_written_is_a_sentence(is_large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.jsonl").write_text(lines([{"text": "a"}] * 5))
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("NBFT_CACHE", str(tmp_path / "taken"))
    with pytest.raises(DataError, match="can't be written") as caught:
        read_file(tmp_path / "a.jsonl")
    assert "NBFT_CACHE" in str(caught.value)


MEASURE = """
import sys, threading, time
from pathlib import Path
from nbft.data.files import read_file
def anonymous():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) / 1024
before = most = anonymous()
def watch():
    global most
    while True:
        most = max(most, anonymous())
        time.sleep(0.02)
threading.Thread(target=watch, daemon=True).start()
rows, _ = read_file(Path(sys.argv[1]))
print(len(rows), most - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is counted by Linux")
def test_2_gb_of_json_lines_take_less_than_300_mb(tmp_path: Path):
    file = tmp_path / "big.jsonl"
    words = " ".join(f"word{i}" for i in range(200))
    with file.open("w", encoding="utf-8") as out:
        count = 0
        while out.tell() < 2 * 2**30:
            out.write(
                "".join(json.dumps({"id": count + i, "text": words[i % 99 :], "label": "a"}) + "\n" for i in range(999))
            )
            count += 999
    environment = {**os.environ, "NBFT_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], env=environment, capture_output=True, text=True, check=True
    )
    rows, extra_mb = done.stdout.split()
    assert int(rows) == count
    assert float(extra_mb) < 300


def test_arrow_files_of_both_forms_are_mapped_or_kept(is_large: Path, tmp_path: Path):
    table = pa.table({"text": ["a", "b"], "label": [1, 2]})
    with pa.ipc.new_stream(str(tmp_path / "stream.arrow"), table.schema) as writer:
        writer.write_table(table)
    with pa.ipc.new_file(str(tmp_path / "file.arrow"), table.schema) as writer:
        writer.write_table(table)
    feather.write_feather(table, str(tmp_path / "a.feather"))
    for name in ("stream.arrow", "file.arrow", "a.feather"):
        assert rows_of(tmp_path / name) == table.to_pylist()
