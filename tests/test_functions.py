"""Functions of the notebook as metric, loss and preprocessing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from nbft.errors import NbftError, SpecError
from nbft.functions import load_functions
from nbft.launch.inline import run_inline
from nbft.run import Run, start_run
from nbft.spec.load import read_spec

Spec = dict[str, Any]


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbft.run.start_process", run_inline)


def share_right(predictions: np.ndarray, references: np.ndarray) -> float:
    return float(np.mean(predictions == references))


def without_fillers(text: str) -> str:
    return text.replace("the ", "")


def doubled(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return 2 * torch.nn.functional.cross_entropy(logits.float(), labels)


def breaks(predictions: np.ndarray, references: np.ndarray) -> float:
    nothing = len(references) - len(predictions)
    return 1 / nothing


def train(spec: Spec, **variables: Any) -> Run:
    return start_run(read_spec(spec, variables=variables), "r").wait()


def short(spec: Spec, **more: Any) -> Spec:
    return {**spec, "train": {**spec["train"], "epochs": 1, **more}}


def test_a_function_is_a_metric_that_can_be_monitored(tiny_spec: Spec):
    spec = {
        **short(tiny_spec),
        "evaluate": {"metrics": ["accuracy", "$share_right"]},
        "early_stopping": {"monitor": "eval/share_right"},
    }
    run = train(spec, share_right=share_right)
    assert run.metrics["eval/share_right"] == pytest.approx(run.metrics["eval/accuracy"])
    assert run.metrics["test/share_right"] == pytest.approx(run.metrics["test/accuracy"])
    assert run.state.early_stopping.monitor == "eval/share_right"
    assert "def share_right" in (run.folder.variables / "share_right.py").read_text()
    assert run.state.plan is not None
    assert any("its source is variables/share_right.py" in note for note in run.state.plan.notes)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_function_is_the_loss_whatever_the_passes_of_a_step(tiny_spec: Spec, passes: int):
    own = train(short(tiny_spec, gradient_accumulation=passes))
    theirs = train(short(tiny_spec, gradient_accumulation=passes, loss="$doubled"), doubled=doubled)
    losses = [run.history["train/loss"].dropna().iloc[0] for run in (own, theirs)]
    assert 0.4 < losses[0] < 1.2  # two classes, nothing learnt: about ln 2, however many passes a step has
    assert losses[1] == pytest.approx(2 * losses[0], rel=1e-4)


def test_texts_go_through_a_function_before_they_are_tokenised(tiny_spec: Spec):
    frame = pd.read_csv("reviews.csv")
    plain = {**short(tiny_spec), "data": {"train": "$frame"}}
    cleaned = {**plain, "data": {"train": "$frame", "preprocess": "$clean"}}
    after = frame.assign(review=frame.review.map(without_fillers))
    first = train(cleaned, frame=frame, clean=without_fillers)
    second = train(plain, frame=after)
    assert first.metrics == second.metrics
    assert first.predict("the great film") == second.predict("great film")


def test_what_goes_wrong_inside_a_function_is_told_with_its_line(tiny_spec: Spec):
    text = (
        f"model: {tiny_spec['model']}\ndata: {{train: reviews.csv, validation: 16}}\nevaluate:\n  metrics: [$breaks]\n"
    )
    loaded = read_spec(text, variables={"breaks": breaks}, overrides=["train.epochs=0.1", "train.precision=fp32"])
    with pytest.raises(NbftError) as caught:
        start_run(loaded, "r").wait()
    assert "$breaks failed: ZeroDivisionError" in str(caught.value)
    assert "In line 3 of it:  return 1 / nothing" in str(caught.value)
    assert "line 4, evaluate.metrics" in str(caught.value)


def test_only_functions_that_the_spec_names_are_loaded(tiny_spec: Spec):
    spec = read_spec({**tiny_spec, "evaluate": {"metrics": ["$absent"]}}, variables={"absent": share_right}).spec
    folder = train(short(tiny_spec)).folder
    (folder.variables).mkdir(exist_ok=True)
    (folder.variables / "other.pkl").write_bytes(b"not loaded")
    with pytest.raises(NbftError, match="holds no copy of it"):
        load_functions(spec, folder)


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("data: {train: reviews.csv, preprocess: $five}", r"\$five is an int, which can't stand here"),
        ("data: {train: reviews.csv, preprocess: clean}", "must be a '\\$function'"),
        ("data: {train: $share_right}", r"\$share_right is a function, which can't stand here"),
        ("data: {train: reviews.csv}\nevaluate: {metrics: [$accuracy]}", "is a metric of nbft's"),
        ("data: {train: reviews.csv}\ntrain: {loss: $share_rigth}", r"Did you mean \$share_right"),
    ],
)
def test_functions_stand_where_functions_make_sense(reviews: Path, section: str, says: str):
    variables = {"five": 5, "share_right": share_right, "accuracy": share_right}
    with pytest.raises(SpecError) as caught:
        read_spec(f"model: starter-encoder\n{section}\n", variables=variables)
    assert caught.match(says)
