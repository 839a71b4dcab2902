"""What tests of evaluations share: workers in this process, and a run that is trained once for each file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import nbft
from nbft.launch.inline import run_inline
from nbft.run import Run
from tests.evaluation.runs import trained, working_in


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers run in this process, to their end: what they do is the same, and torch is imported once."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr("nbft.evaluation.start_process", run_inline)
    monkeypatch.setattr("nbft.run.start_process", run_inline)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained run and its rows."""
    with working_in(tmp_path_factory.mktemp("trained")) as folder:
        trained("text-classification", folder)
    return folder


@pytest.fixture
def run(trained_once: Path, place: Path) -> Run:
    """The run, in a folder of the test's own."""
    shutil.copytree(trained_once, place, dirs_exist_ok=True)
    return nbft.open_run("tiny")
