"""`%ft_eval`: what a line and a cell ask for, and the page that comes of it."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

import nbft
from nbft.errors import RunError, SpecError
from nbft.evaluation import Evaluation, start_evaluation
from nbft.notebook.eval_magic import VALUED, asked_in_cell, asked_on_line
from nbft.notebook.evaluating import wait_for
from nbft.notebook.line import split_line
from nbft.notebook.vote_magic import VALUED as VOTE_FLAGS
from nbft.notebook.vote_magic import open_voting


def on_line(line: str, **names):
    return asked_on_line(split_line("%ft_eval", line, (), VALUED), names)


def test_a_line_and_a_cell_ask_for_the_same(place):
    line = on_line("a b base --data x.csv --metrics accuracy,f1 --by label --require 'accuracy >= 0.85'")
    cell = "runs: [a, b, base]\ndata: x.csv\nmetrics: [accuracy, f1]\nby: label\nrequire: accuracy >= 0.85"
    assert asked_in_cell(cell, {}) == line
    assert (line.systems, line.data, line.options["by"]) == (["a", "b", "base"], "x.csv", ["label"])


def test_rows_come_from_a_variable_or_stand_in_the_cell(place):
    frame = pd.DataFrame({"text": ["a"], "label": ["x"]})
    assert on_line("a --data $frame", frame=frame).data is frame
    inline = asked_in_cell("runs: a\ndata:\n- {text: a, label: x}", {}).data
    pd.testing.assert_frame_equal(inline, frame)


def test_what_is_wrong_in_a_cell_is_said(place):
    with pytest.raises(SpecError) as raised:
        asked_in_cell("runs: a\nmetrcs: f1", {})
    assert "line 3, metrcs: an evaluation knows no key 'metrcs'." in str(raised.value)
    assert "Did you mean 'metrics'?" in str(raised.value)
    with pytest.raises(SpecError):
        asked_in_cell("runs: [a", {})
    with pytest.raises(RunError, match="No run has been started"):
        on_line("base")


def test_a_run_against_its_base_is_a_page_and_a_missed_gate_an_error(shell, tiny_spec):
    nbft.finetune({**tiny_spec, "train": {**tiny_spec["train"], "epochs": 1}}, "reviews")
    with capture_output() as captured:
        result = shell.run_cell("%ft_eval reviews base --require 'accuracy >= 1.5'")
    assert isinstance(result.error_in_exec, RunError)
    assert "accuracy >= 1.5 is not met" in str(result.error_in_exec)
    pages = [output.data for output in captured.outputs if "nbft-scorecard" in output.data.get("text/html", "")]
    assert len(pages) == 1
    assert "reviews against base" in pages[0]["text/plain"]
    evaluation = shell.user_ns["evaluation"]
    assert isinstance(evaluation, Evaluation)
    assert evaluation.scorecard.rows == 32

    with capture_output():
        voting = open_voting(split_line("%ft_vote", "reviews base", (), VOTE_FLAGS), {})
    said = evaluation.predictions.pivot(index="row", columns="system", values="prediction")
    assert len(voting.session.texts) == (said.reviews != said.base).sum()

    stopped = start_evaluation(["reviews"], metrics=["accuracy"])
    stopped.stop()
    with capture_output(), pytest.raises(RunError, match="stopped"):
        wait_for(stopped, "reviews")
