"""A series: a run for each seed, one after another, and what they add up to."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import nbft
from nbft.cli import main
from nbft.comparison import compare
from nbft.errors import RunError
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.launch.series import folder_of_seed, start_next
from nbft.record import events as word
from nbft.record.events import to_dict
from nbft.record.folder import find_folder, find_series
from nbft.record.journal import append
from nbft.run import open_run, start_run
from nbft.series import Series, find, open_series, start_series, stop, to_resume
from nbft.spec.load import load_spec, read_spec
from tests.conftest import write_rows

Spec = dict[str, Any]
SEEDS = [3, 4, 5]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def inline(patch: pytest.MonkeyPatch) -> None:
    """Workers run in this process, each to its end, and the one of a seed runs that of the next."""
    for place in ("run", "series", "launch.series", "evaluation"):
        patch.setattr(f"nbft.{place}.start_process", run_inline)


def spec_of(model: Path) -> Spec:
    return {
        "model": str(model),
        "data": {"train": "reviews.csv", "validation": 32, "test": "test.csv"},
        "train": {"epochs": 1.4, "learning_rate": 3e-3, "batch_size": 8, "schedule": "constant", "precision": "fp32"},
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Series]:
    """Three seeds that learn their task so little that they differ."""
    place = tmp_path_factory.mktemp("series")
    write_rows(place / "reviews.csv", 176, seed=1)
    write_rows(place / "test.csv", 32, seed=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("NBFT_RUNS", str(place / "nbft-runs"))
        patch.setenv("OMP_NUM_THREADS", "1")
        inline(patch)
        yield nbft.finetune({**spec_of(tiny_model), "seeds": SEEDS}, "reviews")


def test_every_seed_is_a_whole_run_of_its_own(trained: Series):
    assert trained.status == "finished"
    assert [run.name for run in trained.runs] == [f"reviews-001-seed{seed}" for seed in SEEDS]
    assert all((run.folder.model / "config.json").is_file() for run in trained.runs)
    assert [run.spec.seed for run in trained.runs] == SEEDS
    assert [load_spec(run.folder.spec, name="it").seed for run in trained.runs] == SEEDS
    assert [json.loads(run.folder.environment.read_text())["seed"] for run in trained.runs] == SEEDS


def test_the_held_out_rows_are_the_same_and_the_training_is_not(trained: Series):
    losses = [dict(run.state.curves["train/loss"])[1] for run in trained.runs]
    assert len(set(losses)) == 3
    held = [nbft.evaluate(run.name, baselines=False).predictions["input"].tolist() for run in trained.runs[:2]]
    assert held[0] == held[1]
    assert {run.spec.split_seed for run in trained.runs} == {3}


def test_scores_mean_and_spread_are_those_of_the_runs(trained: Series):
    scores = trained.scores
    assert scores["seed"].tolist() == SEEDS
    for metric in ("eval/accuracy", "test/accuracy", "eval/loss"):
        found = [run.metrics if metric.startswith("test") else run.best or {} for run in trained.runs]
        values = [one[metric] or 0.0 for one in found]
        assert scores[metric].tolist() == values
        assert trained.mean[metric] == pytest.approx(np.mean(values))
        assert trained.spread[metric] == pytest.approx(np.std(values, ddof=1))
    row = trained.summary.set_index("metric").loc["eval/loss"]
    ends = stats.t.interval(0.95, 2, scores["eval/loss"].mean(), stats.sem(scores["eval/loss"]))
    assert (row["low"], row["high"], row["seeds"]) == pytest.approx((*ends, 3))


def test_the_best_is_chosen_by_validation_and_stands_for_the_series_where_one_model_is_wanted(trained: Series):
    by_validation = max(trained.runs, key=lambda run: (run.best or {})["eval/accuracy"] or 0.0)
    assert trained.best.name == by_validation.name == open_run("reviews").name == find_folder("reviews-001").run
    assert trained.best.predict("a lovely film").label in ("positive", "negative")


def test_the_first_seed_trains_as_the_same_spec_without_seeds_does(
    trained: Series, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    inline(monkeypatch)
    alone = start_run(read_spec({**spec_of(tiny_model), "seed": 3}), "alone").wait()
    assert dict(alone.state.curves["train/loss"]) == dict(trained.runs[0].state.curves["train/loss"])


def test_a_name_alone_is_its_newest_series_or_run(trained: Series):
    assert find_series("reviews") == find_series("reviews-001") == "reviews-001"
    assert find_series("reviews-001-seed4") is None
    assert repr(find("reviews")) == repr(trained)
    assert find("reviews-001-seed4").name == "reviews-001-seed4"
    with pytest.raises(RunError, match="is no series"):
        open_series("reviews-001-seed4")
    with pytest.raises(RunError, match="is finished: there is nothing to resume"):
        open_series("reviews").resume()


def test_page_and_text_show_every_seed_with_mean_spread_and_interval_and_need_no_script(trained: Series):
    shown = trained._repr_mimebundle_()
    for part in (*map(str, SEEDS), "mean", "spread", "95% CI", "of 3 seeds", "Student&#x27;s t"):
        assert part in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert "<img" in shown["text/html"]
    assert f"{trained.mean['eval/accuracy']:.4f}" in shown["text/plain"]
    assert repr(trained).startswith("<Series reviews-001: 3 of 3 seeds finished, accuracy mean 0.")


def test_an_evaluation_scores_every_seed_and_their_mean_and_says_what_the_difference_to_the_base_is_worth(
    trained: Series, monkeypatch: pytest.MonkeyPatch
):
    inline(monkeypatch)
    found = nbft.evaluate("reviews", "base")
    systems = {system.name: system for system in found.scorecard.systems}
    runs = [f"reviews-001-seed{seed}" for seed in SEEDS]
    assert list(systems)[:5] == ["reviews", *runs, "base"]
    values = [systems[name].scores["accuracy"].value or 0.0 for name in runs]
    mean = systems["reviews"].scores["accuracy"]
    assert (mean.value, mean.spread) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert values == [run.metrics["test/accuracy"] for run in trained.runs]
    pairs = {(one.a, one.b) for one in found.scorecard.comparisons}
    assert ("reviews", "base") in pairs
    assert not any(a in runs or b in runs for a, b in pairs)
    assert all("over 3 seeds" in one.verdict for one in found.scorecard.comparisons if one.a == "reviews")
    assert "reviews is the mean of 3 seeds" in " ".join(found.scorecard.notes)
    assert set(found.predictions["system"]) == {*runs, "base"}
    assert found.scores.set_index(["system", "metric"]).loc[("reviews", "accuracy"), "spread"] == mean.spread


def test_evaluating_in_a_terminal_prints_mean_and_spread(
    trained: Series, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    inline(monkeypatch)
    assert main(["eval", trained.name, "--metrics", "accuracy", "--require", "accuracy > 0"]) == 0
    printed = capsys.readouterr().out
    assert "; spread 0." in printed
    assert "✓ met: accuracy > 0, reviews-001" in printed


def test_comparing_a_series_lays_the_curves_of_its_seeds_over_each_other(trained: Series):
    found = compare("reviews")
    assert [run.name for run in found.runs] == [run.name for run in trained.runs]
    assert "seeds differ" not in " ".join(found.notes())


def test_more_seeds_are_added_by_the_same_spec_with_resume(
    trained: Series, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    inline(monkeypatch)
    spec = {**spec_of(tiny_model), "seeds": [*SEEDS, 6]}
    wider = to_resume(read_spec(spec), "reviews")
    assert isinstance(wider, Series)
    assert (wider.seeds, wider.status, len(wider.runs)) == ([*SEEDS, 6], "stopped", 3)
    assert wider.table.rows[-1].status == "to come"
    with pytest.raises(RunError, match=r"train.epochs is 1.4 there and 3 here"):
        to_resume(read_spec({**spec, "train": {**spec["train"], "epochs": 3}}), "reviews")
    with pytest.raises(RunError, match=r"seeds is \[3, 4, 5, 6\] there and \[3, 4\] here"):
        to_resume(read_spec({**spec, "seeds": [3, 4]}), "reviews")
    resumed = wider.resume()
    assert resumed.wait().status == "finished"
    assert len(resumed.finished) == 4


def endless(spec: Spec, seeds: object) -> Spec:
    return {**spec, "train": {**spec["train"], "epochs": 5000}, "early_stopping": {"enabled": False}, "seeds": seeds}


def test_rows_and_functions_of_the_notebook_reach_every_seed(tiny_spec: Spec):
    rows = pd.read_csv("reviews.csv")
    data = {"train": rows, "preprocess": "$clean"}
    loaded = read_spec({**tiny_spec, "data": data, "seeds": 2}, variables={"clean": str.strip})
    first = prepare_folder(loaded, "mine")
    second = folder_of_seed(first, 43)
    assert [folder.run for folder in (first, second)] == ["mine-001-seed42", "mine-001-seed43"]
    for kept in first.variables.rglob("*.*"):
        assert (second.variables / kept.relative_to(first.variables)).read_bytes() == kept.read_bytes()
    assert folder_of_seed(second, 42) == first


def test_the_folder_of_a_new_series_takes_the_next_number(tiny_spec: Spec):
    names = [prepare_folder(read_spec({**tiny_spec, "seeds": seeds}), "reviews").run for seeds in (2, None, [1])]
    assert names == ["reviews-001-seed42", "reviews-002", "reviews-003-seed1"]
    assert find_series("reviews") == "reviews-003"
    assert find_series("reviews-002") is None


@pytest.mark.parametrize(
    ("outcome", "stops", "goes_on"),
    [
        ("finished", [], True),
        ("stopped", [word.Stop()], False),
        ("stopped", [word.Stop(series_goes_on=True)], True),
        ("stopped", [word.Stop(series_goes_on=True), word.StopNow()], False),
        ("finished", [word.Stop()], False),
        ("failed", [], False),
    ],
    ids=["finished", "stopped", "only this seed", "then at once", "stopped too late", "failed"],
)
def test_the_next_seed_is_started_unless_the_series_was_stopped_or_a_run_failed(
    tiny_spec: Spec, monkeypatch: pytest.MonkeyPatch, outcome: str, stops: list[word.Command], goes_on: bool
):
    started: list[str] = []
    monkeypatch.setattr("nbft.launch.series.start_process", lambda folder: started.append(folder.run))
    folder = prepare_folder(read_spec({**tiny_spec, "seeds": 3}), "reviews")
    for command in stops:
        append(folder.commands, {**to_dict(command), "time": 2.0})
    append(folder.events, to_dict(word.RunEnded(outcome=outcome, reason="", step=1)))
    start_next(folder, 1.0)
    assert started == (["reviews-001-seed43"] if goes_on else [])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_stop_ends_the_series_a_kill_loses_nothing_and_resume_goes_on_with_what_is_missing(tiny_spec: Spec):
    series = start_series(read_spec(endless(tiny_spec, 2)), "reviews")
    _until_step(series, 5)
    os.kill(series.state.pid or 0, signal.SIGKILL)
    while not series.is_over:
        time.sleep(0.02)
    assert series.status == "failed"
    assert "by signal 9" in (series.death or "")
    again = open_series("reviews").resume()  # as after a restart of the kernel
    _until_step(again, 5)
    assert again.state.attempt == 2
    assert "goes on with the next seed" in stop(again, only_this_seed=True)
    while again.current.name != "reviews-001-seed43":
        assert not again.is_over
        time.sleep(0.02)
    _until_step(again, 5)
    assert "To go on:  %ft_resume reviews-001" in stop(again)
    assert again.wait().status == "stopped"
    assert [run.status for run in again.runs] == ["stopped", "stopped"]
    assert (again.mean, again.table.done) == ({}, 0)


def _until_step(series: Series, step: int) -> None:
    end = time.monotonic() + 240
    while series.state.step < step:
        assert not series.is_over, series.current.folder.log.read_text()
        assert time.monotonic() < end
        time.sleep(0.02)
