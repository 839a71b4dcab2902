"""A cell with `seeds`: the dashboard of one run after another below the table of all, and what is left of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

from nbft.errors import RunError
from nbft.launch.inline import run_inline
from nbft.launch.series import folder_of_seed
from nbft.notebook.plain import PlainDashboard
from nbft.notebook.series_dashboard import PlainSeries, SeriesDashboard
from nbft.record import events as word
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower
from nbft.series import Series
from tests.notebook.recorded import living, record, record_spec, say
from tests.panels.messages import messages
from tests.panels.record import ended, evaluated, measured, started

SEEDS = [42, 43, 44]


@pytest.fixture
def first(tmp_path: Path) -> RunFolder:
    """The first of three seeds, which is finished."""
    events = (*started(), measured(1, 0.9), evaluated(1, 0.8), ended())
    folder = record(tmp_path, *events, seed=42)
    record_spec(folder, seed=42, data={"train": "reviews.csv", "split_seed": 42})
    resolved = json.loads(folder.resolved.read_text())
    folder.resolved.write_text(json.dumps({**resolved, "seeds": SEEDS}))
    return folder


def next_to(folder: RunFolder, seed: int, *events: word.Event) -> RunFolder:
    made = folder_of_seed(folder, seed)
    say(made, *events)
    return made


def made(first: RunFolder) -> SeriesDashboard:
    dashboard = SeriesDashboard(Series("reviews-001", first.path.parent), "reviews")
    with capture_output():
        dashboard.show()
    return dashboard


@pytest.mark.usefixtures("shell")
def test_it_turns_to_the_next_seed_and_says_which_of_how_many_it_is(first: RunFolder):
    with living(first):
        dashboard = made(first)
        assert dashboard.refresh(), "two seeds are to come"
        assert "seed 42 (1 of 3)" in dashboard.head.widget.value
        assert dashboard.head.widget.value.count("to come") == 2
        second = next_to(first, 43)
    with living(second):
        say(second, *started(), measured(1, 0.7), evaluated(1, 0.6))
        assert dashboard.refresh()
        assert dashboard.run.name == "reviews-001-seed43"
        assert "seed 43 (2 of 3)" in dashboard.head.widget.value
        assert "0.6000" in dashboard.head.widget.value
        assert "Training" in dashboard.panels[0].widget.children[0].value
        assert dashboard.view.children[1] is dashboard.head.widget
        with messages() as sent:
            dashboard.refresh()
        assert sent == [], "what was shown before sends nothing"


@pytest.mark.usefixtures("shell")
def test_stop_asks_and_can_end_this_seed_alone(first: RunFolder):
    second = next_to(first, 43, *started(), measured(1, 0.7))
    with living(second):
        dashboard = made(first)
        controls = dashboard.controls
        controls._stop.click()
        dashboard.refresh()
        words, yes, only, _ = controls._confirm.children
        assert "The seeds to come are not started" in words.value
        assert (yes.description, only.description, only.layout.display) == ("Yes, stop", "Only this seed", None)
        only.click()
        controls._stop_now.click()
        dashboard.refresh()
        assert only.layout.display == "none", "ending at once ends the series"
    asked = Follower(second.commands).read()
    assert [(one["kind"], one["series_goes_on"]) for one in asked] == [("Stop", True)]


@pytest.mark.usefixtures("shell")
def test_the_end_leaves_table_and_curves_that_need_no_script(first: RunFolder):
    for seed, value in ((43, 0.9), (44, 0.7)):
        next_to(first, seed, *started(), measured(1, 0.7), evaluated(1, value), ended())
    dashboard = made(first)
    assert not dashboard.refresh()
    with capture_output() as captured:
        dashboard.finish()
    twin = captured.outputs[0].data
    assert sorted(twin) == ["text/html", "text/plain"]
    assert "3 of 3 seeds finished" in twin["text/html"]
    assert "0.8000" in twin["text/html"], "the mean of 0.8, 0.9 and 0.7"
    assert "0.1000" in twin["text/html"], "their sample standard deviation"
    assert "<script" not in twin["text/html"]
    assert "data:image/svg+xml" in twin["text/html"]


@pytest.mark.usefixtures("shell")
def test_a_failed_seed_ends_the_series_and_the_twin_says_why(first: RunFolder):
    said = "The loss is <b>no</b> number."
    reason = word.RunEnded(time=5000.0, outcome="failed", reason=said, step=3, error={"what": said})
    next_to(first, 43, *started(), reason)
    dashboard = made(first)
    assert not dashboard.refresh()
    assert dashboard.series.status == "failed"
    html = dashboard._snapshot().html
    assert "1 of 3 seeds finished" in html
    assert "reviews-001-seed43" in html
    assert "<b>no</b>" not in html


@pytest.mark.usefixtures("shell")
def test_without_anybody_to_click_a_line_says_which_seed_is_trained(first: RunFolder):
    second = next_to(first, 43, *started(), measured(1, 0.7))
    with living(second), capture_output() as captured:
        plain: PlainDashboard = PlainSeries(Series("reviews-001", first.path.parent))
        plain.show()
        assert plain.refresh()
    assert "seed 43 (2 of 3), reviews-001:" in captured.stdout


def test_a_cell_with_seeds_binds_a_series_which_can_be_evaluated_and_taken_up_again(
    shell, reviews, tiny_model, monkeypatch: pytest.MonkeyPatch
):
    for place in ("series", "launch.series", "evaluation"):
        monkeypatch.setattr(f"nbft.{place}.start_process", run_inline)
    cell = (
        f"model: {tiny_model}\ndata: {{train: reviews.csv, validation: 16, test: test.csv}}\n"
        "train: {epochs: 1, batch_size: 8, learning_rate: 3e-3, precision: fp32}\nseeds: 2\n"
    )
    with capture_output() as captured:
        assert shell.run_cell(f"%%finetune reviews\n{cell}").success
    assert "2 of 2 seeds finished" in captured.stdout
    series = shell.user_ns["reviews"]
    assert isinstance(series, Series)
    assert [run.name for run in series.runs] == ["reviews-001-seed42", "reviews-001-seed43"]

    with capture_output() as captured:
        assert shell.run_cell(f"%%finetune reviews --resume\n{cell}").success
        assert shell.run_cell("%ft_eval reviews base").success
        assert shell.run_cell("%ft_compare reviews").success
        assert shell.run_cell("%ft_attach reviews").success
        assert shell.run_cell("%ft_runs").success
    texts = "\n".join(output.data.get("text/plain", "") for output in captured.outputs) + captured.stdout
    assert "reviews-001 is finished: nothing to resume" in texts
    assert "spread" in texts
    assert {"reviews", "base"} <= {system.name for system in shell.user_ns["evaluation"].scorecard.systems}
    with capture_output():
        assert isinstance(shell.run_cell("%ft_stop reviews").error_in_exec, RunError)

    with capture_output() as captured:
        assert shell.run_cell(f"%%finetune reviews --resume --set seeds=3\n{cell}").success
    assert "3 of 3 seeds finished" in captured.stdout
    assert len(shell.user_ns["reviews"].runs) == 3
