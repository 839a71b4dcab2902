from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

from nbft.errors import NbftError, RunError, RunFailed, SpecError
from nbft.notebook.line import read_line
from nbft.notebook.magics import identifier
from nbft.run import Run
from tests.conftest import write_rows
from tests.notebook.recorded import living, record
from tests.panels.record import ended, evaluated, measured, started


def cell(model: Path, *, epochs: int = 2) -> str:
    return "\n".join(
        [
            f"model: {model}",
            "data: {train: reviews.csv, validation: 16, test: test.csv}",
            f"train: {{epochs: {epochs}, batch_size: 8, learning_rate: 3e-3, precision: fp32}}",
        ]
    )


def run(shell, code: str):
    """Runs a cell; returns what it showed, and the error it ended with."""
    with capture_output() as captured:
        result = shell.run_cell(code)
    return captured, result.error_in_exec


def shown(captured) -> str:
    return captured.stdout + "\n".join(output.data.get("text/plain", "") for output in captured.outputs)


@pytest.fixture
def runs(place: Path) -> Iterator[Path]:
    """A place with a finished and a living run."""
    write_rows(place / "reviews.csv", 24, seed=1)
    root = place / "nbft-runs"
    record(root, *started(), *(measured(s, 0.5) for s in (1, 2)), evaluated(2, 0.9), ended(), name="done")
    with living(record(root, *started(), measured(40, 0.5), name="living")):
        yield root


def test_a_cell_trains_a_model_and_binds_its_run(shell, reviews, tiny_model):
    captured, error = run(shell, f"%%finetune my-run\n{cell(tiny_model)}")
    assert error is None
    bound = shell.user_ns["my_run"]
    assert isinstance(bound, Run)
    assert (bound.name, bound.status) == ("my-run-001", "finished")
    assert "my-run-001: Finished" in shown(captured)

    captured, error = run(shell, "%ft_eval my-run")
    assert error is None
    assert "my-run: text-classification · 32 test rows" in shown(captured)


def test_the_kernel_does_not_load_torch(reviews, tiny_model, tmp_path):
    code = (
        "import sys\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\nfrom nbft.notebook import magics\nmagics.load(shell)\n"
        "shell.run_line_magic('ft_runs', '')\n"
        "assert not {'torch', 'transformers', 'datasets', 'evaluate', 'peft'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"IPYTHONDIR": str(tmp_path), "PATH": ""})


def test_what_is_wrong_in_the_yaml_is_shown_with_its_line_and_no_traceback(shell, place):
    captured, error = run(shell, "%%finetune\nmodel: x\ndata: {train: reviews.csv}\nmethdo: lora")
    assert isinstance(error, SpecError)
    assert "line 4" in captured.stdout
    assert "methdo: lora" in captured.stdout
    assert "Traceback" not in captured.stdout
    assert not (place / "nbft-runs").exists()


def test_a_finding_of_the_worker_is_shown_at_its_line(shell, reviews, tiny_model):
    (reviews / "reviews.csv").write_text("review,stars\n" + "a warm film,positive\n" * 20)
    captured, error = run(shell, f"%%finetune bad\n{cell(tiny_model)}")
    assert isinstance(error, SpecError)
    assert "line 3, data.train" in captured.stdout
    assert "Traceback" not in captured.stdout
    assert shell.user_ns["bad"].status == "failed"


def test_a_run_that_still_goes_on_is_not_started_again(shell, runs):
    captured, error = run(shell, "%%finetune living\nmodel: starter-encoder\ndata: {train: reviews.csv}")
    assert isinstance(error, RunError)
    assert "living-001 still goes on (step 40 of 300)" in captured.stdout
    assert "%ft_attach living-001" in captured.stdout
    assert len(list(runs.glob("living-*"))) == 1


def test_a_run_is_not_bound_over_the_rows_it_learns_from(shell, place):
    shell.user_ns["reviews"] = [{"text": "good", "label": "1"}, {"text": "bad", "label": "0"}]
    _, error = run(shell, "%%finetune reviews\nmodel: starter-encoder\ndata: {train: $reviews}")
    assert isinstance(error, RunError)
    assert isinstance(shell.user_ns["reviews"], list)


def test_attach_shows_a_finished_run_and_binds_it(shell, runs):
    captured, error = run(shell, "%ft_attach done")
    assert error is None
    assert "done-001: Finished" in shown(captured)
    assert shell.user_ns["done"].name == "done-001"


def test_attach_does_not_take_the_name_of_something_else(shell, runs):
    shell.user_ns["done"] = "mine"
    run(shell, "%ft_attach done")
    assert shell.user_ns["done"] == "mine"


def test_runs_are_listed_with_their_status_and_best_value(shell, runs):
    captured, error = run(shell, "%ft_runs")
    assert error is None
    lines = [line.split() for line in shown(captured).splitlines()]
    assert ["done-001", "finished"] in [line[:2] for line in lines]
    assert ["living-001", "running"] in [line[:2] for line in lines]
    assert "eval/accuracy 0.9000" in shown(captured)


def test_without_runs_the_list_says_so(shell, place):
    captured, _ = run(shell, "%ft_runs")
    assert "No run has been started here yet." in shown(captured)


def test_stop_asks_the_run_to_stop(shell, runs):
    captured, error = run(shell, "%ft_stop living")
    assert error is None
    assert '"Stop"' in (runs / "living-001" / "commands.jsonl").read_text()
    assert "living-001 stops" in shown(captured)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%ft_attach livnig", "There is no run 'livnig'"),
        ("%ft_stop", "%ft_stop needs the name of a run."),
        ("%ft_stop done", "done-001 is finished"),
        ("%ft_resume done", "there is nothing to resume"),
        ("%ft_eval done", "has no model yet"),
        ("%ft_eval done $nothing", "Rows of your own:  --data $nothing"),
        ("%ft_eval done --data $nothing", "There is no variable 'nothing'"),
        ("%ft_attach done --keep-liv", "Did you mean '--keep-live'?"),
        ("%ft_runs --all", "%ft_runs knows no flag '--all'."),
        ("%ft_attach one two", "%ft_attach takes one name, not 2"),
        ("%%finetune r --sett a=1\nmodel: x", "Did you mean '--set'?"),
        ("%%finetune r --background=yes\nmodel: x", "--background takes no value."),
        ("%%finetune r --set\nmodel: x", "--set needs a value."),
        ("%%finetune 'r\nmodel: x", "A quote on the line of %%finetune is never closed."),
    ],
)
def test_a_mistake_is_told_in_a_sentence_without_a_traceback(line, words, shell, runs):
    captured, error = run(shell, line)
    assert isinstance(error, NbftError)
    assert words in captured.stdout
    assert "Traceback" not in captured.stdout


def test_a_failed_run_fails_its_cell(shell, place):
    record(place / "nbft-runs", *started(), ended("failed", reason="No memory."), name="broken")
    captured, error = run(shell, "%ft_attach broken")
    assert isinstance(error, RunFailed)
    assert "No memory." in captured.stdout


def test_a_line_is_a_name_and_flags_in_any_order():
    line = read_line("%x", "--b reviews --a", ("--a", "--b"))
    assert (line.name, line.flags) == ("reviews", {"--a", "--b"})
    assert read_line("%x", "", ()).name is None


def test_flags_with_values_take_the_next_word_or_what_stands_behind_the_equals_sign():
    line = read_line("%x", "r --set a=1 --set=b=[x,y] --set 'c=two words'", (), ("--set",))
    assert line.values == {"--set": ["a=1", "b=[x,y]", "c=two words"]}


@pytest.mark.parametrize(
    ("name", "variable"), [("my-run", "my_run"), ("a.b", "a_b"), ("3rd", "_3rd"), ("class", "class_"), ("x", "x")]
)
def test_a_run_s_name_becomes_a_variable(name, variable):
    assert identifier(name) == variable
