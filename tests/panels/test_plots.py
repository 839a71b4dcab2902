from __future__ import annotations

import math
import random

import pandas as pd
import pytest

from nbft.panels.plots import COLOURS, bands_of, marks_of, plots_of
from nbft.panels.points import smoothed, thinned
from nbft.record import events as word
from nbft.record.events import Evaluated
from nbft.record.state import RunState, replay
from tests.panels.record import ended, evaluated, finished, started, training


def test_losses_come_first_then_the_metrics_in_the_order_of_the_spec():
    loss, metrics = plots_of(training())
    assert [line.metric for line in loss.lines] == ["train/loss", "eval/loss"]
    assert [line.metric for line in metrics.lines] == ["eval/accuracy", "eval/f1"]


def test_a_metric_of_another_size_gets_a_plot_of_its_own():
    bleu = Evaluated(step=1, epoch=0.1, values={"eval/loss": 2.0, "eval/bleu": 27.0, "eval/exact_match": 0.5})
    plots = plots_of(replay([*started(metrics=["eval/bleu", "eval/exact_match", "eval/loss"]), bleu]))
    assert [plot.title for plot in plots] == ["Loss", "Exact match", "BLEU"]


def test_before_the_plan_there_is_room_for_the_metrics():
    assert [plot.title for plot in plots_of(RunState())] == ["Loss", "Metrics"]


def test_no_two_of_four_lines_look_alike():
    names = [f"eval/{name}" for name in ("accuracy", "f1", "precision", "recall")]
    metrics = plots_of(replay(started(metrics=[*names, "eval/loss"])))[1]
    assert len({(line.colour, line.dash) for line in metrics.lines}) == 4


def test_the_best_evaluation_is_marked_on_the_monitored_line():
    (mark,) = [mark for mark in marks_of(finished()) if mark.kind == "best"]
    assert (mark.step, mark.metric, mark.value) == (200, "eval/accuracy", 0.9)
    assert marks_of(training(evaluated(10, None))) == []


@pytest.mark.parametrize("count", [1, 30, 700])
def test_smoothing_is_an_exponential_mean_over_a_fiftieth_of_the_curve(count):
    chance = random.Random(1)
    points = [(step, chance.random()) for step in range(count)]
    means = pd.Series([value for _, value in points]).ewm(span=max(1.0, count / 50), adjust=False).mean()
    assert [value for _, value in smoothed(points)] == pytest.approx(list(means))


def test_thinning_keeps_every_peak():
    points = [(step, math.sin(step / 50)) for step in range(10_000)]
    points[4321] = (4321, 9.0)
    kept = thinned(points, 100)
    assert len(kept) <= 200
    assert (4321, 9.0) in kept
    assert kept == sorted(kept)


def test_every_colour_can_be_seen_on_white_and_on_black():
    def luminance(colour: str) -> float:  # as in WCAG 2
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in COLOURS:
        assert 1.05 / (luminance(colour) + 0.05) >= 3
        assert (luminance(colour) + 0.05) / 0.05 >= 3


def test_what_training_takes_has_small_plots_of_its_own_once_it_is_measured():
    old = [plot.title for plot in plots_of(finished())]
    assert old == ["Loss", "Metrics", "Learning rate"]
    values: word.Values = {"train/tokens_per_s": 900.0, "train/grad_norm": 1.0, "memory/process_bytes": 1e9}
    small = [plot for plot in plots_of(training(word.Measured(step=1, epoch=0.1, values=values))) if plot.is_small]
    assert [plot.title for plot in small] == ["Gradient norm", "Tokens/s", "Memory"]


def test_checkpoints_pauses_commands_and_the_early_stop_are_marked_with_their_step():
    asked = word.CommandTaken(id="1", command="SaveNow", step=40, answer="Saves after step 40.", time=5.0)
    state = training(
        word.Paused(step=30),
        asked,
        word.CheckpointSaved(step=40, seconds=0.1, size_bytes=1),
        ended(reason="Early stopping: in 2 evaluations, eval/accuracy never got better.", step=80),
    )
    marks = {mark.kind: (mark.step, mark.label) for mark in marks_of(state)}
    assert marks == {
        "pause": (30, "Paused"),
        "command": (40, "Save now: Saves after step 40."),
        "checkpoint": (40, "Checkpoint"),
        "stop": (80, "stopped early"),
    }


def test_every_second_epoch_is_a_band():
    assert bands_of(training()) == [(100, 200)]
    assert bands_of(replay(started(steps_per_epoch=70))) == [(70, 140), (210, 280)]
    assert bands_of(RunState()) == []
