"""The cache's folder: entries are whole or not there, whoever else writes, damages or removes them meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbft.data.cache import cache_folder, kept, publish, staging
from nbft.data.files import read_file


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBFT_CACHE", str(tmp_path / "cache"))


def put(name: str, text: str = "held") -> Path:
    with staging() as staged:
        entry = staged / "entry"
        entry.mkdir()
        (entry / "file.txt").write_text(text, encoding="utf-8")
        return publish(entry, cache_folder() / "things" / name)


def test_an_entry_is_kept_until_one_of_its_files_is_no_longer_what_was_written():
    entry = put("one")
    assert kept(entry)
    (entry / "file.txt").write_text("hold", encoding="utf-8")
    assert not kept(entry)
    assert not entry.exists(), "so that it can be made anew"
    assert kept(put("one"))
    assert not kept(entry.parent / "none")


def test_an_entry_that_was_there_first_stays():
    put("one", "first")
    entry = put("one", "second")
    assert (entry / "file.txt").read_text(encoding="utf-8") == "first"


WORK = """
import random, sys
from nbft.data import cache
from nbft.data.cache import cache_folder, kept, publish, staging
cache.LIMIT_BYTES = 5000
chance = random.Random(int(sys.argv[1]))
for _ in range(60):
    name = chance.choice("abcd")
    entry = cache_folder() / "things" / name
    if kept(entry):
        try:
            assert (entry / "file.txt").read_text() == name * 2000
        except FileNotFoundError:
            pass  # another made room
    else:
        with staging() as staged:
            (staged / "file.txt").write_text(name * 2000)
            publish(staged, entry)
    if not chance.randrange(10):
        (entry / "file.txt").unlink(missing_ok=True)  # damage
"""


def test_processes_that_write_damage_and_make_room_at_once_do_not_meet_each_other():
    workers = [subprocess.Popen([sys.executable, "-c", WORK, str(seed)], stderr=subprocess.PIPE) for seed in range(3)]
    said = [worker.communicate()[1].decode() for worker in workers]
    assert said == [""] * 3
    assert [worker.returncode for worker in workers] == [0] * 3


@pytest.mark.parametrize("file", ["rows.arrow", "notes.json"])
def test_a_large_file_whose_copy_is_damaged_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str):
    monkeypatch.setattr("nbft.data.gathering.MOST_IN_MEMORY", 100)
    source = tmp_path / "rows.jsonl"
    source.write_text("\n".join(json.dumps({"text": f"row {i}"}) for i in range(50)), encoding="utf-8")
    rows = read_file(source)[0].to_list()
    (copy,) = (tmp_path / "cache").rglob(file)
    os.truncate(copy, copy.stat().st_size // 2)
    again, notes = read_file(source)
    assert again.to_list() == rows
    assert notes == []
    assert kept(copy.parent)
