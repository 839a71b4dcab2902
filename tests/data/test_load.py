"""Sources -> splits: what is held out, what is repeated, and what each row still knows of where it came from."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nbft.data.dropped import Dropped
from nbft.data.load import Loader, Splits, read_training
from nbft.errors import DataError
from nbft.spec.sections import RunSpec
from nbft.tasks import TASKS


def load(data: dict[str, Any], place: Path, task: str = "text-classification") -> Splits:
    spec = RunSpec.model_validate({"model": "starter-encoder", "task": task, "data": data})
    loader = Loader(TASKS[task](spec, lambda *said: None), spec.data, spec.seed, place, Dropped(place / "dropped"))
    return loader.load(read_training(spec.data, place))


def write(file: Path, rows: list[dict[str, Any]]) -> str:
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(file)


def reviews(name: str, count: int) -> list[dict[str, Any]]:
    return [{"text": f"{name} {i}", "label": ("bad", "good")[i % 2]} for i in range(count)]


def test_sources_of_different_forms_are_read_each_by_itself_and_mixed(place: Path):
    first = write(place / "a.jsonl", reviews("a", 10))
    second = write(place / "b.jsonl", [{"sentence": f"b {i}", "stars": ("bad", "good")[i % 2]} for i in range(6)])
    splits = load({"train": [first, second], "validation": "none"}, place)
    assert Counter(text[0] for text in splits.train["text"]) == {"a": 10, "b": 6}
    assert splits.train["_row"][:] == [*range(10), *range(6)]


def test_weights_repeat_training_rows_and_never_those_that_are_held_out(place: Path):
    first, second = (write(place / f"{n}.jsonl", reviews(n, 40)) for n in "ab")
    data = {"train": [{"source": first, "weight": 2.5}, {"source": second, "weight": 0.5}], "validation": 20}
    splits = load(data, place)
    assert splits.validation is not None
    held = Counter(splits.validation["text"])
    assert max(held.values()) == 1
    assert not set(held) & set(splits.train["text"])
    for name, weight in (("a", 2.5), ("b", 0.5)):
        kept = 40 - sum(text.startswith(name) for text in held)
        assert sum(text.startswith(name) for text in splits.train["text"]) == pytest.approx(weight * kept, abs=0.5)
    assert load(data, place).train["text"][:] == splits.train["text"][:], "drawn by the seed"


def test_a_source_with_a_test_split_of_its_own_gives_it_and_the_rest_is_drawn(place: Path):
    folder = place / "set"
    folder.mkdir()
    write(folder / "train.jsonl", reviews("train", 40))
    write(folder / "test.jsonl", reviews("test", 8))
    splits = load({"train": str(folder), "validation": "25%"}, place)
    assert {name: len(rows) for name, rows in splits.present.items()} == {"train": 30, "validation": 10, "test": 8}
    assert all(text.startswith("test") for text in splits.present["test"]["text"])


def test_rows_that_are_left_out_are_in_the_runs_folder_with_their_number_and_the_reason(place: Path):
    rows = [*reviews("a", 4), {"text": "", "label": "good", "id": 7}, *reviews("b", 4)]
    splits = load({"train": write(place / "a.jsonl", rows), "validation": "none"}, place)
    assert splits.train["_row"][:] == [0, 1, 2, 3, 5, 6, 7, 8]
    lines = (place / "dropped" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"row": 5, "why": "have no text", "text": "", "label": "good", "id": 7}
    ]


def test_an_error_of_one_of_several_sources_names_its_place(place: Path):
    good = write(place / "a.jsonl", reviews("a", 4))
    with pytest.raises(DataError) as caught:
        load({"train": [good, "nowhere.csv"]}, place)
    assert caught.value.path == "data.train.1"


def test_labels_cleaning_and_leaks_go_in_this_order_and_every_dropped_row_says_why(place: Path):
    def row(text: str, label: str) -> dict[str, Any]:
        return {"text": text, "label": label}

    train = [
        row("<b>Great</b> film", "pos"),
        row("great  film", "1"),
        row("Dull food", "neg"),
        row("dull food", "0"),
        row("unclear", "skip"),
        row("<p></p>", "pos"),
        row("cold room", "neg"),
        row("warm room", "pos"),
        row("warm room", "neg"),
    ]
    tested = [row("COLD room", "neg"), row("<i>fine</i>", "pos"), row("fine", "pos")]
    data = {
        "train": write(place / "a.jsonl", train),
        "test": write(place / "b.jsonl", tested),
        "validation": "none",
        "labels": {"1": "pos", "0": "neg", "skip": "drop"},
        "clean": ["strip-html", "collapse-whitespace", "drop-duplicates", "drop-conflicting", "drop-leaks"],
    }
    splits = load(data, place)
    assert splits.train.to_list() == [
        {"text": "Great film", "label": "pos", "_row": 0},
        {"text": "Dull food", "label": "neg", "_row": 2},
    ]
    assert splits.present["test"]["text"][:] == ["COLD room", "fine", "fine"], "cleaned, and none dropped"
    lines = (place / "dropped" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    why = {(line := json.loads(said))["row"]: line["why"] for said in lines}
    assert why == {
        5: "have a label that data.labels drops",
        2: "repeat an earlier row",
        4: "repeat an earlier row",
        8: "contradict another row (same input, other target)",
        9: "contradict another row (same input, other target)",
        6: "are empty after cleaning",
        7: "stand in test too",
    }
    said = " ".join(splits.notes)
    for part in ("'1' (1 row) is now 'pos'", "drop-duplicates dropped 2", "drop-leaks dropped 1"):
        assert part in said


def test_rows_that_stand_in_two_splits_are_told_of(place: Path):
    rows = reviews("a", 20)
    data = {
        "train": write(place / "a.jsonl", rows),
        "test": write(place / "b.jsonl", [*rows[:10], *reviews("b", 10)]),
        "validation": "none",
    }
    spec = RunSpec.model_validate({"model": "starter-encoder", "task": "text-classification", "data": data})
    heard: list[str] = []
    task = TASKS["text-classification"](spec, lambda message, fix: heard.append(f"{message} {fix}"))
    Loader(task, spec.data, 1, place, Dropped(None)).load(read_training(spec.data, place))
    assert len(heard) == 1
    assert heard[0].startswith("10 of 20 test rows (50.0%) stand in train too")
    assert "clean: [drop-leaks]" in heard[0]
