"""Answers that models write for an evaluation: as the run writes them, or as `generate` says; seeded, and judged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

import nbft
from nbft.errors import DataError, SpecError
from nbft.evaluation import Evaluation
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.run import Run
from nbft.spec.load import read_spec
from tests.evaluation.runs import trained, working_in
from tests.tasks.chats import ANSWERS, conversations, save_model


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of translation and one of chat."""
    with working_in(tmp_path_factory.mktemp("trained")) as folder:
        trained("translation", folder, "words")
        save_model(folder / "llama")
        for name in ("chats", "held"):
            (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in conversations(2)))
        spec = {
            "model": "llama",
            "data": {"train": "chats.jsonl", "validation": "held.jsonl", "test": "held.jsonl"},
            "chat": {"template": "chatml"},
            "train": {"epochs": 12, "learning_rate": 1e-2, "batch_size": 8, "warmup": 0.0, "precision": "fp32"},
            "early_stopping": {"enabled": False},
            "evaluate": {"every": 24},
        }
        run_inline(prepare_folder(read_spec(spec), "chatty"))
    return folder


@pytest.fixture
def runs(trained_once: Path, place: Path) -> dict[str, Run]:
    shutil.copytree(trained_once, place, dirs_exist_ok=True)
    return {name: nbft.open_run(name) for name in ("words", "chatty")}


def said_by(found: Evaluation, system: str) -> list[str]:
    rows = found.predictions
    return rows[rows["system"] == system]["prediction"].tolist()


def words_of(predictions: Any, references: Any) -> float:
    """Returns the mean number of words said."""
    return sum(len(text.split()) for text in predictions) / len(predictions)


def test_greedy_answers_are_those_of_plain_transformers(runs: dict[str, Run]):
    folder = runs["words"].folder.model
    plain, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    found = nbft.evaluate("words", baselines=False)
    for text, said in zip(found.predictions["input"], found.predictions["prediction"], strict=True):
        with torch.inference_mode():
            written = plain.generate(**tokenizer(text, return_tensors="pt"))
        assert tokenizer.decode(written[0], skip_special_tokens=True).strip() == said


def test_beams_and_limits_of_an_evaluation_take_the_place_of_the_run_s(runs: dict[str, Run]):
    folder = runs["words"].folder.model
    plain, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    found = nbft.evaluate("words", baselines=False, generate={"beams": 3, "max_new_tokens": 2})
    for text, said in zip(found.predictions["input"], found.predictions["prediction"], strict=True):
        with torch.inference_mode():
            written = plain.generate(**tokenizer(text, return_tensors="pt"), num_beams=3, max_new_tokens=2)
        assert tokenizer.decode(written[0], skip_special_tokens=True).strip() == said
    assert found.folder.path != nbft.evaluate("words", baselines=False).folder.path


def test_what_is_drawn_by_chance_is_the_same_for_the_same_seed(runs: dict[str, Run]):
    first = nbft.evaluate("words", baselines=False, generate={"temperature": 2.0}, seed=1)
    kept = said_by(first, "words")
    shutil.rmtree(first.folder.path)
    assert said_by(nbft.evaluate("words", baselines=False, generate={"temperature": 2.0}, seed=1), "words") == kept
    assert said_by(nbft.evaluate("words", baselines=False, generate={"temperature": 2.0}, seed=2), "words") != kept


def test_a_chat_model_answers_each_row_by_its_own_template_up_to_the_end_of_its_turn(runs: dict[str, Run]):
    folder = runs["chatty"].folder.model
    plain: Any = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = nbft.evaluate("chatty", "base", metrics=["perplexity", words_of])
    assert len(found.predictions) == 2 * 16
    rows = found.predictions[found.predictions["system"] == "chatty"]
    for asked, said, wanted in zip(rows["input"], rows["prediction"], rows["reference"], strict=True):
        ids = tokenizer.apply_chat_template(
            json.loads(asked), add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            written = plain.generate(**ids, do_sample=False)[0, ids["input_ids"].shape[1] :]
        assert tokenizer.decode(written, skip_special_tokens=True).strip() == said
        assert wanted in ANSWERS.values()
    scores = {one.name: one.scores for one in found.scorecard.systems}
    assert scores["chatty"]["words_of"].value == pytest.approx(words_of(rows["prediction"].tolist(), []))
    assert scores["chatty"]["perplexity"].value == pytest.approx(runs["chatty"].metrics["test/perplexity"], rel=1e-3)
    assert "words_of" not in scores["unigram"]
    assert {one.metric for one in found.scorecard.comparisons} == {"perplexity", "words_of"}


def test_exact_match_judges_what_a_chat_model_writes(runs: dict[str, Run]):
    found = nbft.evaluate("chatty", metrics=["exact_match"], baselines=False, generate={"max_new_tokens": 3})
    rows = found.predictions
    assert found.scorecard.systems[0].scores["exact_match"].value == (rows["prediction"] == rows["reference"]).mean()
    tokenizer = AutoTokenizer.from_pretrained(runs["chatty"].folder.model)
    assert max(len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in rows["prediction"]) <= 3


def test_answers_that_no_metric_needs_are_not_written(runs: dict[str, Run]):
    assert "prediction" not in nbft.evaluate("chatty").predictions


def test_rows_that_teach_nothing_are_answered_all_the_same(runs: dict[str, Run]):
    long = "very " * 250
    rows = pd.DataFrame(conversations()[:3])
    rows.at[1, "messages"] = [
        {"role": "user", "content": f"What is {long}?"},
        {"role": "assistant", "content": "snow"},
    ]
    found = nbft.evaluate("chatty", data=rows, metrics=["perplexity", words_of], baselines=False)
    assert found.scorecard.rows == 3
    assert said_by(found, "chatty")[1] == ""
    assert any("1 of 3 conversations leave the model no room" in note for note in found.scorecard.notes)
    assert found.predictions["tokens"].tolist()[1] == 0


def test_generate_is_checked_as_in_a_run_and_refused_where_nothing_is_written(runs: dict[str, Run], place: Path):
    with pytest.raises(SpecError, match="nbft knows no key 'num_beams' here") as caught:
        nbft.evaluate("words", generate={"num_beams": 4})
    assert "It is called 'beams'" in str(caught.value)
    with pytest.raises(SpecError, match="beams: must be a whole number from 1 to 64, got 0"):
        nbft.evaluate("words", generate={"beams": 0})
    with pytest.raises(DataError, match="The model has room for 64 tokens; 900 can't be written"):
        nbft.evaluate("words", generate={"max_new_tokens": 900})
    trained("text-classification", place)
    with pytest.raises(DataError, match="text-classification is judged without writing"):
        nbft.evaluate("tiny", generate={"beams": 2})
