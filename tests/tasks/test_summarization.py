from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from rouge_score import rouge_scorer
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, T5Config

from nbft.errors import DataError
from nbft.spec.sections import RunSpec
from nbft.tasks.prompts import prompt_for
from nbft.tasks.summarization import Summarization
from nbft.tasks.tokenizers import load_tokenizer
from tests.tasks.by_hand import batches, losses_by_hand, train
from tests.tasks.texts import GPT2, MARIAN

PEOPLE = ("Ann", "Bob", "Eva", "Max")
DEEDS = ("won the race", "lost a key", "found gold", "left town")
FILL = ("It rained.", "Nobody was there.", "The shop was shut.", "That was all.")


def made_rows(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Articles whose headline is their first sentence without its stop."""
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        first = f"{chance.choice(PEOPLE)} {chance.choice(DEEDS)}"
        rows.append({"article": " ".join([f"{first}.", *chance.sample(FILL, 2)]), "highlights": first})
    return rows


def spec_of(rows: list[dict[str, str]], place: Path, model: dict = MARIAN, **changes: Any) -> dict[str, Any]:
    (place / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return {
        "model": {"from_scratch": model},
        "task": "summarization",
        "tokenizer": {"train": "words", "vocabulary": 64},
        "data": {"train": "rows.jsonl", "validation": "rows.jsonl", "test": "rows.jsonl"},
        "train": {"epochs": 60, "batch_size": 16, "learning_rate": 8e-3, "precision": "fp32"},
        "evaluate": {"every": 60, "metrics": ["rouge1", "rouge2", "rougeL", "rougeLsum"]},
        **changes,
    }


def task_for(**changes: Any) -> Summarization:
    spec = {"model": {"from_scratch": MARIAN}, "task": "summarization", "data": {"train": "x.jsonl"}, **changes}
    return Summarization(RunSpec.model_validate(spec), lambda message, fix="": None)


def test_a_plain_loop_reaches_the_same_losses(place: Path):
    rows = made_rows(20, seed=3)
    how = {"epochs": 2, "batch_size": 4, "learning_rate": 3e-3, "precision": "fp32", "warmup": 0.0}
    done = train(spec_of(rows, place, train=how, evaluate={"metrics": ["rouge1"]}), place / "runs")
    tokenizer = AutoTokenizer.from_pretrained(done.run.folder.model)
    settings = AutoModelForSeq2SeqLM.from_pretrained(done.run.folder.model).config

    def batch_of(chosen: list[int]) -> dict[str, Any]:
        texts = tokenizer([rows[i]["article"] for i in chosen], padding=True, return_tensors="pt")
        targets = tokenizer([rows[i]["highlights"] for i in chosen], padding=True, return_tensors="pt")
        labels = targets["input_ids"].masked_fill(targets["attention_mask"] == 0, -100)
        return {"input_ids": texts["input_ids"], "attention_mask": texts["attention_mask"], "labels": labels}

    lengths = [len(tokenizer(row[name])["input_ids"]) for row in rows for name in ("article", "highlights")]
    order = batches([a + b for a, b in zip(lengths[::2], lengths[1::2], strict=True)], 4, seed=42, epochs=2)
    by_hand = losses_by_hand(lambda: AutoModelForSeq2SeqLM.from_config(settings), batch_of, order, learning_rate=3e-3)
    assert done.losses == pytest.approx(by_hand, abs=2e-5)


def test_a_run_summarises_what_it_learned_and_model_does_so_with_plain_transformers(place: Path):
    rows = made_rows(16)
    run = train(spec_of(rows, place), place / "runs").run
    notes = " ".join(run.state.plan.notes if run.state.plan else [])
    assert "text is column 'article', summary is column 'highlights'" in notes
    assert "with its stemmer" in notes
    assert (run.metrics["test/rougeL"] or 0) > 0.9
    texts = [row["article"] for row in rows]
    said = run.predict(texts)
    assert repr(said[0]) == f"Summary({str(said[0])!r})"
    assert run.pipeline()(texts[0], num_beams=2)[0].keys() == {"summary_text"}

    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    network = AutoModelForSeq2SeqLM.from_pretrained(run.folder.model)
    written = network.generate(**tokenizer(texts, padding=True, return_tensors="pt"))
    assert [found.text for found in said] == tokenizer.batch_decode(written, skip_special_tokens=True)
    scorer = rouge_scorer.RougeScorer(["rouge1"], use_stemmer=True)
    scores = [scorer.score(row["highlights"], found.text) for row, found in zip(rows, said, strict=True)]
    expected = sum(score["rouge1"].fmeasure for score in scores) / len(scores)
    assert run.metrics["test/rouge1"] == pytest.approx(expected)


def test_a_decoder_summarises_behind_a_prompt(place: Path):
    spec = spec_of(
        made_rows(8), place, GPT2, train={"epochs": 1, "learning_rate": 1e-3}, evaluate={"metrics": ["rouge1"]}
    )
    run = train(spec, place / "runs").run
    notes = " ".join(run.state.plan.notes if run.state.plan else [])
    assert "TL;DR:" in notes
    assert isinstance(run.predict("Ann won the race. It rained.").text, str)


def test_columns_are_recognised_or_named():
    rows = {"document": ["long"], "summary": ["short"], "id": ["3"]}
    assert task_for().standardise(Dataset.from_dict(rows), "train").to_list() == [{"source": "long", "target": "short"}]
    task = task_for(data={"train": "x.jsonl", "columns": {"text": "a", "summary": "b"}})
    found = task.standardise(Dataset.from_dict({"a": ["long"], "b": ["short"]}), "train")
    assert found.to_list() == [{"source": "long", "target": "short"}]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"text": ["x"], "label": ["y"]}, "No column of the data is known to hold the summary"),
        ({"text": ["x"], "summary": [""]}, "No row of the train data has both source and target"),
        ({"text": ["x"], "summary": [4]}, "Column 'summary' does not hold text"),
    ],
)
def test_data_without_summaries_is_refused(columns: dict, says: str):
    with pytest.raises(DataError, match=says):
        task_for().standardise(Dataset.from_dict(columns), "train")


def test_summaries_in_other_scripts_are_counted_by_their_characters():
    task = task_for()
    task.standardise(Dataset.from_dict({"text": ["今天天气很好。我们去公园。"], "summary": ["天气很好"]}), "train")
    assert any("characters where a script parts no words" in note for note in task.notes)
    assert task.judge(["天气不好"], ["天气很好"], ["rouge1"]) == {"rouge1": pytest.approx(0.75)}


def test_long_summaries_are_cut_at_twice_the_usual_length():
    rows = Dataset.from_dict({"text": ["a b c"] * 200, "summary": ["a b"] * 199 + ["a " * 300]})
    task = task_for(tokenizer={"train": "words", "vocabulary": 64})
    rows = task.standardise(rows, "train")
    tokenizer = load_tokenizer(task.spec, task.texts(rows))
    task.prepare_tokenizer(tokenizer)
    features = task.features(rows, tokenizer, None)
    assert (task.target_limit, features.cut) == (8, 1)
    assert "Targets are cut at 8 tokens: 1 of 200 training rows lose their end." in task.notes


def test_t5_is_told_to_summarise():
    pretrained = T5Config()
    pretrained.name_or_path = "t5-small"
    assert prompt_for(None, "summarization", pretrained, (None, None))[0] == "summarize: {text}"


def test_meteor_stands_beside_rouge_when_it_is_asked_for():
    scores = task_for().judge(["the cats slept"], ["the cat sat"], ["rouge1", "meteor"])
    assert scores == {"rouge1": pytest.approx(2 / 3), "meteor": pytest.approx(2 / 3 * (1 - 0.5 / 8))}
    assert list(task_for().judge(["a b"], ["a b"], ["meteor"])) == ["meteor"]
