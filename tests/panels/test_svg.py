from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET

import pytest

from nbft.panels.plots import plots_of
from nbft.panels.svg import describe, draw
from nbft.panels.svg_frame import HEIGHT, WIDTH, frame_of, ticks
from nbft.panels.wording import tick
from nbft.record import events as word
from nbft.record.state import RunState, replay
from tests.panels.record import ended, evaluated, finished, measured, started, training

SVG = "{http://www.w3.org/2000/svg}"


def test_it_is_one_whole_svg_document_without_scripts_or_links():
    for plot in plots_of(finished()):
        root = ET.fromstring(draw(plot, finished()))
        assert root.tag == f"{SVG}svg"
        assert {element.tag for element in root.iter()} <= {
            f"{SVG}{t}" for t in ["svg", "title", "desc", "path", "text", "circle", "g"]
        }


def test_everything_lies_inside_the_picture():
    loss, *_ = plots_of(finished())
    for path in re.findall(r'<path d="M(\d+) (\d+)((?:l-?\d+[ -]\d+)*)"[^>]*scale', draw(loss, finished())):
        x, y = int(path[0]), int(path[1])
        for dx, dy in re.findall(r"l(-?\d+) ?(-?\d+)", path[2]):
            x, y = x + int(dx), y + int(dy)
            assert 0 <= x <= 10 * WIDTH
            assert 0 <= y <= 10 * HEIGHT


def test_points_stand_where_the_axes_say():
    frame = frame_of([(0, 0.0), (100, 1.0)])
    assert frame.x(50) == pytest.approx((frame.x(0) + frame.x(100)) / 2)
    assert frame.y(0.5) == pytest.approx((frame.y(0) + frame.y(1)) / 2)
    assert frame.y(1) < frame.y(0)


def test_values_that_hardly_differ_have_numbers_that_fit_beside_the_axis():
    frame = frame_of([(50, 0.693232), (100, 0.693222)])
    told = [tick(value) for value in ticks(*frame.values, 5)]
    assert told == ["0.692", "0.693", "0.694"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (0.61, 0.93, [0.7, 0.8, 0.9]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1])],
)
def test_ticks_are_round_numbers(low, high, expected):
    assert ticks(low, high, 5) == pytest.approx(expected)


def test_the_best_value_is_written_beside_its_ring():
    _, metrics, *_ = plots_of(finished())
    assert "best 0.9000" in draw(metrics, finished())


def test_it_is_told_in_words_too():
    loss, metrics, *_ = plots_of(finished())
    assert describe(loss, finished()) == (
        "Loss over 300 steps: train from 1.0000 to 0.0033, validation from 0.2500 to 0.2500"
    )
    assert describe(metrics, training()) == "Metrics: no points"


@pytest.mark.parametrize(
    "state",
    [RunState(), training(), training(measured(1, 0.5)), training(measured(1, None)), training(evaluated(5, 0.0))],
    ids=["nothing", "no points", "one point", "no number", "one evaluation"],
)
def test_few_points_or_none_are_drawn_all_the_same(state):
    for plot in plots_of(state):
        ET.fromstring(draw(plot, state))


def test_names_of_metrics_are_shown_as_text():
    state = replay([*started(metrics=['eval/<script>"&'])])
    state.see(evaluated(1, 0.5))
    state.curves['eval/<script>"&'] = state.curves["eval/f1"]
    for plot in plots_of(state):
        assert "<script" not in draw(plot, state)
        ET.fromstring(draw(plot, state))


def test_a_legend_too_long_for_its_values_shows_the_names_alone():
    names = ["accuracy", "f1", "precision", "recall"]
    values: word.Values = {f"eval/{name}": 0.5 for name in names}
    state = replay([*started(), word.Evaluated(step=10, epoch=1, values=values)])
    drawn = draw(plots_of(state)[1], state)
    starts = [int(x) for x in re.findall(r'<text x="(\d+)" y="35">', drawn)]
    assert re.findall(r'y="35">([^<]*)</text>', drawn) == names
    assert max(starts) + 6.2 * len("recall") < WIDTH


def test_all_charts_of_a_long_run_are_small():
    values = {"train/loss", "train/learning_rate", "train/grad_norm", "train/examples_per_s", "memory/process_bytes"}
    chance = random.Random(1)
    long = [word.Measured(step=s, epoch=s / 100, values={v: chance.random() for v in values}) for s in range(1, 4001)]
    state = replay([*started(total_steps=4000), *long, *(evaluated(s, chance.random()) for s in range(10, 4001, 10))])
    size = sum(len(draw(plot, state)) for plot in plots_of(state))
    print(f"{size} bytes")
    assert size < 60_000


def test_epochs_and_marks_are_drawn_and_told():
    state = finished()
    state.see(ended(reason="Early stopping: it got no better.", step=300))
    loss = draw(plots_of(state)[0], state)
    root = ET.fromstring(loss)
    assert root.findtext(f"{SVG}desc") == (
        "Best eval/accuracy 0.9000 at step 200. Stopped early at step 300. Checkpoints at steps 200."
    )
    assert "stopped early" in loss
    assert 'fill-opacity=".07"' in loss


def test_bytes_are_written_as_such():
    state = training(word.Measured(step=1, epoch=0.1, values={"memory/process_bytes": 1.24e9}))
    memory = plots_of(state)[-1]
    assert "1.24 GB" in draw(memory, state)
    assert describe(memory, state) == "Memory over 1 steps: process from 1.24 GB to 1.24 GB"


def test_all_plots_of_a_run_share_their_axis_of_steps():
    state = training(*(measured(step, 0.5) for step in range(1, 351)), evaluated(100, 0.5), evaluated(300, 0.6))
    shown = [re.findall(r'text-anchor="middle">(\d+)<', draw(plot, state)) for plot in plots_of(state)[:2]]
    assert shown[0] == shown[1]
