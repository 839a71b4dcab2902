"""Evaluations against independent sources: plain transformers row by row, scikit-learn, scipy, PEFT; and a killed worker."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score

from nbft.errors import RunError
from nbft.evaluation import Evaluation, evaluate, start_evaluation
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record.folder import RunFolder
from nbft.spec.load import read_spec
from tests.conftest import write_rows

Spec = dict[str, Any]


@pytest.fixture
def tuned(tiny_spec: Spec) -> RunFolder:
    """A finished run that is wrong on some test rows."""
    mislabel(write_rows(Path("test.csv"), 90, seed=2))
    folder = prepare_folder(read_spec(tiny_spec), "reviews")
    run_inline(folder)
    return folder


def mislabel(file: Path) -> None:
    """Turns every seventh label round."""
    table = pd.read_csv(file)
    other = {"negative": "positive", "positive": "negative"}
    table.loc[::7, "stars"] = table.loc[::7, "stars"].map(other)
    table.to_csv(file, index=False)


def rows_of(file: str) -> tuple[list[str], list[str]]:
    with Path(file).open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [row["review"] for row in rows], [row["stars"] for row in rows]


def said_by(model: Any, tokenizer: Any, texts: list[str]) -> list[str]:
    """Returns the labels, each row by itself, by plain transformers."""
    import torch

    with torch.inference_mode():
        numbers = [int(model.eval()(**tokenizer(text, return_tensors="pt")).logits.argmax()) for text in texts]
    return [model.config.id2label[number] for number in numbers]


def confidence_of(model: Any, tokenizer: Any, texts: list[str]) -> list[float]:
    import torch

    with torch.inference_mode():
        logits = [model.eval()(**tokenizer(text, return_tensors="pt")).logits[0] for text in texts]
    return [float(one.softmax(-1).max()) for one in logits]


def plain(folder: RunFolder) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    return AutoModelForSequenceClassification.from_pretrained(folder.model), AutoTokenizer.from_pretrained(folder.model)


def values(found: Evaluation, system: str) -> dict[str, float | None]:
    return {name: s.value for one in found.scorecard.systems if one.name == system for name, s in one.scores.items()}


def test_scores_are_those_of_scikit_learn_on_what_plain_transformers_says(tuned: RunFolder):
    texts, truth = rows_of("test.csv")
    said = said_by(*plain(tuned), texts)
    found = evaluate("reviews", metrics=["accuracy", "f1"])
    assert found.scorecard.split == "test"
    assert found.scorecard.rows == len(texts)
    assert found.predictions["prediction"].tolist() == said
    assert found.predictions["reference"].tolist() == truth
    mine = values(found, "reviews")
    assert mine["accuracy"] == pytest.approx(accuracy_score(truth, said))
    assert mine["f1"] == pytest.approx(f1_score(truth, said, average="macro"))
    assert (mine["accuracy"] or 0) > 0.5  # else the rest shows little
    for score in found.scorecard.systems[0].scores.values():
        assert score.low is not None
        assert score.value is not None
        assert score.high is not None
        assert score.low <= score.value <= score.high


def test_base_and_majority_stand_beside_the_run_and_differences_are_tested_exactly(tuned: RunFolder):
    found = evaluate("reviews", "base", metrics=["accuracy"])
    card = found.scorecard
    assert [(one.name, one.kind) for one in card.systems[:2]] == [("reviews", "run"), ("base", "base")]
    assert any("never trained" in text for text in card.notes)
    _, truth = rows_of("test.csv")
    _, seen = rows_of("reviews.csv")
    assert values(found, "majority")["accuracy"] in {truth.count(label) / len(truth) for label in set(seen)}
    right = found.predictions.pivot_table(index="row", columns="system", values="is_right", aggfunc="first").astype(
        bool
    )
    won, lost = int((right.reviews & ~right.base).sum()), int((right.base & ~right.reviews).sum())
    against = next(one for one in card.comparisons if one.b == "base")
    assert against.difference == pytest.approx((won - lost) / len(truth))
    assert against.p == pytest.approx(binomtest(won, won + lost).pvalue)
    flips = card.flips[0]
    assert (flips.won_by_a, flips.won_by_b) == (won, lost)


def test_rows_that_changed_in_the_runs_own_file_are_judged_anew(tuned: RunFolder):
    before = evaluate("reviews", metrics=["accuracy"], baselines=False).scorecard.rows
    write_rows(Path("test.csv"), before + 10, seed=9)
    assert evaluate("reviews", metrics=["accuracy"], baselines=False).scorecard.rows == before + 10


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft asks for it
def test_an_adapter_is_judged_as_peft_runs_it(tuned: RunFolder, tmp_path: Path):
    peft = pytest.importorskip("peft")
    import torch

    model, tokenizer = plain(tuned)
    torch.manual_seed(3)
    how = peft.LoraConfig(task_type="SEQ_CLS", r=4, target_modules=["query", "value"], init_lora_weights=False)
    model = peft.get_peft_model(model, how)
    for name, weights in model.named_parameters():
        if "lora_" in name:
            weights.data *= 5
    model.save_pretrained(tmp_path / "mine")
    tokenizer.save_pretrained(tmp_path / "mine")
    found = evaluate("reviews", str(tmp_path / "mine"), metrics=["accuracy"], baselines=False)
    assert found.scorecard.systems[1].kind == "adapter"
    table = found.predictions
    texts, _ = rows_of("test.csv")
    mine, its_run = (table[table["system"] == name]["confidence"].tolist() for name in ("mine", "reviews"))
    assert table[table["system"] == "mine"]["prediction"].tolist() == said_by(model, tokenizer, texts)
    assert mine == pytest.approx(confidence_of(model, tokenizer, texts), abs=1e-5)
    assert mine != pytest.approx(its_run, abs=1e-3)


def test_a_killed_evaluation_starts_over_cleanly(tuned: RunFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    monkeypatch.chdir(tuned.path.parent.parent)
    killed = start_evaluation(["reviews"], metrics=["accuracy"], baselines=False)
    end = time.monotonic() + 120
    while not killed.follow().phase:
        assert time.monotonic() < end
        time.sleep(0.02)
    killed.kill()
    with pytest.raises(RunError, match="ended without a word"):
        killed.wait(60)
    again = start_evaluation(["reviews"], metrics=["accuracy"], baselines=False)
    assert again.folder.path == killed.folder.path
    assert values(again.wait(240), "reviews").keys() == {"accuracy"}
