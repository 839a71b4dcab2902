from __future__ import annotations

import math
import struct
import sys
import time
from typing import Any

import pytest

from nbft.errors import RunError
from nbft.panels import charts
from nbft.panels.charts import ChartsPanel, OtherRuns
from nbft.panels.live_chart import LiveChart
from nbft.panels.overlay import overlay
from nbft.record import events as word
from nbft.record.curve import MAX_POINTS
from nbft.record.state import RunState
from tests.panels.messages import messages
from tests.panels.record import ended, evaluated, measured, planned, training


class Page:
    """What the page has of each metric, by the messages it got: what points.js does, in a few lines of Python."""

    def __init__(self) -> None:
        self.tracks: dict[str, tuple[int, list[tuple[float, float]]]] = {}

    def take(self, parts, data) -> bool:
        """Returns whether nothing was missed."""
        pairs, whole = list(struct.iter_unpack("<dd", bytes(data))), True
        for name, revision, start, count in parts:
            new, pairs = pairs[:count], pairs[count:]
            known, points = self.tracks.get(name, (None, []))
            if known != revision:
                points = []
            whole &= start <= len(points)
            if start <= len(points):
                self.tracks[name] = (revision, points[:start] + new)
        return whole

    def hear(self, sent) -> bool:
        custom = [message for message in sent if message["method"] == "custom"]
        taken = [self.take(one["content"]["parts"], one["buffers"][0]) for one in custom]
        return all(taken)

    def points(self, name: str) -> list[tuple[float, float]]:
        return self.tracks[name][1]


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> ChartsPanel:
    monkeypatch.setattr(charts, "LIVE_EVERY_S", 0.0)
    return ChartsPanel([].append)


def test_the_page_gets_the_points_that_are_known_when_it_opens(panel):
    state = training(measured(1, 0.9), measured(2, 0.8), evaluated(2, 0.7))
    panel.show(state)
    page, snapshot = Page(), panel._chart.snapshot()
    page.take(snapshot["parts"], snapshot["data"])
    assert page.points("train/loss") == [(1, 0.9), (2, 0.8)]
    assert page.points("eval/accuracy") == [(2, 0.7)]


def test_afterwards_only_new_points_travel(panel):
    state, page = training(measured(1, 0.9)), Page()
    with messages() as sent:
        panel.show(state)
        state.see(measured(2, 0.8))
        panel.show(state)
    assert [m["content"]["parts"] for m in sent if m["method"] == "custom"] == [
        [["train/loss", 0, 0, 1], ["train/learning_rate", 0, 0, 1]],
        [["train/loss", 0, 1, 1], ["train/learning_rate", 0, 1, 1]],
    ]
    assert page.hear(sent)
    assert page.points("train/loss") == [(1, 0.9), (2, 0.8)]


def test_a_state_that_was_shown_sends_nothing(panel):
    state = training(measured(1, 0.9), evaluated(1, 0.5))
    panel.show(state)
    with messages() as sent:
        panel.show(state)
    assert sent == []


def test_at_most_four_updates_a_second_are_sent():
    panel, state = ChartsPanel([].append), training()
    with messages() as sent:
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            state.see(measured(state.step + 1, 0.5))
            panel.show(state)
    assert 1 <= len([m for m in sent if m["method"] == "custom"]) <= 3


def test_the_last_points_are_sent_at_the_end_however_short_ago_the_last_update_was():
    panel, state, page = ChartsPanel([].append), training(measured(1, 0.9)), Page()
    with messages() as sent:
        panel.show(state)
        state.see(measured(2, 0.8))
        state.see(ended())
        panel.show(state)
    page.hear(sent)
    assert page.points("train/loss")[-1] == (2, 0.8)


def test_a_long_run_stays_bounded_and_the_page_follows_every_thinning(panel):
    state, page = training(), Page()
    with messages() as sent:
        for step in range(1, 20_001):
            state.see(measured(step, 1 / step))
            if step % 50 == 0:
                panel.show(state)
        state.see(ended(step=20_000))
        panel.show(state)
    assert page.hear(sent)
    assert page.points("train/loss") == [(s, v) for s, v in state.curves["train/loss"]]
    assert len(page.points("train/loss")) <= MAX_POINTS + 1
    assert page.points("train/loss")[-1] == (20_000, 1 / 20_000)


def test_a_resumed_run_takes_back_the_points_after_its_checkpoint(panel):
    state, page = training(measured(1, 0.9), measured(2, 0.8), measured(3, 0.7)), Page()
    with messages() as sent:
        panel.show(state)
        state.see(planned(step=1))
        state.see(measured(2, 0.5))
        panel.show(state)
    page.hear(sent)
    assert page.points("train/loss") == [(1, 0.9), (2, 0.5)]


def test_a_page_that_lacks_points_gets_them_all(panel):
    state, page = training(measured(1, 0.9)), Page()
    panel.show(state)
    with messages() as sent:
        panel._chart._handle_custom_msg({"op": "hello", "have": {}}, [])
    page.hear(sent)
    assert page.points("train/loss") == [(1, 0.9)]
    have = {"train/loss": [0, 1], "train/learning_rate": [0, 1]}
    with messages() as sent:
        panel._chart._handle_custom_msg({"op": "hello", "have": have}, [])
    assert sent == []


def test_a_loss_that_is_no_number_is_a_gap(panel):
    panel.show(training(measured(1, None)))
    page, snapshot = Page(), panel._chart.snapshot()
    page.take(snapshot["parts"], snapshot["data"])
    assert math.isnan(page.points("train/loss")[0][1])


def test_only_what_is_drawn_travels(panel):
    other = word.Measured(step=1, epoch=0.1, values={"train/loss": 0.5, "train/of_a_callback": 1.0})
    panel.show(training(other))
    assert [part[0] for part in panel._chart.snapshot()["parts"]] == ["train/loss"]


def test_a_page_that_does_not_draw_gets_pictures_until_it_does(panel, monkeypatch):
    state = training(measured(1, 0.9), measured(2, 0.8))
    panel.show(state)
    assert isinstance(panel.widget.children[0], LiveChart)
    monkeypatch.setattr(charts, "HELLO_WITHIN_S", 0.0)
    panel.show(state)
    assert "<svg" in panel.widget.children[0].value

    panel._chart._handle_custom_msg({"op": "hello", "have": {}}, [])
    panel.show(state)
    assert isinstance(panel.widget.children[0], LiveChart)


def test_silence_tells_nothing_where_messages_do_not_arrive(panel, monkeypatch):
    monkeypatch.setattr(charts, "HELLO_WITHIN_S", 0.0)
    panel.can_hear = False
    panel.show(training(measured(1, 0.9)))
    panel.show(training(measured(1, 0.9)))
    assert isinstance(panel.widget.children[0], LiveChart)


def test_without_anywidget_there_are_pictures(monkeypatch):
    monkeypatch.delitem(sys.modules, "nbft.panels.live_chart")
    monkeypatch.setitem(sys.modules, "anywidget", None)
    panel = ChartsPanel([].append)
    panel.show(training(measured(1, 0.9)))
    assert "<svg" in panel.widget.children[0].value


def test_an_update_is_small_whatever_the_length_of_the_run(panel):
    state = training(*(measured(step, 1 / step) for step in range(1, 3001)))
    panel.show(state)
    for step in range(3001, 3006):
        state.see(measured(step, 1 / step))
    with messages() as sent:
        panel.show(state)
    (update,) = sent
    assert sum(len(buffer) for buffer in update["buffers"]) == 2 * 5 * 16


def old(name: str) -> RunState:
    """A run that is over, by its name."""
    if name != "old-001":
        raise RunError(f"there is no run {name}")
    return training(measured(1, 0.5), measured(2, 0.4), ended())


def test_a_finished_run_is_laid_behind_the_curves_and_taken_away_again(monkeypatch):
    monkeypatch.setattr(charts, "LIVE_EVERY_S", 0.0)
    panel, page = ChartsPanel([].append, OtherRuns(lambda: ["old-001"], old)), Page()
    chart: Any = panel._chart
    with messages() as sent:
        panel.show(training(measured(1, 0.9)))
        chart._handle_custom_msg({"op": "compare", "run": "old-001"}, [])
    assert chart.others == ["old-001"]
    assert chart.ghost == "old-001"
    assert page.hear(sent)
    assert page.points("old-001: train/loss") == [(1, 0.5), (2, 0.4)]
    assert [line["ghost"] for line in chart.plots[0]["lines"]] == [True, False, False]

    chart._handle_custom_msg({"op": "compare", "run": ""}, [])
    assert chart.ghost == ""
    assert [line["label"] for line in chart.plots[0]["lines"]] == ["train", "validation"]
    assert "old-001: train/loss" not in [part[0] for part in chart.snapshot()["parts"]]


def test_a_run_that_went_away_is_not_compared_with():
    panel = ChartsPanel([].append, OtherRuns(lambda: ["gone-001"], old))
    chart: Any = panel._chart
    panel.show(training(measured(1, 0.9)))
    chart._handle_custom_msg({"op": "compare", "run": "gone-001"}, [])
    assert chart.ghost == ""


def test_several_runs_are_one_live_chart():
    both = overlay({"a-001": training(measured(1, 0.9)), "b-001": training(measured(1, 0.8))})
    chart = charts.live_overlay(both)
    assert chart is not None
    page, snapshot = Page(), chart.snapshot()
    page.take(snapshot["parts"], snapshot["data"])
    assert page.points("b-001: train/loss") == [(1, 0.8)]


def test_an_update_of_a_long_run_takes_the_kernel_less_than_a_millisecond(panel):
    names = ["train/loss", "train/learning_rate", "train/grad_norm", "train/examples_per_s", "train/tokens_per_s"]
    values: word.Values = dict.fromkeys([*names, "memory/process_bytes", "memory/device_bytes"], 0.5)
    state, took = training(), []
    for step in range(1, 100_001):
        state.see(word.Measured(step=step, epoch=step / 100, values=values))
        if step % 200 == 0:
            state.see(evaluated(step, 0.5))
            start = time.thread_time()
            panel.show(state)
            took.append(time.thread_time() - start)
    middle = sorted(took)[len(took) // 2]
    print(f"{len(took)} updates over 100,000 steps: median {1e3 * middle:.2f} ms, longest {1e3 * max(took):.1f} ms")
    assert middle < 0.001
    assert all(len(curve) <= MAX_POINTS for curve in state.curves.values())
