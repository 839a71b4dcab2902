"""Runs in processes of their own: their status, their death, their errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict

import nbft
from nbft.errors import NbftError, RunError, RunFailed, SpecError
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record import events as word
from nbft.record.lock import is_held
from nbft.run import Run, open_run, runs, start_run
from nbft.series import finetune
from nbft.spec.load import read_spec

Spec = dict[str, Any]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def endless(spec: Spec) -> Spec:
    """A run that only its user ends."""
    return {**spec, "train": {**spec["train"], "epochs": 5000}, "early_stopping": {"enabled": False}}


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers run in this process, to their end: what they do is the same, and torch is imported once."""
    monkeypatch.setattr("nbft.run.start_process", run_inline)


def until_step(run: Run, step: int) -> None:
    end = time.monotonic() + 120
    while run.state.step < step:
        assert not run.is_over, run.folder.log.read_text()
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_killed_worker_is_a_failed_run_that_says_how_it_died_and_resumes(tiny_spec: Spec):
    run = start_run(read_spec(endless(tiny_spec)), "reviews")
    until_step(run, 25)
    assert run.status == "running"
    other = open_run("reviews")
    assert other.is_alive
    os.kill(run.state.pid or 0, signal.SIGKILL)
    while run.is_alive:
        time.sleep(0.02)
    assert run.status == other.status == "failed"
    assert "by signal 9 (SIGKILL" in (run.death or "")
    assert "%ft_resume reviews-001" in (other.death or "")
    with pytest.raises(RunFailed, match="ended without a word after step"):
        run.wait()
    with pytest.raises(RunError, match="nobody is there to hear"):
        run.stop()
    run.resume()
    until_step(run, run.state.checkpoints[-1] + 5)
    run.stop()
    assert run.wait().status == "stopped"
    assert run.state.attempt == 2
    assert not is_held(run.folder.lock)


def test_sigterm_saves_at_the_end_of_the_step_and_exits_143(tiny_spec: Spec):
    run = start_run(read_spec(endless(tiny_spec)), "reviews")
    until_step(run, 5)
    os.kill(run.state.pid or 0, signal.SIGTERM)
    run.wait()
    assert run.status == "stopped"
    assert run.state.checkpoints[-1] == run.state.step
    assert run._worker is not None
    assert run._worker.poll() == 143


def test_a_second_worker_on_a_run_is_refused_and_names_the_first(tiny_spec: Spec):
    run = start_run(read_spec(endless(tiny_spec)), "reviews")
    until_step(run, 1)
    second = subprocess.run(
        [sys.executable, "-m", "nbft.worker", str(run.folder.path)], capture_output=True, text=True, check=False
    )
    assert second.returncode == 75
    assert f"process {run.state.pid}" in second.stderr
    run.kill()
    assert run.status == "failed"


@pytest.mark.usefixtures("inline")
def test_data_of_the_notebook_is_handed_to_the_worker(tiny_spec: Spec):
    frame = pd.read_csv("reviews.csv")
    data = DatasetDict({"train": Dataset.from_pandas(frame), "test": Dataset.from_pandas(frame.head(20))})
    variables = {"frame": frame, "sets": data, "rows": frame.to_dict("records")}
    counts = []
    for name in variables:
        spec = {
            **tiny_spec,
            "data": {"train": f"${name}", "validation": 16},
            "train": {**tiny_spec["train"], "epochs": 0.1},
        }
        run = start_run(read_spec(spec, variables=variables), name).wait()
        assert run.state.plan is not None
        counts.append(run.state.plan.rows)
    assert counts[0] == counts[2] == {"train": 160, "validation": 16}
    assert counts[1] == {"train": 160, "validation": 16, "test": 20}
    assert [run.name for run in runs()][::-1] == ["frame-001", "sets-001", "rows-001"]


BAD: list[tuple[str, str, str]] = [
    (
        "model: {model}\ndata: {{train: reviews.csv, columns: {{label: star}}}}",
        "line 2, data.columns.label",
        "Did you mean 'stars'",
    ),
    ("model: {model}\ndata:\n  train: one.csv", "line 3, data.train", "training rows have the label 'a'"),
    ("model: {model}\ndata:\n  train: reviews.csv\n  test: new.csv", "line 4, data.test", "'wonderful' among them"),
    ("model: {model}\ndata:\n  train: empty.csv", "line 3, data.train", "empty.csv is empty"),
    ("model: someone/unheard-of\ndata: {{train: reviews.csv}}", "line 1, model", "can't be had from the hub"),
    (
        "model: {model}\ndata: {{train: reviews.csv}}\ntrain: {{batch_size: 9, gradient_accumulation: 2}}",
        "line 3",
        "9 rows",
    ),
]


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize(
    ("text", "where", "says"), BAD, ids=["column", "one class", "unseen", "empty", "model", "batch"]
)
def test_a_mistake_found_by_the_worker_is_shown_at_its_line(
    reviews: Path, tiny_model: Path, text: str, where: str, says: str
):
    (reviews / "one.csv").write_text("text,label\nx,a\ny,a\nz,a\nw,a\n")
    (reviews / "new.csv").write_text("review,stars\nx,wonderful\ny,positive\n")
    (reviews / "empty.csv").write_text("")
    with pytest.raises(NbftError) as caught:
        finetune(text.format(model=tiny_model))
    assert where in str(caught.value)
    assert says in str(caught.value)
    assert "Traceback" not in str(caught.value)


@pytest.mark.usefixtures("inline")
def test_a_run_of_its_own_spec_file_is_the_same_run(tiny_spec: Spec):
    first = finetune(tiny_spec, "first")
    again = finetune(first.folder.spec, "again")
    assert first.spec == again.spec
    assert first.metrics == again.metrics


@pytest.mark.usefixtures("inline")
def test_evaluation_on_other_rows_happens_in_a_process_of_its_own(tiny_spec: Spec):
    run = finetune(tiny_spec)
    assert run.evaluate() == {k: v for k, v in run.metrics.items() if k.startswith("test/")}
    frame = pd.read_csv("test.csv")
    assert run.evaluate(frame)["test/accuracy"] == pytest.approx(run.metrics["test/accuracy"])
    with pytest.raises(NbftError, match=r"no file 'tset\.csv'"):
        run.evaluate("tset.csv")


def test_a_run_without_a_model_says_so(tiny_spec: Spec):
    run = Run(prepare_folder(read_spec(tiny_spec), "r"))
    assert run.status == "queued"
    with pytest.raises(RunError, match="has no model yet: it is queued"):
        run.load_model()


def test_commands_go_into_the_folder_and_come_back_as_they_were(tiny_spec: Spec):
    run = Run(prepare_folder(read_spec(tiny_spec), "r"))
    run.send(word.SetEarlyStopping(patience=7))
    assert '"patience": 7' in run.folder.commands.read_text()


def test_nbft_is_the_same_in_python(tiny_spec: Spec):
    assert nbft.load_spec(tiny_spec).seed == 42
    with pytest.raises(SpecError, match="nbft knows no key"):
        nbft.finetune({**tiny_spec, "trian": {}})
    with pytest.raises(RunError, match="No run has been started"):
        nbft.open_run("nothing")
