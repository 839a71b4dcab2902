from __future__ import annotations

from itertools import pairwise

import pytest

from nbft.record import events as word
from nbft.record.curve import MAX_POINTS, Curve
from nbft.record.state import RunState, is_better_lower, replay


def planned(step: int = 0) -> word.Planned:
    return word.Planned(
        total_steps=100,
        steps_per_epoch=50,
        epochs=2,
        rows={"train": 800},
        device="cpu",
        precision="fp32",
        parameters=10,
        trained_parameters=10,
        metrics=["eval/f1", "eval/loss"],
        step=step,
    )


def rule(
    monitor: str = "eval/f1", patience: int = 2, min_delta: float = 0.0, *, enabled: bool = True
) -> word.EarlyStoppingSet:
    return word.EarlyStoppingSet(enabled=enabled, monitor=monitor, patience=patience, min_delta=min_delta)


def evaluated(step: int, f1: float | None, loss: float = 1.0) -> word.Evaluated:
    return word.Evaluated(step=step, epoch=step / 50, values={"eval/f1": f1, "eval/loss": loss})


def saved(step: int, removed: list[int] | None = None) -> word.CheckpointSaved:
    return word.CheckpointSaved(step=step, seconds=0.1, size_bytes=10, removed=removed or [])


START = [word.RunStarted(run="r-001", pid=1, host="h"), planned(), rule()]


def test_patience_counts_evaluations_without_a_gain():
    state = replay([*START, evaluated(10, 0.5), evaluated(20, 0.7), evaluated(30, 0.6), evaluated(40, 0.7)])
    assert (state.early_stopping.best, state.early_stopping.best_step) == (0.7, 20)
    assert state.early_stopping.left == 0
    assert state.early_stopping.is_exhausted


def test_a_gain_within_min_delta_is_the_best_but_does_not_start_the_patience_anew():
    state = replay([*START[:2], rule(min_delta=0.1), evaluated(10, 0.5), evaluated(20, 0.55), evaluated(30, 0.58)])
    assert state.early_stopping.best_step == 30
    assert state.early_stopping.is_exhausted


@pytest.mark.parametrize(("metric", "lower"), [("eval/loss", True), ("eval/f1", False), ("eval/perplexity", True)])
def test_losses_are_better_when_smaller(metric: str, lower: bool):
    assert is_better_lower(metric) is lower


def test_a_metric_that_is_not_a_number_is_no_gain():
    state = replay([*START, evaluated(10, None), evaluated(20, None)])
    assert state.early_stopping.best is None
    assert state.early_stopping.is_exhausted


def test_another_monitor_judges_the_past_anew_among_models_that_still_stand():
    events = [*START, evaluated(10, 0.9, loss=0.2), saved(10), evaluated(20, 0.95, loss=0.3), saved(20, [10])]
    state = replay([*events, evaluated(30, 0.8, loss=0.4), saved(30), rule("eval/loss", patience=9)])
    assert state.early_stopping.best_step == 20  # step 10 was better, but its model is gone
    assert state.early_stopping.waited == 2


def test_a_resumed_attempt_forgets_what_came_after_its_checkpoint():
    first = [*START, evaluated(10, 0.5), saved(10), evaluated(20, 0.4), evaluated(30, 0.3)]
    state = replay([*first, word.RunStarted(run="r-001", pid=2, host="h", attempt=2), planned(step=10)])
    assert state.step == 10
    assert [e.step for e in state.evaluations] == [10]
    assert state.early_stopping.left == 2
    assert list(state.curves["eval/f1"]) == [(10, 0.5)]


def test_switching_the_rule_on_starts_its_patience_anew():
    events = [*START[:2], rule(enabled=False), evaluated(10, 0.5), evaluated(20, 0.4), evaluated(30, 0.3)]
    state = replay(events)
    assert not state.early_stopping.is_exhausted
    state.see(rule(enabled=True))
    assert state.early_stopping.left == 2


def test_the_test_split_never_moves_the_best():
    tested = word.Evaluated(step=10, epoch=1, values={"eval/f1": 1.0, "test/f1": 1.0}, split="test")
    state = replay([*START, evaluated(10, 0.5), tested])
    assert state.early_stopping.best == 0.5


def test_statuses_follow_the_events():
    state = RunState()
    assert state.status == "queued"
    for event, status in (
        (START[0], "running"),
        (word.Paused(step=1), "paused"),
        (word.Resumed(step=1), "running"),
        (word.RunEnded(outcome="stopped", reason="", step=1), "stopped"),
    ):
        state.see(event)
        assert state.status == status


def test_a_curve_stays_bounded_and_keeps_its_ends():
    curve = Curve()
    for step in range(1, 100_001):
        curve.add(step, float(step))
    points = list(curve)
    assert len(points) <= MAX_POINTS + 1
    assert points[0] == (1, 1.0)
    assert points[-1] == (100_000, 100_000.0)
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(points[:-1])]
    assert max(gaps) < 100_000 / MAX_POINTS * 4


def test_a_full_curve_keeps_every_peak():
    curve, peaks = Curve(), {7_777: 9.0, 50_001: -9.0, 99_990: 7.0}
    for step in range(1, 100_001):
        curve.add(step, peaks.get(step, (step * 7919 % 100) / 100))
    assert peaks.items() <= dict(curve.points).items() | {(99_990, 7.0)}
    assert [step for step, _ in curve] == sorted(step for step, _ in curve)


def test_a_full_curve_that_is_cut_goes_on_from_there():
    curve = Curve()
    for step in range(1, 20_001):
        curve.add(step, 1.0 + step % 2)
    curve.cut_after(15_000)
    assert curve.last is not None
    assert 14_990 <= curve.last[0] <= 15_000
    curve.add(15_001, 40.0)
    assert (curve.last, curve.reach) == ((15_001, 40.0), 40.0)


def test_a_pause_is_remembered_unless_its_attempt_was_cut_off():
    pauses = [word.Paused(step=5), word.Resumed(step=5), word.Paused(step=9)]
    assert replay(pauses).pauses == [5, 9]
    assert replay([*pauses, planned(step=6)]).pauses == [5]
