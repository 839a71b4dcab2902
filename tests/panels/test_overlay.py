from __future__ import annotations

import xml.etree.ElementTree as ET

from nbft.panels.overlay import ghost, overlay
from nbft.panels.plots import plots_of
from nbft.panels.svg import draw
from tests.panels.record import evaluated, finished, measured, training


def test_each_metric_has_a_plot_and_each_run_a_line_that_looks_the_same_in_all_of_them():
    both = overlay({"a-001": finished(), "b-001": training(measured(1, 0.5), evaluated(1, 0.6))})
    assert [plot.title for plot in both.plots] == [
        "Training loss",
        "Validation loss",
        "Accuracy",
        "F1",
        "Learning rate",
    ]
    looks = {(line.label, line.colour, line.dash) for plot in both.plots for line in plot.lines}
    assert looks == {("a-001", 0, 0), ("b-001", 1, 1)}


def test_the_points_of_every_run_are_there_under_its_name():
    both = overlay({"a-001": finished(), "b-001": training(measured(7, 0.5))})
    assert list(both.state.curves["b-001: train/loss"]) == [(7, 0.5)]
    assert len(both.state.curves["a-001: train/loss"]) == 300


def test_only_the_metrics_that_are_wanted_are_drawn():
    both = overlay({"a-001": finished()}, ["eval/f1", "eval/nothing"])
    assert [plot.title for plot in both.plots] == ["F1"]


def test_a_run_without_a_metric_has_no_line_of_it():
    both = overlay({"a-001": finished(), "b-001": training(measured(1, 0.5))})
    accuracy = next(plot for plot in both.plots if plot.title == "Accuracy")
    assert [line.label for line in accuracy.lines] == ["a-001"]


def test_it_is_drawn_as_the_plots_of_one_run_are():
    both = overlay({"<b>-001": finished(), "b-001": finished()})
    for plot in both.plots:
        ET.fromstring(draw(plot, both.state))
    assert "b-001" in draw(both.plots[0], both.state)


def test_a_ghost_lies_behind_the_curves_of_its_run():
    loss, metrics, *_ = ghost(plots_of(training()), "old-001", training(measured(1, 0.5), evaluated(1, 0.6)))
    assert [line.metric for line in loss.lines] == [
        "old-001: train/loss",
        "old-001: eval/loss",
        "train/loss",
        "eval/loss",
    ]
    assert [line.is_ghost for line in metrics.lines] == [True, True, False, False]
    assert loss.lines[0].colour == loss.lines[2].colour
