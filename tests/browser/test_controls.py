"""The control panel in a real page while a run trains: changes, questions, the keyboard, and two pages of one run."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nbft.record.events import SetEpochs, SetLearningRate
from tests.browser.dashboard import Dashboard
from tests.browser.test_training_cell import CUT_OFF, type_in
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dashboard(train) -> Dashboard:
    """The dashboard of a run that goes on for longer than these tests."""
    return train("controls")


def test_learning_rate_and_epochs_are_changed_and_answered(dashboard):
    panel = dashboard.root.locator(".nbft-controls")
    command, taken = dashboard.answer_to(lambda: type_in(panel.get_by_label("Learning rate ×"), "0.5"))
    assert isinstance(command, SetLearningRate)
    assert taken.obeyed
    assert dashboard.run.state.factor == 0.5
    command, taken = dashboard.answer_to(lambda: type_in(panel.get_by_label("Epochs"), "9000"))
    assert isinstance(command, SetEpochs)
    assert dashboard.run.state.total_steps == 9000 * 20


def test_what_cannot_be_done_rests_and_says_why(dashboard):
    expect(dashboard.button("Write samples")).to_be_disabled()
    expect(dashboard.root).to_contain_text("Write samples: this run writes no text")


@pytest.mark.parametrize("name", ["Stop and keep the best", "Stop now"])
def test_by_keyboard_a_question_is_reached_and_taken_back(dashboard, name):
    dashboard.button(name).press("Enter")
    expect(dashboard.root.get_by_role("alert")).to_be_visible()
    expect(dashboard.button("No, go on")).to_be_focused()
    dashboard.notebook.page.keyboard.press("Enter")
    expect(dashboard.button("No, go on")).to_be_hidden()
    step = dashboard.step()
    wait_for(lambda: dashboard.step() > step, "the run stands still", 10)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (800, True)])
def test_the_controls_are_not_cut_off(dashboard, width, dark):
    dashboard.button("Stop now").click()
    expect(dashboard.button("No, go on")).to_be_visible()
    dashboard.root.locator(".nbft-controls").scroll_into_view_if_needed()
    dashboard.notebook.look(f"controls-{width}-{'dark' if dark else 'light'}", width=width, dark=dark)
    cut = dashboard.root.locator(".nbft-controls").evaluate(CUT_OFF)
    dashboard.button("No, go on").click()
    expect(dashboard.button("No, go on")).to_be_hidden()
    assert cut == []


def test_stop_now_ends_the_run_after_a_yes(dashboard):
    dashboard.button("Stop now").click()
    dashboard.button("Yes, stop").click()
    wait_for(lambda: dashboard.run.is_over, "the run does not stop", 30)
    assert dashboard.run.status == "stopped"
    assert (dashboard.run.folder.model / "config.json").is_file()
