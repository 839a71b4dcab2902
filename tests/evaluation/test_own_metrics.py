"""Metrics that are not nbft's: functions of the notebook and scripts of `evaluate`, with intervals and tests like the others."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score

import nbft
from nbft.engine.judging import own_metrics
from nbft.errors import DataError, NbftError
from nbft.evaluation import Evaluation
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.run import Run
from nbft.spec.load import read_spec
from tests.evaluation.runs import ENCODER, PAIRS, row, trained, working_in

SCRIPT = """\
import datasets
import evaluate


class Mine(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("KIND"), "references": datasets.Value("KIND")})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        same = sum(said == wanted for said, wanted in zip(predictions, references))
        return {"share": same / len(references), "wrong": len(references) - same, "how": "letter by letter"}
"""

LONG = {"epochs": 30, "batch_size": 8, "learning_rate": 0.02, "precision": "fp32"}


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with working_in(tmp_path_factory.mktemp("trained")) as folder:
        trained("text-classification", folder, train=LONG, early_stopping={"patience": 30})
        rows = [row("text-classification", *pair) for pair in PAIRS] * 3
        for number, one in enumerate(rows):
            if number % 7 == 0:
                one["label"] = {"land": "water", "water": "land"}[one["label"]]
        (folder / "test.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    return folder


def script(folder: Path, kind: str = "string") -> Path:
    folder.mkdir(parents=True)
    (folder / f"{folder.name}.py").write_text(SCRIPT.replace("KIND", kind))
    return folder


def score(found: Evaluation, metric: str, system: str = "tiny") -> Any:
    return next(one for one in found.scorecard.systems if one.name == system).scores[metric]


def sides(found: Evaluation, system: str = "tiny") -> tuple[list[str], list[str]]:
    rows = found.predictions
    rows = rows[rows["system"] == system]
    return rows["reference"].tolist(), rows["prediction"].tolist()


def kappa(predictions: Any, references: Any) -> float:
    by_chance = sum(np.mean(predictions == label) * np.mean(references == label) for label in ("land", "water"))
    return float((np.mean(predictions == references) - by_chance) / (1 - by_chance))


def test_a_function_is_a_metric_with_an_interval_by_resampling_and_a_test(run: Run):
    found = nbft.evaluate("tiny", "base", metrics=["accuracy", kappa])
    mine = score(found, "kappa")
    assert mine.value == pytest.approx(cohen_kappa_score(*sides(found)))
    assert mine.low < mine.value < mine.high
    noted = next(note for note in found.scorecard.metrics if note.name == "kappa")
    assert noted.implementation == "a function of the notebook"
    against = next(one for one in found.scorecard.comparisons if (one.metric, one.b) == ("kappa", "base"))
    assert against.difference == pytest.approx(mine.value - score(found, "kappa", "base").value)
    assert against.p is not None
    assert against.test == "paired bootstrap"
    assert score(found, "kappa", "majority").value == pytest.approx(0)


def test_the_interval_is_that_of_the_same_metric_taken_apart_by_rows(run: Run):
    def share(predictions: Any, references: Any) -> float:
        return float(np.mean((predictions != references) ** 2))

    rows = pd.DataFrame([{"text": f"a {animal} at the sea", "label": "land"} for animal in ("frog", "dog") * 40])
    rows.loc[::3, "label"] = "water"
    found = nbft.evaluate("tiny", data=rows, metrics=["accuracy", share], baselines=False)
    low, high = score(found, "accuracy").low, score(found, "accuracy").high
    mine = score(found, "share")  # accuracy has Wilson's interval, this one the bootstrap's
    assert mine.value == pytest.approx(1 - score(found, "accuracy").value)
    assert (mine.low, mine.high) == pytest.approx((1 - high, 1 - low), abs=0.03)


def test_the_run_s_own_function_is_computed_where_no_metrics_are_named(place: Path):
    run = _trained_with(place)
    found = nbft.evaluate(run, baselines=False)
    assert list(found.scorecard.systems[0].scores) == ["accuracy", "kappa"]
    assert score(found, "kappa", "own-001").value == pytest.approx(cohen_kappa_score(*sides(found, "own-001")))


def _trained_with(place: Path) -> Run:
    rows = [row("text-classification", *pair) for pair in PAIRS]
    for file in ("train", "test"):
        (place / f"{file}.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    spec = {
        "model": {"from_scratch": ENCODER},
        "tokenizer": {"train": "words", "vocabulary": 100},
        "data": {"train": "train.jsonl", "test": "test.jsonl", "validation": "test.jsonl"},
        "train": {"epochs": 1, "batch_size": 8, "precision": "fp32"},
        "evaluate": {"metrics": ["accuracy", "$kappa"]},
    }
    folder = prepare_folder(read_spec(spec, variables={"kappa": kappa}), "own")
    run_inline(folder)
    return Run(folder)


def test_another_function_of_the_same_name_is_another_question(run: Run):
    def mine(predictions: Any, references: Any) -> float:
        return 1.0

    first = nbft.evaluate("tiny", metrics=[mine], baselines=False)

    def other(predictions: Any, references: Any) -> float:
        return 2.0

    other.__name__ = "mine"
    assert score(first, "mine").value == 1
    assert score(nbft.evaluate("tiny", metrics=[other], baselines=False), "mine").value == 2


def test_a_function_that_fails_says_where(run: Run):
    def broken(predictions: Any, references: Any) -> float:
        return len(predictions) / len(references[99])

    with pytest.raises(NbftError, match=r"\$broken failed: IndexError") as caught:
        nbft.evaluate("tiny", metrics=[broken])
    assert "return len(predictions) / len(references[99])" in str(caught.value)


def test_a_slow_function_has_fewer_resamples_or_none_and_says_so(run: Run, monkeypatch: pytest.MonkeyPatch):
    def slow(predictions: Any, references: Any) -> float:
        time.sleep(0.002)
        return float(np.mean(predictions == references))

    monkeypatch.setattr(own_metrics, "BUDGET_S", 4)
    some = nbft.evaluate("tiny", metrics=["f1", slow], baselines=False, seed=1)
    assert any("slow is slow: its interval for tiny rests on" in note for note in some.scorecard.notes)
    assert score(some, "slow").low is not None
    monkeypatch.setattr(own_metrics, "BUDGET_S", 0.1)
    none = nbft.evaluate("tiny", "base", metrics=["f1", slow], baselines=False, seed=2)
    assert any("slow has no interval for tiny" in note for note in none.scorecard.notes)
    assert score(none, "slow").low is None
    verdict = next(one.verdict for one in none.scorecard.comparisons if one.metric == "slow")
    assert verdict == "whether tiny and base differ was not tested: slow takes too long to be resampled"


@pytest.mark.parametrize("kind", ["string", "int32"])
def test_a_folder_with_a_script_is_a_metric(run: Run, place: Path, kind: str):
    script(place / "metrics" / "mine", kind)
    found = nbft.evaluate("tiny", "base", metrics=["accuracy", "metrics/mine"])
    assert score(found, "mine_share").value == score(found, "accuracy").value
    assert score(found, "mine_wrong").value == pytest.approx(48 * (1 - score(found, "accuracy").value))
    assert score(found, "mine").low is not None
    noted = next(note for note in found.scorecard.metrics if note.name == "mine_share")
    assert noted.implementation.endswith("the script in metrics/mine")
    assert noted.signature.startswith("script:")


def test_a_script_that_changed_is_another_question(run: Run, place: Path):
    folder = script(place / "mine")
    assert score(nbft.evaluate("tiny", metrics=["./mine"]), "mine_wrong").value < 48
    file = folder / "mine.py"
    file.write_text(file.read_text().replace("len(references) - same", "99"))
    assert score(nbft.evaluate("tiny", metrics=["./mine"]), "mine_wrong").value == 99


def test_a_metric_of_evaluate_that_ships_with_nbft_takes_what_it_can_judge(run: Run):
    found = nbft.evaluate("tiny", metrics=["exact_match"], baselines=False)
    assert score(found, "exact_match").value == pytest.approx(accuracy_score(*sides(found)))
    with pytest.raises(DataError, match="seqeval judges other rows: it takes predictions"):
        nbft.evaluate("tiny", metrics=["seqeval"])
    with pytest.raises(DataError, match="text-classification computes no 'bleu'"):
        nbft.evaluate("tiny", metrics=["bleu"])


def test_the_code_of_the_hub_runs_only_where_its_user_says_so(run: Run, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    monkeypatch.setattr("evaluate.load", lambda name, **_: asked.append(name) or (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(NbftError, match="'bleurt' is no metric of nbft's, and no folder here") as caught:
        nbft.evaluate("tiny", metrics=["bleurt"])
    assert "--trust-remote-code" in caught.value.fix
    assert asked == []
    with pytest.raises(NbftError, match="none could be loaded from the hub"):
        nbft.evaluate("tiny", metrics=["bleurt"], trust_remote_code=True)
    assert asked == ["bleurt"]


def test_a_misspelt_metric_is_refused_with_the_one_that_was_meant(run: Run):
    with pytest.raises(NbftError) as caught:
        nbft.evaluate("tiny", metrics=["acuracy"])
    assert caught.value.fix.startswith("Did you mean 'accuracy'?\n")


def test_a_folder_without_a_script_says_where_it_is_looked_for(run: Run, place: Path):
    (place / "empty").mkdir()
    with pytest.raises(DataError, match=r"The folder \./empty holds no metric") as caught:
        nbft.evaluate("tiny", metrics=["./empty"])
    assert "empty/empty.py" in caught.value.fix
