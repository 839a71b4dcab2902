"""Whole runs of text classification: the loss curve of a plain loop, and what the trained model says afterwards."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline, set_seed

from nbft.engine.evaluation import evaluate_model
from nbft.errors import RunError
from nbft.inference.text_classification import Labels, Number, Prediction
from nbft.run import Run
from tests.conftest import BAD, FILLER, GOOD
from tests.tasks.by_hand import batches, losses_by_hand, train

Row = dict[str, Any]
TRAIN = {"epochs": 2, "learning_rate": 3e-3, "batch_size": 8, "warmup": 0.0, "precision": "fp32"}
PROBLEM_TYPES = {"single-label": "single_label_classification", "multi-label": "multi_label_classification"}


def make_rows(count: int, problem: str) -> list[Row]:
    """Returns texts of good and bad words; labels are which there are more of, which there are, or how many are good."""
    chance, rows = random.Random(3), []
    for _ in range(count):
        good, bad = chance.randint(0, 3), chance.randint(0, 3)
        words = [*chance.choices(GOOD, k=good), *chance.choices(BAD, k=bad), *chance.choices(FILLER, k=4)]
        chance.shuffle(words)
        label = {
            "single-label": "good" if good > bad else "bad",
            "multi-label": ["good"] * (good > 0) + ["bad"] * (bad > 0),
            "regression": good - bad + 0.5,
        }[problem]
        rows.append({"text": " ".join(words), "label": label})
    return rows


@pytest.fixture
def still_model(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model without dropout: nothing but the order of rows is left to chance."""
    folder = tmp_path / "still"
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    model = AutoModel.from_pretrained(tiny_model, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    model.save_pretrained(folder)
    return folder


def spec_for(model: Path, place: Path, problem: str, **more: Any) -> dict[str, Any]:
    file = place / f"{problem}.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in make_rows(60, problem)), encoding="utf-8")
    options = {"problem": problem, **more.pop("classification", {})}
    data = {"train": str(file), "validation": 12, **more.pop("data", {})}
    train_with = {**TRAIN, **more.pop("train", {})}
    return {
        "model": str(model),
        "task": "text-classification",
        "data": data,
        "classification": options,
        "train": train_with,
    }


def plain(model: Path, problem: str, rows: list[Row]) -> tuple[Any, Any, list[int]]:
    """Returns what makes a model, what makes a batch, and the lengths of the rows, with transformers alone."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    names = (
        sorted({name for row in rows for name in np.atleast_1d(row["label"])}) if problem != "regression" else ["label"]
    )

    def make_model() -> Any:
        return AutoModelForSequenceClassification.from_pretrained(
            model, num_labels=len(names), problem_type=PROBLEM_TYPES.get(problem, "regression")
        )

    def target(row: Row) -> Any:
        if problem == "multi-label":
            return [float(name in row["label"]) for name in names]
        return names.index(row["label"]) if problem == "single-label" else row["label"]

    def batch_of(numbers: list[int]) -> dict[str, Any]:
        some = [rows[i] for i in numbers]
        batch = tokenizer([row["text"] for row in some], padding=True, return_tensors="pt")
        return {**batch, "labels": torch.tensor([target(row) for row in some])}

    return make_model, batch_of, [len(tokenizer(row["text"])["input_ids"]) for row in rows]  # pyright: ignore[reportArgumentType] - a list


@pytest.mark.parametrize("problem", ["single-label", "multi-label", "regression"])
def test_a_run_has_the_loss_curve_of_the_same_training_written_by_hand(still_model: Path, place: Path, problem: str):
    trained = train(spec_for(still_model, place, problem, data={"validation": "none"}), place)
    make_model, batch_of, lengths = plain(still_model, problem, make_rows(60, problem))
    order = batches(lengths, 8, 42, 2)
    expected = losses_by_hand(make_model, batch_of, order, learning_rate=3e-3)
    assert len(trained.losses) == len(expected) == 16
    assert trained.losses == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("problem", ["multi-label", "regression"])
def test_a_run_says_what_plain_transformers_says(tiny_model: Path, place: Path, problem: str):
    run = train(spec_for(tiny_model, place, problem, train={"epochs": 4}), place).run
    texts = ["the film was superb", "awful and dull food"]
    found = run.predict(texts)
    folder = str(run.folder.model)
    plainly: Any = pipeline("text-classification", model=folder, tokenizer=folder, top_k=None)(texts)
    if problem == "multi-label":
        assert [answer.probabilities for answer in found] == [
            pytest.approx({one["label"]: one["score"] for one in row}, abs=1e-5) for row in plainly
        ]
        assert [one["label"] for one in run.pipeline()(texts)[0]] == [one["label"] for one in plainly[0]]
        assert all(set(answer.labels) == {k for k, p in answer.probabilities.items() if p >= 0.5} for answer in found)
        assert isinstance(found[0], Labels)
        assert repr(found[0]).startswith("Labels([")
    else:
        assert [float(answer) for answer in found] == pytest.approx([row[0]["score"] for row in plainly], abs=1e-5)
        assert isinstance(found[0], Number)
        assert set(run.metrics) == {"eval/loss", "eval/pearson", "eval/spearman", "eval/mse"}
    assert type(run.predict(texts[0])) is type(found[0])


def test_a_finished_run_is_judged_on_other_rows_as_the_kind_that_it_is(tiny_model: Path, place: Path):
    run = train(spec_for(tiny_model, place, "regression"), place).run
    other = place / "other.jsonl"
    other.write_text("\n".join(json.dumps({"text": "a great day", "label": n}) for n in (1, 2, 2)), encoding="utf-8")
    values = evaluate_model(run.folder, str(other))
    said = float(run.predict("a great day"))
    assert values["test/mse"] == pytest.approx(np.mean([(said - n) ** 2 for n in (1, 2, 2)]), rel=1e-4)
    assert values["test/loss"] == pytest.approx(values["test/mse"], rel=1e-4)


def test_rare_labels_weigh_more_in_a_balanced_run(still_model: Path, place: Path):
    rows = make_rows(60, "single-label")
    spec = spec_for(
        still_model, place, "single-label", classification={"weights": "balanced"}, data={"validation": "none"}
    )
    losses = train(spec, place).losses
    make_model, batch_of, lengths = plain(still_model, "single-label", rows)
    first = batches(lengths, 8, 42, 1)[0]
    set_seed(42)
    model = make_model().train()
    batch = batch_of(first)
    by_row = torch.nn.functional.cross_entropy(model(**batch).logits, batch["labels"], reduction="none")
    bad = sum(row["label"] == "bad" for row in rows)
    weight = torch.tensor([60 / (2 * bad), 60 / (2 * (60 - bad))])
    assert losses[0] == pytest.approx(float((by_row * weight[batch["labels"]]).mean().detach()), rel=1e-4)
    passes = {**spec, "train": {**spec["train"], "gradient_accumulation": 2}}
    assert len(train(passes, place, "in-two-passes").losses) == len(losses)


def test_pairs_are_given_as_tuples_or_by_name(tiny_model: Path, place: Path):
    file = place / "pairs.csv"
    lines = [f"great {word},{other},{int(word == other)}" for word in GOOD for other in GOOD for _ in range(2)]
    file.write_text("\n".join(["sentence1,sentence2,label", *lines]), encoding="utf-8")
    spec = {"model": str(tiny_model), "data": {"train": str(file)}, "train": {**TRAIN, "epochs": 1}}
    run: Run = train({**spec, "task": "text-classification"}, place).run
    pair = ("great superb", "superb")
    found = run.predict(pair)
    assert isinstance(found, Prediction)
    assert found == run.predict({"text": pair[0], "text_pair": pair[1]}) == run.predict([pair, pair])[1]
    plainly = run.pipeline()({"text": pair[0], "text_pair": pair[1]})
    assert plainly["score"] == pytest.approx(found.probability, abs=1e-5)
    with pytest.raises(RunError, match="no text and no pair"):
        run.predict([("a", "b", "c")])
    with pytest.raises(RunError, match="pairs of texts and some are not"):
        run.predict([pair, "alone"])


def test_a_pipeline_reads_texts_as_the_run_did(tiny_model: Path, place: Path):
    spec = spec_for(tiny_model, place, "single-label")
    spec["data"]["preprocess"] = "$shout"
    run = train_with(spec, place, shout=lambda text: text.lower().replace("terrific", "superb"))
    found = run.predict("Terrific film")
    assert run.pipeline()("Terrific film")[0]["score"] == pytest.approx(found.probability, abs=1e-5)
    assert found.probability == pytest.approx(run.predict("superb film").probability)
    assert run.predict("film " * 300).label in ("good", "bad")
    assert run.pipeline()("film " * 300)[0]["label"] in ("good", "bad")


def train_with(spec: dict[str, Any], place: Path, **variables: Any) -> Run:
    """Runs a spec that names variables of the notebook."""
    from nbft.launch.inline import run_inline
    from nbft.launch.prepare import prepare_folder
    from nbft.spec.load import read_spec

    folder = prepare_folder(read_spec(spec, variables=variables), "with-variables", place)
    run_inline(folder)
    return Run(folder).wait()
