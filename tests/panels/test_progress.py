from __future__ import annotations

import re

import pytest

from nbft.panels.progress import ProgressPanel, share_done
from nbft.record import events as word
from nbft.record.state import RunState, replay
from tests.panels.messages import messages
from tests.panels.record import ended, evaluated, measured, rule, started, training


def words(panel: ProgressPanel) -> str:
    """All that the panel says, without its markup."""
    parts = " ".join(part.value for part in panel.widget.children if isinstance(part.value, str))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", parts))


def shown(state: RunState) -> ProgressPanel:
    panel = ProgressPanel([].append)
    panel.show(state)
    return panel


def progressed(step: int = 150, **changes: object) -> word.Progressed:
    known = {"step": step, "epoch": step / 100, "examples_per_s": 312.4, "eta_s": 75.2}
    return word.Progressed(**{**known, **changes})  # pyright: ignore[reportArgumentType]


def test_it_says_run_status_steps_epoch_time_left_speed_and_machine():
    said = words(shown(training(progressed(150))))
    for part in ("reviews-001", "Training", "150 of 300", "1.50 of 3", "1:15", "312 examples/s"):
        assert part in said
    assert "cpu · bf16 · 4.4 M parameters" in said


def test_the_best_value_stands_with_its_metric_and_step():
    assert "0.9000 eval/accuracy, step 200" in words(shown(training(evaluated(100, 0.8), evaluated(200, 0.9))))


def test_a_state_that_was_shown_sends_nothing():
    panel, state = ProgressPanel([].append), training(progressed())
    panel.show(state)
    with messages() as sent:
        panel.show(state)
    assert sent == []


def test_nothing_shown_yet_is_a_queued_run_without_numbers():
    said = words(shown(RunState(run="reviews-001")))
    assert "Waiting to start" in said
    assert "None" not in said


@pytest.mark.parametrize(
    ("events", "share"),
    [
        ([], 0.0),
        (started()[:2], None),
        ([*started()[:2], word.Progressed(step=0, epoch=0, done=250, total=1000)], 0.25),
        ([*started(), measured(75, 0.5)], 0.25),
        ([*started(), measured(30, 0.5), ended()], 1.0),
        ([*started(), measured(150, 0.5), ended("stopped", step=150)], 0.5),
    ],
    ids=["queued", "nobody knows", "tokenising", "training", "finished early", "stopped"],
)
def test_the_bar_is_as_full_as_the_work_done(events, share):
    assert share_done(replay(events)) == share


def test_an_evaluation_is_counted_in_the_status():
    said = words(shown(training(progressed(done=12, total=40))))
    assert "Evaluating 12 of 40" in said
    assert "Evaluating" not in words(shown(training(progressed(done=40, total=40), progressed(151))))


def test_the_counter_of_one_phase_ends_with_it():
    state = replay([*started()[:2], progressed(0, done=900, total=1000), word.PhaseStarted(phase="loading the model")])
    assert "Loading the model" in words(shown(state))
    assert "900" not in words(shown(state))


def test_a_pause_is_told_by_the_record_alone():
    assert "Paused" in words(shown(training(word.Paused(step=3))))
    assert "Training" in words(shown(training(word.Paused(step=3), word.Resumed(step=3))))


def test_a_failed_run_shows_what_and_the_fix_in_place():
    error = {"what": "The loss is not a finite number.", "fix": "Try a lower learning_rate."}
    said = words(shown(training(ended("failed", reason="x", error=error))))
    assert "Failed" in said
    assert "The loss is not a finite number." in said
    assert "Try a lower learning_rate." in said


def test_an_ended_run_says_why_and_how_long_it_took():
    said = words(shown(training(ended(reason="Early stopping: it never got better."))))
    assert "Early stopping: it never got better." in said
    assert "1:02" in said


def test_names_and_reasons_are_shown_as_text():
    events = [
        word.RunStarted(run="<b>bold</b>", pid=1, host=""),
        word.PhaseStarted(phase="<i>x</i>"),
        rule(monitor="<s>"),
        ended("failed", error={"what": "<script>alert(1)</script>", "fix": "<img src=x>"}),
    ]
    panel = shown(replay(events))
    html = "".join(part.value for part in panel.widget.children if isinstance(part.value, str))
    for markup in ("<b>bold", "<i>x", "<s>", "<script", "<img"):
        assert markup not in html
