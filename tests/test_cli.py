from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from nbft.cli import main
from nbft.launch.inline import run_inline
from nbft.run import open_run

Spec = dict[str, Any]


@pytest.fixture
def spec_file(tiny_spec: Spec, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in a file; workers run in this process."""
    for starts in ("nbft.run", "nbft.checkup"):
        monkeypatch.setattr(f"{starts}.start_process", run_inline)
    file = Path("tiny.yaml")
    file.write_text(yaml.safe_dump(tiny_spec, sort_keys=False))
    return file


def test_run_trains_prints_the_test_scores_and_exits_0(spec_file: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", str(spec_file), "--name", "first", "--set", "train.epochs=1"]) == 0
    printed = capsys.readouterr()
    assert "first-001 finished: The one epoch is done." in printed.out
    assert "test/accuracy" in printed.out
    assert "20/20" in printed.err
    assert open_run("first").spec.train.epochs == 1


def test_list_eval_and_resume_know_the_run(spec_file: Path, capsys: pytest.CaptureFixture[str]):
    main(["run", str(spec_file)])
    capsys.readouterr()
    assert main(["list"]) == 0
    assert "tiny-001" in capsys.readouterr().out
    assert main(["eval", "tiny", "--require", "accuracy >= 0"]) == 0
    assert "(majority)" in capsys.readouterr().out
    assert main(["eval", "tiny", "--require", "accuracy > 1"]) == 1
    assert "not met: accuracy > 1" in capsys.readouterr().out
    assert main(["resume", "tiny"]) == 0
    assert "nothing to resume" in capsys.readouterr().out
    assert main(["watch", "tiny"]) == 0


@pytest.mark.usefixtures("spec_file")
def test_check_finds_mistakes_without_training_and_exits_2(capsys: pytest.CaptureFixture[str]):
    wrong = Path("wrong.yaml")
    wrong.write_text("model: starter-encoder\ndata: {train: reviews.csv}\ntrain: {epoch: 3}\n")
    assert main(["check", "tiny.yaml", str(wrong)]) == 2
    printed = capsys.readouterr()
    assert "tiny.yaml: nothing wrong found" in printed.out
    assert "line 3, train.epoch" in printed.err
    assert "It is called 'epochs'" in printed.err
    assert not Path("nbft-runs").exists()


@pytest.mark.usefixtures("place")
def test_a_users_mistake_shows_no_traceback():
    done = subprocess.run(
        [sys.executable, "-m", "nbft.cli", "watch", "nothing"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "There is no run 'nothing'" in done.stderr
    assert "Traceback" not in done.stderr


def test_schema_prints_json(capsys: pytest.CaptureFixture[str]):
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "model" in schema["required"]


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    with subprocess.Popen(
        [sys.executable, "-m", "nbft.cli", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as printing:
        assert printing.stdout
        assert printing.stderr
        assert printing.stdout.readline() == b"{\n"
        printing.stdout.close()
        assert printing.stderr.read() == b""
    assert printing.returncode == 0
