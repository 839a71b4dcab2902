"""One run in two processes: they save, fail and resume together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(folder: Path, fault: str = "") -> dict[str, Any] | None:
    """What the first process said at the end, None where the processes died."""
    result = folder.with_suffix(".json")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=0"]
    subprocess.run(
        [*torchrun, "-m", "tests.faults.two_ranks", str(folder), str(result), *([fault] if fault else [])],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    return json.loads(result.read_text(encoding="utf-8")) if result.exists() else None


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    said = run(tmp_path_factory.mktemp("unbroken") / "checkpoints")
    assert said
    return said["weights"]


def test_a_run_of_which_one_process_was_killed_resumes_to_the_same_weights(tmp_path: Path, unbroken: str):
    folder = tmp_path / "checkpoints"
    assert run(folder, "die") is None

    said = run(folder)

    assert said == {
        "start": str(folder / "checkpoint-6"),
        "weights": unbroken,
        "failed": [],
        "left": ["checkpoint-12"],
    }


def test_a_save_that_fails_in_one_process_fails_in_both_and_training_goes_on(tmp_path: Path, unbroken: str):
    said = run(tmp_path / "checkpoints", "full")

    assert said == {"start": "", "weights": unbroken, "failed": [6], "left": ["checkpoint-12"]}
