from __future__ import annotations

import pytest
from IPython.utils.capture import capture_output

from nbft.notebook import plain
from nbft.notebook.plain import PlainDashboard, line
from nbft.record.events import Progressed
from nbft.record.state import replay
from nbft.run import Run
from tests.notebook.recorded import living, record, say
from tests.panels.record import ended, evaluated, measured, started

TRAINING = [
    *started(),
    evaluated(100, 0.9),
    Progressed(step=150, epoch=1.5, examples_per_s=312.4, eta_s=75, time=1064.0),
]


def test_the_line_says_what_tqdm_says():
    assert line(replay(TRAINING)) == (
        "reviews-001:  50% ██████████·········· 150/300 [1:04<1:15, 312 examples/s] Training, best eval/accuracy 0.9000"
    )


def test_before_the_plan_it_says_what_is_done():
    assert line(replay(started()[:2])) == "reviews-001:   0% ···················· Loading the data"


@pytest.fixture
def folder(tmp_path):
    with living(record(tmp_path, *started())) as folder:
        yield folder


def test_in_a_terminal_the_line_is_written_over_and_ends_in_the_scores(shell, folder, capsys, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(plain, "EVERY_S", 0.0)
    dashboard = PlainDashboard(Run(folder))
    dashboard.show()
    say(folder, measured(150, 0.5), evaluated(150, 0.9))
    assert dashboard.refresh() is True
    say(folder, ended())
    assert dashboard.refresh() is False
    dashboard.finish()
    first, *_, last = capsys.readouterr().out.split("\r")[1:]
    assert first.startswith("reviews-001:   0%")
    assert "accuracy          0.9000" in last


def test_it_writes_now_and_then_only(shell, folder, capsys):
    dashboard = PlainDashboard(Run(folder))
    dashboard.show()
    for step in range(1, 20):
        say(folder, measured(step, 0.5))
        dashboard.refresh()
    assert capsys.readouterr().out.count("\r") == 1


def test_in_ci_it_writes_every_half_minute_at_most(shell, folder, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    dashboard = PlainDashboard(Run(folder))
    dashboard.show()
    monkeypatch.setattr(plain, "EVERY_S", 0.0)
    for step in range(1, 20):
        say(folder, measured(step, 0.5))
        dashboard.refresh()
    assert capsys.readouterr().out.count("\r") == 1


def test_in_a_kernel_that_nobody_sees_one_output_is_updated_and_no_widget_is_made(shell, folder, monkeypatch):
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    dashboard = PlainDashboard(Run(folder))
    with capture_output() as captured:
        dashboard.show()
        say(folder, ended())
        dashboard.refresh()
        dashboard.finish()
    assert len({output.transient["display_id"] for output in captured.outputs}) == 1
    assert [bool(output.update) for output in captured.outputs] == [False, True, True]
    assert sorted(captured.outputs[-1].data) == ["text/html", "text/plain"]
    assert not any("widget-view" in kind for output in captured.outputs for kind in output.data)
