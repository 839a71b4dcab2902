from __future__ import annotations

import math
import random

import pandas as pd
import pytest

from nbft.panels.plots import COLOURS, marks_of, plots_of, smoothed, thinned
from nbft.record.events import Evaluated
from nbft.record.state import RunState, replay
from tests.panels.record import evaluated, finished, started, training


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
    (mark,) = marks_of(finished())
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


def test_the_first_four_colours_can_be_seen_on_white_and_on_black():
    def luminance(colour: str) -> float:  # as in WCAG 2
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in COLOURS[:4]:
        assert 1.05 / (luminance(colour) + 0.05) >= 3
        assert (luminance(colour) + 0.05) / 0.05 >= 3
