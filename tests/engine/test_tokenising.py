"""Rows in slices and rows from the cache are the rows that tokenising all at once gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

import nbft.data.slices
from nbft.data.dropped import Dropped
from nbft.data.load import Loader, Splits, read_training
from nbft.engine import feature_cache, tokenising
from nbft.engine.feature_cache import hash_rows
from nbft.spec.sections import RunSpec
from nbft.tasks import TASKS
from nbft.tasks.base import Task
from nbft.tasks.pretrained import model_limit
from nbft.tasks.tokenizers import load_tokenizer
from tests.conftest import write_rows
from tests.tasks import chats, questions, texts


class Said:
    """Collects the warnings of a task."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, message: str, fix: str = "") -> None:
        self.heard.append(message)


@pytest.fixture
def in_slices(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns a switch: from then on a hundred bytes are many."""

    def switch() -> None:
        monkeypatch.setattr(nbft.data.slices, "LARGE_BYTES", 100)
        monkeypatch.setattr(nbft.data.slices, "SLICE_BYTES", 400)

    return switch


def jsonl(file: Path, rows: list[dict[str, Any]]) -> str:
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(file)


def spec_of(kind: str, model: Path, place: Path) -> RunSpec:
    """A spec of some task whose data has an unusable row in its middle."""
    data: dict[str, Any] = {"validation": "none", "max_tokens": 24, "cache": False}
    more: dict[str, Any] = {"model": str(model)}
    if kind == "text-classification":
        data["train"] = str(write_rows(place / "rows.csv", 40, 1))
        with Path(data["train"]).open("a", encoding="utf-8") as file:
            file.write(",negative\nlovely day,positive\n")
    elif kind == "question-answering":
        rows = questions.rows(24)
        rows[11]["context"] = " "
        data["train"] = jsonl(place / "rows.jsonl", rows)
    elif kind == "translation":
        pairs = [{"source": s, "target": t} for s, t in texts.sentence_pairs(24, seed=2)]
        data |= {"train": jsonl(place / "rows.jsonl", [*pairs[:9], {**pairs[9], "target": ""}, *pairs[10:]])}
        data["max_target_tokens"] = 8
        more = {"model": {"from_scratch": texts.MODELS["marian"]}, "tokenizer": {"train": "words", "vocabulary": 64}}
    else:
        rows = chats.conversations(3)
        rows[7] = {"messages": rows[7]["messages"][:1]}
        data |= {"train": jsonl(place / "rows.jsonl", rows), "max_tokens": 64}
        more = {"model": str(chats.save_model(place / "chat")), "chat": {"template": "chatml"}}
    return RunSpec.model_validate({"task": kind, "data": data, **more})


def loaded(spec: RunSpec, place: Path, said: Said) -> tuple[Task, Splits, Any]:
    task = TASKS[str(spec.task)](spec, said)
    task.model_limit = model_limit(spec.model)
    splits = Loader(task, spec.data, spec.seed, place, Dropped(place / "dropped")).load(read_training(spec.data, place))
    task.learn_labels(splits.train, {})
    tokenizer = load_tokenizer(task.spec, task.texts(splits.train))
    task.prepare_tokenizer(tokenizer)
    return task, splits, tokenizer


KINDS = ("text-classification", "question-answering", "translation", "chat")


@pytest.mark.parametrize("kind", KINDS)
def test_slices_give_the_features_and_the_warnings_of_all_at_once(
    kind: str, tiny_model: Path, place: Path, in_slices: Any
):
    spec = spec_of(kind, tiny_model, place)
    made, heard, dropped = [], [], []
    for switch in (lambda: None, in_slices):
        switch()
        said = Said()
        task, splits, tokenizer = loaded(spec, place, said)
        made.append(tokenising.make_features(task, splits.train, tokenizer, spec.data.max_tokens))
        heard.append(said.heard)
        dropped.append((place / "dropped" / "train.jsonl").read_text(encoding="utf-8"))
    assert made[1].rows.cache_files, "it lies on the disk"
    assert made[0].rows.to_list() == made[1].rows.to_list()
    assert made[0].lengths == made[1].lengths
    assert made[0].full == made[1].full
    assert made[0].example_of == made[1].example_of
    assert (made[0].cut, made[0].limit) == (made[1].cut, made[1].limit)
    assert heard[0] == heard[1]
    assert heard[0], "the unusable row was told of"
    assert dropped[0] == dropped[1]
    assert len(dropped[0].splitlines()) == 1


def test_rows_know_which_row_of_the_file_they_were(tiny_model: Path, place: Path, in_slices: Any):
    spec = spec_of("question-answering", tiny_model, place)
    in_slices()
    _, splits, _ = loaded(spec, place, Said())
    assert splits.train["_row"][:] == [number for number in range(24) if number != 11]
    line = json.loads((place / "dropped" / "train.jsonl").read_text(encoding="utf-8"))
    assert (line["row"], line["why"]) == (12, "have no question or no context")


def test_a_limit_of_large_data_is_seen_from_a_sample(tiny_model: Path, place: Path, in_slices: Any):
    spec = spec_of("text-classification", tiny_model, place)
    in_slices()
    task, splits, tokenizer = loaded(spec, place, Said())
    made = tokenising.make_features(task, splits.train, tokenizer, None)
    assert made.limit == 16  # 12 words and the one that tells, between [CLS] and [SEP]: 15 tokens
    assert any("drawn by chance" in note for note in task.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_were_tokenised_before_come_from_the_cache(
    kind: str, tiny_model: Path, place: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NBFT_CACHE", str(place / "cache"))
    monkeypatch.setattr(feature_cache, "WORTH_S", 0.0)
    spec = spec_of(kind, tiny_model, place)
    data = spec.data.model_copy(update={"cache": True, "max_tokens": None})
    spec = spec.model_copy(update={"data": data})
    found, states = [], []
    for _ in range(2):
        said = Said()
        task, splits, tokenizer = loaded(spec, place, said)
        found.append(tokenising.make_features(task, splits.train, tokenizer, None))
        states.append((feature_cache.plain_state(task), list(task.notes), said.heard))
        monkeypatch.setattr(type(task), "features", None)  # a second time nobody asks for it
    assert found[0].rows.to_list() == found[1].rows.to_list()
    for name in ("lengths", "full", "example_of", "cut", "limit"):
        assert getattr(found[0], name) == getattr(found[1], name)
    assert states[0] == states[1]


def test_another_tokenizer_limit_label_or_row_is_not_taken_from_the_cache(tiny_model: Path, place: Path):
    spec = spec_of("text-classification", tiny_model, place)
    task, splits, tokenizer = loaded(spec, place, Said())

    def key(rows: Dataset = splits.train, limit: int | None = 24) -> str:
        return feature_cache.FeatureCache(task, rows, tokenizer, limit).folder.name

    keys = [key(), key(limit=8), key(splits.train.select(range(10)))]
    changed = splits.train.to_list()
    changed[3]["text"] += " x"
    keys.append(key(Dataset.from_list(changed)))
    task.labels = task.labels[::-1]
    keys.append(key())
    tokenizer.add_tokens(["gloomy"])
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == keys[-1]


def test_rows_are_told_apart_by_what_they_hold_however_they_lie_in_memory():
    rows = Dataset.from_dict({"text": [f"row {i}" for i in range(50)], "label": list(range(50))})
    assert hash_rows(rows) == hash_rows(Dataset.from_list(rows.to_list()))
    assert hash_rows(rows.select(range(10, 20))) == hash_rows(Dataset.from_dict(rows[10:20]))
    assert hash_rows(rows.select([1, 0])) != hash_rows(rows.select([0, 1]))
    assert hash_rows(rows) != hash_rows(rows.rename_column("text", "texts"))
