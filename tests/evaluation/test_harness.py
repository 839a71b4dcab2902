"""lm-evaluation-harness: its tasks asked of runs and their base give what the harness gives by itself."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import nbft
from nbft.errors import NbftError, RunError
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.run import Run
from nbft.spec.load import read_spec
from tests.shared import shared

CHOICES = """\
task: TASK
dataset_path: json
dataset_kwargs:
  data_files:
    test: ROWS
test_split: test
output_type: multiple_choice
doc_to_text: "{{begin}}"
doc_to_choice: "{{ends}}"
doc_to_target: right
metric_list:
- metric: acc
- metric: acc_norm
metadata: {version: 3.0}
"""
WRITTEN = """\
task: TASK
dataset_path: json
dataset_kwargs:
  data_files:
    test: ROWS
test_split: test
output_type: generate_until
doc_to_text: "{{begin}}"
doc_to_target: "{{ends[right]}}"
generation_kwargs: {until: ["."], max_gen_toks: 8, do_sample: false}
metric_list:
- metric: exact_match
metadata: {version: 1.0}
"""

needs_harness = pytest.mark.skipif(find_spec("lm_eval") is None, reason="needs the extra nbft[harness]")
TEXTS = """\
task: TASK
dataset_path: json
dataset_kwargs:
  data_files:
    test: ROWS
test_split: test
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{begin}} happy."
metric_list:
- metric: bits_per_byte
metadata: {version: 2.0}
"""
SCORES = {
    *("small_choices/acc", "small_choices/acc_norm"),
    *("small_writing/exact_match", "small_texts/bits_per_byte"),
}
ASKED = ["small_choices", "small_writing", "small_texts"]


def tasks(place: Path) -> Path:
    """Writes a folder with a task of choices, one that writes and one of whole texts, over 24 rows."""
    animals, places = ("dog", "cat", "bird", "boy"), ("park", "garden", "house", "zoo", "shop", "sea")
    rows = [
        {
            "begin": f"Once upon a time, a {animal} went to the {here}. The {animal} was",
            "ends": [" very happy", " qx zz"] if (i + j) % 4 else [" and the and", " happy"],
            "right": 0,
        }
        for i, animal in enumerate(animals)
        for j, here in enumerate(places)
    ]
    folder = place / "my-tasks"
    folder.mkdir()
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    for name, text in (("small_choices", CHOICES), ("small_writing", WRITTEN), ("small_texts", TEXTS)):
        made = text.replace("TASK", name).replace("ROWS", str(folder / "rows.jsonl"))
        (folder / f"{name}.yaml").write_text(made)
    return folder


@pytest.fixture
def run(place: Path) -> Run:
    stories = shared("models/stories260K")
    (place / "texts.txt").write_text("The dog was very happy.\nThe bird went to the sea and was happy.\n" * 20)
    spec = {
        "model": str(stories),
        "task": "text-generation",
        "data": {"train": "texts.txt", "test": "texts.txt"},
        "train": {"epochs": 3, "batch_size": 4, "learning_rate": 1e-3, "precision": "fp32"},
    }
    folder = prepare_folder(read_spec(spec), "stories")
    run_inline(folder)
    return Run(folder)


def by_hand(model: Path, tokenizer: Path, folder: Path) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    harness: Any = import_module("lm_eval")
    models: Any = import_module("lm_eval.models.huggingface")
    tasks: Any = import_module("lm_eval.tasks")
    loaded = AutoModelForCausalLM.from_pretrained(model).eval()
    asked = models.HFLM(pretrained=loaded, tokenizer=AutoTokenizer.from_pretrained(tokenizer), batch_size=1)
    known = tasks.TaskManager(include_path=str(folder), include_defaults=False)
    found = harness.simple_evaluate(asked, tasks=ASKED, task_manager=known, log_samples=False)
    return found["results"]


@needs_harness
@pytest.mark.filterwarnings("ignore")
def test_a_run_and_its_base_score_as_the_harness_by_itself_says(run: Run, place: Path):
    folder = tasks(place)
    found = nbft.evaluate(
        "stories",
        "base",
        harness=ASKED,
        harness_tasks=str(folder),
        require=["small_choices/acc >= 0"],
    )
    card = found.scorecard
    models = {"stories": run.folder.model, "base": shared("models/stories260K")}
    assert [one.name for one in card.systems] == ["stories", "base"]
    for system in card.systems:
        wanted = by_hand(models[system.name], run.folder.model, folder)
        assert set(system.scores) == SCORES
        for name, score in system.scores.items():
            task, metric = name.split("/")
            error = wanted[task][f"{metric}_stderr,none"]
            assert score.value == pytest.approx(wanted[task][f"{metric},none"])
            if error == "N/A":
                assert (score.low, score.high) == (None, None)
                continue
            assert score.low == pytest.approx(score.value - 1.96 * error, abs=1e-4)
            assert score.high == pytest.approx(score.value + 1.96 * error, abs=1e-4)
    tuned, base = (system.scores["small_texts/bits_per_byte"].value or 0 for system in card.systems)
    assert 0 < tuned < base
    assert next(note for note in card.metrics if note.name == "small_texts/bits_per_byte").lower_is_better
    tuned = card.systems[0].scores["small_choices/acc"].value
    assert tuned is not None
    assert 0 < tuned < 1
    against = next(one for one in card.comparisons if one.metric == "small_choices/acc")
    assert against.difference == pytest.approx(tuned - (card.systems[1].scores["small_choices/acc"].value or 0))
    assert against.test == "McNemar, exact"
    noted = next(note for note in card.metrics if note.name == "small_choices/acc")
    assert noted.implementation.startswith("lm-evaluation-harness 0.")
    assert noted.signature.startswith("task:small_choices|version:3.0|shots:0|filter:none|rows:24|harness:0.")
    assert card.rows == 3 * 24
    said = found.folder.events.read_text()
    assert said.count('"Progressed"') >= 4


@needs_harness
@pytest.mark.filterwarnings("ignore")
def test_stop_ends_the_harness_between_two_batches(run: Run, place: Path):
    from nbft.engine.judging.harness import Harness
    from nbft.engine.judging.systems import Asked

    heard: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        heard.append((done, total))
        if len(heard) == 2:
            raise RunError("The evaluation was stopped by you.")

    asked = Asked("stories", "run", str(run.folder.path))
    with pytest.raises(RunError, match="stopped by you"):
        Harness(["small_choices"], str(tasks(place))).judge(asked, run.folder, stop)
    assert heard == [(16, 48), (32, 48)]


@needs_harness
@pytest.mark.filterwarnings("ignore")
def test_a_task_that_there_is_not_is_refused_by_name(run: Run):
    with pytest.raises(NbftError, match="The harness has no task 'helaswag'") as caught:
        nbft.evaluate("stories", harness=["helaswag"])
    assert caught.value.fix == "Did you mean 'hellaswag'?"


def test_without_the_harness_the_error_names_the_line_that_installs_it(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "lm_eval", None)  # as where it is not installed
    with pytest.raises(NbftError, match="lm-evaluation-harness is not installed") as caught:
        nbft.evaluate("stories", harness=["hellaswag"])
    assert caught.value.fix == 'pip install "nbft[harness]"'


def test_rows_of_one_s_own_are_refused_beside_the_harness(run: Run):
    with pytest.raises(NbftError, match="The harness brings rows and metrics of its own: data can do nothing"):
        nbft.evaluate("stories", data="texts.txt", harness=["hellaswag"])
