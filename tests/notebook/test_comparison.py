from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from IPython.utils.capture import capture_output

import nbft
from nbft.cli import main
from nbft.comparison import compare
from nbft.errors import RunError
from nbft.notebook.comparing import LiveComparison
from nbft.notebook.dashboard import VIEW
from nbft.record.folder import RunFolder
from tests.notebook.recorded import living, record, record_spec, say
from tests.notebook.test_snapshot import ALLOWED
from tests.notebook.training_cell import wait_for
from tests.panels.record import ended, evaluated, measured, started


def trained(root: Path, name: str, *, accuracy: float, rows: int = 16, **spec: Any) -> RunFolder:
    """A run of 300 steps whose best evaluation is its second."""
    losses = [measured(step, 1 / step) for step in range(1, 301, 10)]
    scores = [evaluated(100, accuracy - 0.1), evaluated(200, accuracy), evaluated(300, accuracy - 0.05, "test")]
    plan = started(rows={"train": 1600, "validation": rows})
    return record_spec(record(root, *plan, *losses, *scores, ended(), name=name), **spec)


@pytest.fixture
def two(place: Path) -> Path:
    """Two runs that differ in their learning rate and their model."""
    root = place / "nbft-runs"
    trained(root, "first", accuracy=0.9)
    trained(root, "second", accuracy=0.8, model="bert-base", train={"learning_rate": 1e-4})
    return root


def test_only_what_differs_is_shown_and_a_default_is_marked(two):
    lines = str(compare("first", "second")).splitlines()
    told = lines[lines.index("What differs in their specs") + 1 : lines.index("The runs") - 1]
    assert [line.split() for line in told] == [
        ["model", "starter-encoder", "bert-base"],
        ["train.learning_rate", "2e-5", "(default)", "0.0001"],
    ]


def test_the_best_value_of_each_metric_is_bold_also_where_less_is_better(two):
    trained(two, "third", accuracy=0.95)
    html = compare("first", "second", "third").output()["text/html"]
    row = re.search(r'<tr><td align="left">accuracy</td>(.*?)</tr>', html)
    assert row is not None
    assert re.findall(r"<b>([\d.]+)</b>", row[1]) == ["0.9500"]
    loss = re.search(r'<tr><td align="left">loss</td>(.*?)</tr>', html)
    assert loss is not None
    assert "<b>" not in loss[1], "all three have the same loss: none of them is the best"


def test_the_curves_of_all_runs_are_in_each_picture(two):
    html = compare("first", "second").output()["text/html"]
    pictures = [base64.b64decode(data).decode() for data in re.findall(r'base64,([^"]+)"', html)]
    assert len(pictures) >= 3
    assert all("first-001" in picture and "second-001" in picture for picture in pictures)
    assert len(html) < 60_000


def test_it_needs_no_script_no_style_and_no_request(two):
    html = compare("first", "second").output()["text/html"]
    assert set(re.findall(r"<(\w+)", html)) <= ALLOWED
    assert "http" not in re.sub(r'src="data:[^"]+"', "", html)


def test_a_number_takes_the_newest_so_many_and_nothing_the_newest_two(two):
    trained(two, "third", accuracy=0.7)
    assert [run.name for run in compare("2").runs] == ["second-001", "third-001"]
    assert [run.name for run in compare(3).runs] == ["first-001", "second-001", "third-001"]
    assert [run.name for run in compare().runs] == ["second-001", "third-001"]
    assert [run.name for run in nbft.compare(nbft.open_run("first"), "third").runs] == ["first-001", "third-001"]


def test_runs_on_other_data_are_told_apart(two):
    trained(two, "other", accuracy=0.9, data={"train": "other.csv"}, rows=99)
    assert "Their data are not the same (data.train differs)" in str(compare("first", "other"))
    assert compare("first", "second").notes() == []


def test_runs_of_one_spec_say_so(two):
    trained(two, "first", accuracy=0.9)
    assert "Nothing: their specs are the same." in str(compare("first-001", "first-002"))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ["first", "first-001"],
            "It takes two runs to compare; there is only first-001.\nAs in: compare first-001 second-001",
        ),
        (["first", "secnod"], "There is no run 'secnod'"),
        (["first", "secnod"], "Did you mean 'second'?"),
        (["first", "nothing-like-it"], "There are: first, second."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(two, names, words):
    with pytest.raises(RunError) as error:
        compare(*names)
    assert words in str(error.value)


def test_without_runs_it_says_how_to_start_one(place):
    with pytest.raises(RunError, match="No run has been started here yet"):
        compare()


def test_a_terminal_shows_the_table(two, capsys):
    assert main(["compare", "first", "second"]) == 0
    printed = capsys.readouterr().out
    assert "0.9000 *" in printed
    assert main(["compare", "frist", "second"]) == 1
    assert "Did you mean 'first'?" in capsys.readouterr().err


def test_the_magic_shows_it(two, shell):
    with capture_output() as captured:
        result = shell.run_cell("%ft_compare first second")
    assert result.success
    assert "train.learning_rate" in captured.outputs[0].data["text/plain"]


def test_while_a_run_goes_on_curves_and_table_follow_and_at_the_end_they_are_static(two, shell, monkeypatch):
    monkeypatch.setattr("nbft.notebook.comparing.TABLE_EVERY_S", 0.0)
    going = record_spec(record(two, *started(), measured(1, 0.9), name="third"))
    with living(going), capture_output() as captured:
        live = LiveComparison(compare("first", "third"))
        following = live.show()
        wait_for(lambda: "1 of 300" in live._table.value, "the table is not there", 10)
        say(going, measured(40, 0.5), evaluated(40, 0.95))
        wait_for(lambda: "40 of 300" in live._table.value and "0.9500" in live._table.value, "it stands still", 10)
        chart = live._chart
        assert chart is not None
        wait_for(lambda: len(chart._tracks["third-001: train/loss"]) == 2, "the curve stands still", 10)
        say(going, ended())
    wait_for(lambda: not following.is_alive, "it does not end", 10)
    shown, twin = captured.outputs[:2]
    assert VIEW in shown.data
    assert shown.data["text/html"] == ""
    assert "%ft_compare first-001 third-001" in twin.data["text/html"]
    (picture,) = live.view.children
    assert "data:image/svg+xml" in picture.value


def test_where_nobody_can_click_a_run_that_goes_on_is_shown_as_it_stands(two, shell):
    with living(record_spec(record(two, *started(), measured(1, 0.9), name="third"))), capture_output() as captured:
        shell.run_line_magic("ft_compare", "first third")
    (output,) = captured.outputs
    assert sorted(output.data) == ["text/html", "text/plain"]
