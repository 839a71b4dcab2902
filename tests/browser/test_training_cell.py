"""A cell that trains, in a real page: what it shows, and every button while the cell is still running."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from nbft.record.events import CheckpointSaved, Evaluated, SetEarlyStopping
from tests.browser.dashboard import Dashboard
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
WITHIN_S = 1.0
"""A step of the tiny model takes some 20 milliseconds; the rest is a busy machine."""
CUT_OFF = """root => [root, ...root.querySelectorAll(':not(.nbft-unseen, .nbft-ticks, svg *)')]
    .filter(part => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).display !== 'inline')
    .map(part => `${part.className}: ${part.textContent.slice(0, 40)}`)"""
"""Everything in the dashboard that is wider than its place; the last tick may stand half beyond the axis's end."""


@pytest.fixture(scope="module")
def dashboard(train) -> Dashboard:
    """The dashboard of a run that goes on for longer than these tests; each of them leaves it training."""
    return train("training")


def test_the_bar_and_the_charts_move_while_the_cell_runs(dashboard):
    step, share, points = dashboard.step(), dashboard.share(), dashboard.points()
    wait_for(lambda: dashboard.step() > step, "the step stands still", 10)
    wait_for(lambda: dashboard.share() > share, "the bar stands still", 10)
    wait_for(lambda: dashboard.points() > points, "the charts stand still", 10)
    assert dashboard.notebook.kernel_status() == "busy"


def test_pause_holds_the_run_and_resume_lets_it_go_on(dashboard):
    command, taken = dashboard.answer_to(dashboard.button("Pause").click)
    assert taken.time - command.time < WITHIN_S
    expect(dashboard.root.locator(".nbft-status")).to_have_text("Paused")
    time.sleep(1)
    assert dashboard.run.state.step == taken.step
    dashboard.notebook.look("paused")

    dashboard.answer_to(dashboard.button("Resume").click)
    expect(dashboard.button("Pause")).to_be_visible()
    wait_for(lambda: dashboard.run.state.step > taken.step, "the run stands still", 10)


def test_evaluate_now_evaluates_after_the_step(dashboard):
    command, taken = dashboard.answer_to(dashboard.button("Evaluate now").click)
    assert taken.time - command.time < WITHIN_S
    wait_for(lambda: taken.step in [one.step for one in dashboard.events(Evaluated)], "no evaluation", 10)


def test_save_now_saves_after_the_step(dashboard):
    command, taken = dashboard.answer_to(dashboard.button("Save now").click)
    assert taken.time - command.time < WITHIN_S
    wait_for(lambda: taken.step in [one.step for one in dashboard.events(CheckpointSaved)], "no checkpoint", 10)


def test_early_stopping_is_switched_on_changed_and_switched_off_while_it_trains(dashboard):
    panel = dashboard.root.locator(".nbft-early-stopping")
    wait_for(lambda: dashboard.run.state.evaluations, "no evaluation", 30)
    expect(panel).to_contain_text("Off: the run goes to its last epoch")

    def change(act, **wanted: object) -> None:
        command, _ = dashboard.answer_to(act)
        assert isinstance(command, SetEarlyStopping)
        rule = dashboard.run.state.early_stopping
        assert {name: getattr(rule, name) for name in wanted} == wanted

    patience, delta = (panel.get_by_role("spinbutton", name=name) for name in ("Patience", "Min delta"))
    change(lambda: type_in(patience, "900"), patience=900)
    change(panel.get_by_label("Stop early").check, enabled=True)
    expect(panel).to_contain_text("of 900 evaluations left")
    change(lambda: type_in(delta, "0.01"), min_delta=0.01)
    expect(panel).to_contain_text("of more than 0.01")
    change(lambda: panel.get_by_label("Monitor").select_option("eval/loss"), monitor="eval/loss")
    expect(panel).to_contain_text("best eval/loss")
    dashboard.notebook.look("early-stopping")
    change(panel.get_by_label("Stop early").uncheck, enabled=False)
    expect(panel).to_contain_text("Off: the run goes to its last epoch")


def type_in(field, value: str) -> None:
    """Types as a user does, and leaves the field."""
    field.fill(value)
    field.press("Tab")


@pytest.mark.parametrize("width", [800, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_whatever_the_width(dashboard, width, dark):
    dashboard.notebook.look(f"training-{width}-{'dark' if dark else 'light'}", width=width, dark=dark)
    assert dashboard.root.evaluate(CUT_OFF) == []


def test_continue_in_background_lets_the_cell_go_and_the_buttons_go_on_working(dashboard):
    notebook = dashboard.notebook
    assert "next" not in notebook.text(2)
    dashboard.button("Continue in background").click()
    notebook.wait_until_run(2)
    assert "next" in notebook.text(2)
    expect(dashboard.button("Continue in background")).to_be_hidden()

    step = dashboard.step()
    wait_for(lambda: dashboard.step() > step, "the dashboard stands still", 10)
    dashboard.answer_to(dashboard.button("Evaluate now").click)
    dashboard.notebook.look("background")


def test_a_click_in_background_acts_while_another_cell_runs(dashboard):
    notebook = dashboard.notebook
    notebook.change(2, "import time; time.sleep(8); print('slept')")
    notebook.run(2)
    notebook.wait_for_kernel("busy")
    dashboard.answer_to(dashboard.button("Save now").click)
    assert "slept" not in notebook.text(2)
    wait_for(lambda: "slept" in notebook.text(2), "the cell does not end", 20)
