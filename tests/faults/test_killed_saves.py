"""Saves that are killed at any of their system calls, or find the disk full: nothing is lost, nothing wrong is taken."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.tracing import WRITES, why_not

REPOSITORY = Path(__file__).parents[2]
THINNED, WHOLE = 24, 1


@pytest.fixture(
    scope="module",
    params=[pytest.param(THINNED, id="thinned"), pytest.param(WHOLE, id="every-call", marks=pytest.mark.slow)],
)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How all runs of the sweep ended."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("sweep")
    subprocess.run(
        [sys.executable, "-m", "tests.faults.sweep", str(folder), str(request.param)],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        check=True,
        timeout=1800,
    )
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("scenario", ["save", "in-the-way"])
def test_a_run_killed_in_a_save_ends_with_the_weights_of_one_that_was_not(report: dict[str, Any], scenario: str):
    assert [case["fault"] for case in report[scenario] if case["weights"] != report["unkilled"]] == []
    assert {case["newest"] for case in report[scenario]} == {12}


def test_a_killed_save_costs_at_most_the_steps_since_the_save_before(report: dict[str, Any]):
    resumed_at = {case["resumed_at"] for case in report["save"]}

    assert resumed_at == {3, 6}
    assert all(case["skipped"] == [] for case in report["save"]), "a cut-short save must not look like a checkpoint"


def test_a_killed_save_leaves_nothing_behind(report: dict[str, Any]):
    assert {tuple(case["at_the_end"]) for case in report["save"]} == {("checkpoint-12", "checkpoint-notes")}


def test_another_runs_checkpoint_is_never_resumed_and_never_deleted(report: dict[str, Any]):
    for case in report["in-the-way"]:
        assert "set-aside-1-checkpoint-6" in case["at_the_end"]
        assert case["skipped"] in ([], [["checkpoint-6", "it belongs to the run 'someone-elses-run'"]])


def test_a_kill_while_the_final_model_is_saved_leaves_the_old_one_or_the_new_one(report: dict[str, Any]):
    assert {case["found"] for case in report["model"]} == {"old", "new"}
    assert {case["again"] for case in report["model"]} == {"new"}
    assert {tuple(case["at_the_end"]) for case in report["model"]} == {("model",)}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="letting a system call fail is written for x86_64 only")
def test_a_full_disk_costs_one_checkpoint_and_training_goes_on(report: dict[str, Any]):
    for case in report["full"]:
        assert case["weights"] == report["unkilled"], case["fault"]
        assert case["newest"] == 12, case["fault"]
        assert case["stands"] == 3 or not case["failed"] or case["fault"][1] == "fsync", case["fault"]
    messages = {message for case in report["full"] for _, message, _, _ in case["failed"]}
    assert messages == {"the disk is full", "a file could not be written to its end, as on a full disk"}


def test_all_files_are_on_the_disk_before_they_get_their_name_and_before_anything_is_removed(report: dict[str, Any]):
    calls = [(name, Path(path).name) for name, path in report["calls"]]
    named = calls.index(("fsync", "counted")) - 1  # the folder of checkpoints is flushed once, after the renaming
    written = {path: place for place, (name, path) in enumerate(calls) if name in WRITES}
    flushed = {path: place for place, (name, path) in enumerate(calls) if name == "fsync"}
    gone = {path for path in written if path not in flushed}

    assert calls[named] == ("rename", "")
    assert {"model.safetensors", "optimizer.pt", "trainer_state.json", "nbft-manifest.json.draft"} <= set(flushed)
    assert all(written[path] < flushed[path] < named for path in set(written) - gone)
    # safetensors writes under a name of its own and renames that; training_args.bin is taken out again
    assert {path for path in gone if not path.startswith(".tmp")} == {"training_args.bin"}
    removed = [place for place, (name, _) in enumerate(calls) if name in ("unlink", "rmdir")]
    assert not [place for place in removed if min(flushed.values()) < place < named]


def test_the_sweep_met_every_kind_of_call(report: dict[str, Any]):
    met = {(case["fault"][1], case["fault"][2]) for case in report["save"]}

    assert ("rename", "kill") in met
    assert {answer for _, answer in met} == {"kill", "half"}
