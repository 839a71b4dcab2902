"""A second run on the same data takes tokens and check-up from the cache, and nothing but the same data may do so."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbft.data_check import data_of_spec
from nbft.engine import check_cache, feature_cache
from nbft.engine import data_check as engine
from nbft.launch.inline import run_inline
from nbft.record.data_check import DataCheck
from nbft.record.events import Progressed
from nbft.run import Run
from nbft.spec.load import read_spec
from tests.tasks.by_hand import train

OF_TIME = ("seq", "time", "pid", "seconds", "run", "examples_per_s", "tokens_per_s", "size_bytes", "process_bytes")
OUT_OF_THE_CACHE = ("features", "checks")


@pytest.fixture
def looks(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cache of its own that keeps everything, and a list that grows with each check-up that is made anew."""
    made: list[str] = []

    def counted(task: Any, *rest: Any) -> DataCheck:
        made.append(task.name)
        return look(task, *rest)

    look = engine.check_data
    monkeypatch.setenv("NBFT_CACHE", str(place / "cache"))
    monkeypatch.setattr(feature_cache, "WORTH_S", 0.0)
    monkeypatch.setattr(check_cache, "WORTH_S", 0.0)
    monkeypatch.setattr(engine, "check_data", counted)
    monkeypatch.setattr("nbft.checkup.start_process", run_inline)
    monkeypatch.setattr("nbft.data.checkup.forget", lambda: None)
    return made


def told(run: Run) -> dict[str, Any]:
    """Everything that a run leaves behind, without what depends on the clock."""
    events = [
        {"kind": type(event).__name__, **timeless(dataclasses.asdict(event))}
        for event in Run(run.folder).follow()
        if not isinstance(event, Progressed)  # said as often as there is time
    ]
    assert run.data_check is not None
    check = dataclasses.replace(run.data_check, seconds=0.0)
    dropped = {file.name: file.read_text(encoding="utf-8") for file in sorted(run.folder.dropped.iterdir())}
    return {"events": events, "check": check, "dropped": dropped, "page": to_page(check)}


def timeless(said: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in said.items() if name.rpartition("/")[2] not in OF_TIME}
    return {name: timeless(value) if isinstance(value, dict) else value for name, value in known.items()}


def to_page(check: DataCheck) -> dict[str, str]:
    from nbft.panels.data_page import page

    return page(check, "reviews")


def spoil_rows(place: Path) -> None:
    """Gives reviews.csv a repeat, a contradiction, HTML, a row without text and one that stands in test.csv too."""
    lines = (place / "reviews.csv").read_text(encoding="utf-8").splitlines()
    leaked = (place / "test.csv").read_text(encoding="utf-8").splitlines()[1]
    lines += [lines[3], lines[5].replace("positive", "negative"), "<b>lovely</b> film,positive", ",negative", leaked]
    (place / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")


def test_a_run_from_the_cache_leaves_the_record_of_one_without(
    tiny_spec: dict[str, Any], place: Path, looks: list[str]
):
    spoil_rows(place)
    data = {**tiny_spec["data"], "clean": ["strip-html", "drop-duplicates"]}
    spec = {**tiny_spec, "data": data, "train": {**tiny_spec["train"], "epochs": 1}}
    bare = told(train({**spec, "data": {**data, "cache": False}}, place / "nbft-runs").run)
    first, second = (told(train(spec, place / "nbft-runs").run) for _ in range(2))
    assert looks == ["text-classification"] * 2, "the third run took it from the cache"
    assert bare["check"].findings
    assert bare["dropped"]
    assert first == bare
    assert second == bare


def test_without_a_cache_nothing_is_kept_and_nothing_taken(tiny_spec: dict[str, Any], place: Path, looks: list[str]):
    def look() -> None:
        data_of_spec(read_spec({**tiny_spec, "data": {**tiny_spec["data"], "cache": False}}))

    look()
    assert not [name for name in OUT_OF_THE_CACHE if (place / "cache" / name).exists()]
    data_of_spec(read_spec(tiny_spec))
    assert all((place / "cache" / name).exists() for name in OUT_OF_THE_CACHE)
    look()
    assert len(looks) == 3


def change_a_row(place: Path) -> None:
    file = place / "reviews.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("lovely", "superb", 1), encoding="utf-8")


def change_a_label(place: Path) -> None:
    file = place / "test.csv"
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    rows[1][1] = "negative" if rows[1][1] == "positive" else "positive"
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows(rows)


@pytest.mark.parametrize("change", [change_a_row, change_a_label])
def test_other_rows_are_looked_at_anew(
    tiny_spec: dict[str, Any], place: Path, looks: list[str], change: Callable[[Path], None]
):
    data_of_spec(read_spec(tiny_spec))
    change(place)
    data_of_spec(read_spec(tiny_spec))
    assert len(looks) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"data.max_tokens": 8},
        {"data.validation": 20},
        {"data.clean": ["drop-duplicates"]},
        {"data.labels": {"negative": "bad"}},
        {"seed": 7},
        {"data.test": None},
        {"classification.weights": "balanced"},
        {"tokenizer.add_tokens": ["gloomy"]},
    ],
    ids=str,
)
def test_another_key_of_the_spec_that_matters_is_looked_at_anew(
    tiny_spec: dict[str, Any], place: Path, looks: list[str], changes: dict[str, Any]
):
    data_of_spec(read_spec(tiny_spec))
    spec = json.loads(json.dumps(tiny_spec))
    for key, value in changes.items():
        section, _, name = key.rpartition(".")
        (spec.setdefault(section, {}) if section else spec)[name] = value
    data_of_spec(read_spec(spec))
    assert len(looks) == 2


def test_a_key_that_changes_nothing_of_the_data_is_answered_from_the_cache(
    tiny_spec: dict[str, Any], place: Path, looks: list[str]
):
    data_of_spec(read_spec(tiny_spec))
    data_of_spec(read_spec({**tiny_spec, "train": {"epochs": 1, "learning_rate": 1e-4}}))
    assert len(looks) == 1


def test_another_version_of_nbft_or_of_its_code_looks_anew(
    tiny_spec: dict[str, Any], place: Path, looks: list[str], monkeypatch: pytest.MonkeyPatch
):
    data_of_spec(read_spec(tiny_spec))
    version = feature_cache.version
    monkeypatch.setattr(feature_cache, "version", lambda name: "99.0" if name == "nbft" else version(name))
    data_of_spec(read_spec(tiny_spec))
    assert len(looks) == 2
    monkeypatch.setattr(feature_cache, "code_hash", lambda: "other code")
    data_of_spec(read_spec(tiny_spec))
    assert len(looks) == 3


def empty(file: Path) -> None:
    file.write_bytes(b"")


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def flip(file: Path) -> None:
    held = bytearray(file.read_bytes())
    held[len(held) // 2] ^= 0x55
    file.write_bytes(held)


@pytest.mark.parametrize("damage", [empty, cut, flip, Path.unlink])
def test_a_damaged_cache_is_made_anew_and_nothing_is_said(
    tiny_spec: dict[str, Any], place: Path, looks: list[str], damage: Callable[[Path], None]
):
    made = data_of_spec(read_spec(tiny_spec)).check
    files = [file for name in OUT_OF_THE_CACHE for file in (place / "cache" / name).rglob("*") if file.is_file()]
    assert {"check.json", "rows.arrow", "lengths.npy", "meta.json", "seal.json"} <= {file.name for file in files}
    before = {file: file.read_bytes() for file in files if file.suffix == ".npy"}
    for file in files:
        damage(file)
    again = data_of_spec(read_spec(tiny_spec)).check
    assert dataclasses.replace(again, seconds=0.0) == dataclasses.replace(made, seconds=0.0)
    assert len(looks) == 2
    assert {file: file.read_bytes() for file in before} == before
    data_of_spec(read_spec(tiny_spec))
    assert len(looks) == 2, "what was made anew is kept"


def test_validation_rows_come_from_the_cache_too(
    tiny_spec: dict[str, Any], place: Path, looks: list[str], monkeypatch: pytest.MonkeyPatch
):
    """Tokenising sets how the tokenizer cuts, which must not count as another tokenizer."""
    data_of_spec(read_spec({**tiny_spec, "data": {**tiny_spec["data"], "max_tokens": 8}}))
    monkeypatch.setattr("nbft.tasks.text_classification.TextClassification.features", None)
    data_of_spec(read_spec({**tiny_spec, "data": {**tiny_spec["data"], "max_tokens": 8}}))
    assert len(list((place / "cache" / "features").iterdir())) == 3
