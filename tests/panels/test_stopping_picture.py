"""The picture of early stopping, and where other patiences would have ended the run."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from nbft.panels.stopping_picture import picture, would_have
from tests.panels.record import ended, evaluated, rule, training

VALUES = (0.7, 0.8, 0.79, 0.78, 0.85, 0.84, 0.83, 0.82)
EVENTS = [evaluated(100 * (place + 1), value) for place, value in enumerate(VALUES)]


def shapes(svg: str, name: str) -> list[dict[str, str]]:
    return [part.attrib for part in ET.fromstring(svg).iter() if part.attrib.get("class") == name]


def test_evaluations_without_a_gain_are_hollow_and_what_is_left_is_drawn_ahead():
    svg = picture(training(rule(patience=5), *EVENTS))
    assert len(shapes(svg, "nbft-stop-gain")) == 5
    assert len(shapes(svg, "nbft-stop-waited")) == 3
    assert len(shapes(svg, "nbft-stop-left")) == 2
    assert len(shapes(svg, "nbft-stop-end")) == 1


def test_the_band_above_the_best_line_is_what_a_gain_must_leave_behind():
    svg = picture(training(rule(patience=5, min_delta=0.05), *EVENTS))
    band = shapes(svg, "nbft-stop-band")[0]
    best = float(re.findall(r"[\d.]+", shapes(svg, "nbft-stop-best")[0]["d"])[1])
    assert float(band["y"]) + float(band["height"]) == pytest.approx(best, abs=0.2)
    assert float(band["height"]) > 5


def test_of_a_loss_the_band_lies_below_the_best_line():
    svg = picture(training(rule(monitor="eval/loss", min_delta=0.05), *EVENTS))
    band = shapes(svg, "nbft-stop-band")[0]
    best = float(re.findall(r"[\d.]+", shapes(svg, "nbft-stop-best")[0]["d"])[1])
    assert float(band["y"]) == pytest.approx(best, abs=0.2)


def test_nothing_lies_ahead_of_a_run_that_is_over_or_is_not_to_stop():
    for events in ([rule(patience=5), *EVENTS, ended()], [rule(enabled=False, patience=5), *EVENTS]):
        assert shapes(picture(training(*events)), "nbft-stop-left") == []


def test_there_is_no_picture_of_a_single_evaluation():
    assert picture(training(EVENTS[0])) == ""
    assert would_have(training(EVENTS[0])) == ""


def test_it_says_where_other_patiences_would_have_ended_the_run():
    said = would_have(training(rule(patience=5, min_delta=0.0), *EVENTS))
    # 0.79 at step 300 is the first without a gain, 0.78 at 400 the second; then 0.85; then 600, 700, 800
    assert said == (
        "A patience of 1 would have stopped at step 300, 2 at step 400, 3 at step 800, 4 or more not so far."
    )


def test_a_run_that_only_gains_would_have_stopped_at_no_patience():
    said = would_have(training(evaluated(100, 0.5), evaluated(200, 0.6)))
    assert said == "No patience would have stopped it so far."


def test_the_picture_says_in_words_what_it_shows():
    label = ET.fromstring(picture(training(rule(patience=5), *EVENTS))).attrib["aria-label"]
    assert label == "accuracy over 8 evaluations; to beat: 0.8500, by more than 0.001; 3 without a gain"
