"""A saved notebook of twenty runs: valid, small, and whole as an HTML page."""

from __future__ import annotations

import base64
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from nbft.notebook.snapshot import take_snapshot
from nbft.record import events as word
from nbft.record.examination import Examination, Mistake, TakenFor, write_examination
from nbft.record.folder import RunFolder
from nbft.run import Run
from tests.notebook.recorded import record
from tests.notebook.test_snapshot import ALLOWED, Elements
from tests.panels.record import ended, evaluated, started

STEPS = 5000


def long_run(root: Path, seed: int = 0) -> RunFolder:
    """A run with all that a record may hold, every text as long as it may be."""
    chance, long = random.Random(seed), "a warm and lovely film " * 100
    said: list[Any] = [*started(total_steps=STEPS, labels=[f"label {i}" for i in range(40)])]
    for step in range(1, STEPS + 1):
        numbers = {
            "train/loss": chance.random() / step,
            "train/grad_norm": chance.random(),
            "train/learning_rate": 1 / step,
        }
        taken = {"train/examples_per_s": 300 * chance.random(), "memory/process_bytes": 1e9 * chance.random()}
        said.append(word.Measured(step=step, epoch=step / 100, values={**numbers, **taken}))
    for step in range(50, STEPS + 1, 50):
        said.append(evaluated(step, chance.random()))
        said += [word.SampleMade(step=step, prompt=f"{i} {long}", text=long, reference=long) for i in range(5)]
    said += [word.Warned(message=f"{i} {long[:200]}", fix=long[:200]) for i in range(10)]
    folder = record(root, *said, word.Examined(step=STEPS, file="x.json"), ended(step=STEPS))
    labels = [f"label {i}" for i in range(40)]
    counts = [[chance.randrange(9) for _ in labels] for _ in labels]
    mistakes = [Mistake(long[:400], labels[1], labels[2], 0.9)] * 20
    look = Examination(rows=5000, wrong=2000, taken_for=TakenFor(labels, counts), mistakes=mistakes)
    write_examination(look, folder.examinations / "x.json")
    folder.spec.write_text("model: starter-encoder\n" + "# a long spec\n" * 1000, encoding="utf-8")
    return folder


def notebook_of(*folders: RunFolder) -> nbformat.NotebookNode:
    """A saved notebook, with the static twin of a run below each cell."""
    bundles = [take_snapshot(Run(folder).state, folder).bundle() for folder in folders]
    cells = [
        new_code_cell(
            f"%%finetune run{i}\nmodel: x", outputs=[new_output("display_data", data=data)], execution_count=i + 1
        )
        for i, data in enumerate(bundles)
    ]
    return new_notebook(cells=cells)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The largest run there is."""
    return long_run(tmp_path_factory.mktemp("runs"))


def test_a_run_takes_less_than_200_kb_whatever_its_record_holds(folder):
    html = take_snapshot(Run(folder).state, folder).html
    print(f"{len(html.encode()):,} bytes")
    assert len(html.encode()) < 200_000


def test_it_tells_the_whole_story_in_elements_that_every_front_end_keeps(folder):
    html = take_snapshot(Run(folder).state, folder).html
    elements = Elements(html).found
    assert {tag for tag, _ in elements} <= ALLOWED
    for words in ("Finished", "Best eval/accuracy", "0 a warm", "label 1", "# a long spec", "torch 2.13.0", "Samples"):
        assert words in html
    for data in re.findall(r'base64,([^"]+)"', html):
        ET.fromstring(base64.b64decode(data))


def test_a_notebook_of_twenty_runs_is_valid_and_below_5_mb(folder, tmp_path):
    file = tmp_path / "twenty.ipynb"
    notebook = notebook_of(*[folder] * 20)
    nbformat.validate(notebook)
    nbformat.write(notebook, file)
    print(f"{file.stat().st_size:,} bytes")
    assert file.stat().st_size < 5_000_000
    assert len(nbformat.read(file, 4).cells) == 20
