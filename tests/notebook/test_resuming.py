"""`--resume` and `--dry-run-steps`: the same command again, and a run of a few steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbft.errors import RunError
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record.events import Planned, RunEnded
from nbft.record.writer import EventWriter
from nbft.resuming import run_to_resume
from nbft.run import Run, open_run, start_run
from nbft.spec.load import read_spec

Spec = dict[str, Any]


def test_a_dry_run_ends_after_its_steps_judged_once_and_says_what_it_was(
    tiny_spec: Spec, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("nbft.run.start_process", run_inline)
    run = start_run(read_spec(tiny_spec), "dry", dry_run_steps=3).wait()
    assert (run.status, run.state.step, run.state.total_steps) == ("finished", 3, 3)
    assert [(e.split, e.step) for e in run.state.evaluations] == [("eval", 3)]
    assert run.state.plan is not None
    assert run.state.plan.notes[0] == "A dry run: 3 of 80 steps, one evaluation, no test."
    assert run.state.end is not None
    assert run.state.end.reason == "The dry run of 3 steps is done."
    assert run.folder.model.is_dir()


def test_only_the_newest_run_with_the_same_spec_and_rows_is_resumed(tiny_spec: Spec):
    frame = pd.read_csv("reviews.csv")
    spec = {**tiny_spec, "data": {"train": "$frame"}}

    def read(rows: pd.DataFrame, **overrides: Any):
        return read_spec(spec, variables={"frame": rows}, overrides=overrides)

    assert run_to_resume(read(frame), "r") is None
    for _ in range(2):
        folder = prepare_folder(read(frame), "r")
        EventWriter(folder).say(RunEnded(outcome="stopped", reason="", step=1))
    run = run_to_resume(read(frame), "r")
    assert run is not None
    assert run.name == "r-002"
    with pytest.raises(RunError, match=r"r-002 was asked something else: \$frame holds something else there"):
        run_to_resume(read(frame.head(50)), "r")
    with pytest.raises(RunError, match=r"train\.epochs is 4 there and 5 here; --dry-run-steps is left out there and 3"):
        run_to_resume(read(frame, **{"train.epochs": 5}), "r", 3)


def test_the_line_of_a_cell_sets_values_and_resumes_what_it_started(
    shell, reviews: Path, tiny_model: Path, monkeypatch
):
    monkeypatch.setattr("nbft.run.start_process", run_inline)
    cell = f"%%finetune r {{}}\nmodel: {tiny_model}\ndata: {{{{train: reviews.csv}}}}\ntrain: {{{{precision: fp32}}}}"
    flags = "--set train.batch_size=8 --set=train.learning_rate=1e-4 --dry-run-steps 2"
    shell.run_cell(cell.format(flags)).raise_error()
    run = shell.user_ns["r"]
    assert (run.spec.train.batch_size, run.spec.train.learning_rate, run.state.step) == (8, 1e-4, 2)
    shell.run_cell(cell.format(f"{flags} --resume")).raise_error()
    assert shell.user_ns["r"].name == "r-001"
    assert len(list(Path("nbft-runs").iterdir())) == 1
    assert "fine-tunes a model" in shell.inspector.info(shell.find_cell_magic("finetune"))["docstring"]
    assert "# The YAML of a run" in shell.inspector.info(shell.find_cell_magic("finetune"))["docstring"]


def test_a_run_s_spec_is_saved_as_typed_or_resolved_and_overwrites_nothing_else(shell, reviews: Path):
    typed = "model: starter-encoder  # ours\ndata: {train: reviews.csv}\n"
    folder = prepare_folder(read_spec(typed, overrides=["seed=7"]), "r")
    shell.run_cell("%ft_save r r.yaml").raise_error()
    saved = Path("r.yaml").read_text()
    assert saved == folder.spec.read_text()
    assert "# ours" in saved
    assert "seed: 7" in saved
    error = shell.run_cell("%ft_save r r.yaml --resolved").error_in_exec
    assert "exists and holds something else" in str(error)
    shell.run_cell("%ft_save r r.yaml --resolved --force").raise_error()
    resolved = Path("r.yaml").read_text()
    assert "epochs: 3" in resolved
    assert read_spec("r.yaml").spec.train == Run(folder).spec.train
    assert "needs a run and a file" in str(shell.run_cell("%ft_save r").error_in_exec)


def test_a_run_that_was_cut_off_goes_on_where_the_same_cell_runs_again(
    shell, reviews: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("nbft.run.start_process", run_inline)
    cell = f"model: {tiny_model}\ndata: {{train: reviews.csv}}\ntrain: {{precision: fp32}}\n"
    folder = prepare_folder(read_spec(cell), "r", dry_run_steps=2)
    record = EventWriter(folder)
    record.say(RunEnded(outcome="stopped", reason="", step=0))
    shell.run_cell(f"%%finetune r --resume --dry-run-steps 2\n{cell}").raise_error()
    run = shell.user_ns["r"]
    assert (run.name, run.status, run.state.attempt) == ("r-001", "finished", 1)
    assert any(isinstance(event, Planned) for event in open_run(run.name).follow())
