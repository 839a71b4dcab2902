"""The control panel in a real page while a run trains: changes, questions, the keyboard, two pages, a run behind it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nbft.record.events import SetEarlyStopping, SetEpochs, SetLearningRate
from tests.browser.dashboard import Dashboard
from tests.browser.lab import Notebook, keep
from tests.browser.test_stopping_script import drag
from tests.browser.test_training_cell import CUT_OFF, type_in
from tests.notebook.recorded import record
from tests.notebook.training_cell import wait_for
from tests.panels.record import ended, evaluated, measured, started

pytestmark = pytest.mark.browser
EARLIER = "earlier-001"
WALK = (
    ("button", "Pause"),
    ("button", "Evaluate now"),
    ("button", "Save now"),
    ("spinbutton", "Learning rate ×"),
    ("spinbutton", "Epochs"),
    ("button", "Stop and keep the best"),
    ("button", "Stop now"),
    ("button", "Continue in background"),
    ("combobox", "Compare with"),
    ("slider", "Smoothing"),
    ("button", "Log scale"),
    ("button", "More charts"),
)
"""What Tab reaches first, in this order; the charts with their keys and early stopping follow."""
STOPPING = (
    ("checkbox", "Stop early"),
    ("combobox", "Monitor"),
    ("spinbutton", "Patience"),
    ("spinbutton", "Min delta"),
    ("slider", "Patience slider"),
    ("slider", "Min delta slider"),
)
ARIA = re.compile(r"""- '?(\w+)(?: \\?"(.*?)\\?"|: "?(.*?)"?$)?""")
"""Role and name in a line of Chromium's accessibility tree."""
POINTS = "charts => charts.map(chart => chart.dataset.points)"
FOCUSED = """() => {
  const part = document.activeElement, style = getComputedStyle(part);
  const ringed = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  return { inside: Boolean(part.closest(".nbft-dashboard")), ringed, number: part.dataset.walk && +part.dataset.walk };
}"""
MARKED = """root => {
  const parts = [...root.querySelectorAll("button, input, select, summary, [tabindex='0']")];
  const reachable = parts.filter((part) => part.checkVisibility() && !part.disabled);
  reachable.forEach((part, i) => (part.dataset.walk = i));
  return reachable.length;
}"""
"""Numbers all that can be acted on."""


@pytest.fixture(scope="module")
def dashboard(lab, train) -> Dashboard:
    """The dashboard of a run that goes on for longer than these tests, beside one that is over."""
    losses = [measured(step, math.exp(-step / 100) + 0.05) for step in range(1, 301)]
    scores = [evaluated(step, 1 - 0.5 * math.exp(-step / 80)) for step in range(20, 301, 20)]
    record(Path(os.environ["NBFT_RUNS"]), *started(), *losses, *scores, ended(), name="earlier")
    return train("controls", every=40)


@pytest.fixture(scope="module")
def others(dashboard, lab, browser: Browser, open_notebook) -> Iterator[list[Dashboard]]:
    """The same run in two more pages: its own notebook in another browser, and another notebook that attached to it."""
    dashboard.notebook.save()
    again = Notebook(lab, browser, dashboard.notebook.path)
    attached = open_notebook(lab.write("attached.ipynb", "%load_ext nbft", "%ft_attach controls"))
    for cell in range(2):
        attached.run(cell)
    pages = [Dashboard(again, 1, dashboard.run), Dashboard(attached, 1, dashboard.run)]
    for page in pages:
        page.button("Save now").wait_for()
    yield pages
    again.leave()


def test_learning_rate_and_epochs_are_changed_and_answered(dashboard):
    panel = dashboard.root.locator(".nbft-controls")
    command, taken = dashboard.answer_to(lambda: type_in(panel.get_by_label("Learning rate ×"), "0.5"))
    assert isinstance(command, SetLearningRate)
    assert taken.obeyed
    assert dashboard.run.state.factor == 0.5
    command, taken = dashboard.answer_to(lambda: type_in(panel.get_by_label("Epochs"), "9000"))
    assert isinstance(command, SetEpochs)
    assert dashboard.run.state.total_steps == 9000 * 20


def test_a_change_in_one_page_is_seen_in_every_other_page_of_the_run(dashboard, others):
    pages = [dashboard, *others]
    for number, acting in enumerate(pages):
        acting.answer_to(acting.button("Pause").click)
        for page in pages:
            expect(page.root.locator(".nbft-status")).to_have_text("Paused")
            expect(page.button("Resume")).to_be_visible()
        factor, patience = f"0.{number + 2}", str(number + 4)
        inputs = [("Learning rate ×", factor), ("Patience", patience)]
        acting.answer_to(acting.button("Resume").click)
        for label, value in inputs:
            acting.answer_to(lambda label=label, value=value: type_in(field(acting, label), value))  # noqa: B023
        for page in pages:
            expect(page.button("Pause")).to_be_visible()
            for label, value in inputs:
                expect(field(page, label)).to_have_value(value)
            expect(page.root.get_by_label("Patience slider")).to_have_value(patience)


def test_all_pages_of_a_run_tell_the_same_steps_and_answers(dashboard, others):
    pages = [dashboard, *others]
    dashboard.answer_to(dashboard.button("Pause").click)
    for page in pages:
        expect(page.root.locator(".nbft-status")).to_have_text("Paused")
    wait_for(lambda: len({page.step() for page in pages}) == 1, "they are not at one step", 10)
    (answers,) = {page.root.locator(".nbft-answers").inner_text() for page in pages}
    assert "Pause" in answers
    drawn = [page.root.locator("[data-points]") for page in pages]
    wait_for(lambda: len({tuple(charts.evaluate_all(POINTS)) for charts in drawn}) == 1, "their curves differ", 10)
    others[0].notebook.look("two-pages-first")
    others[1].notebook.look("two-pages-second-dark", dark=True)
    dashboard.answer_to(dashboard.button("Resume").click)


def field(page: Dashboard, label: str):
    return page.root.get_by_label(label, exact=True)


def test_what_cannot_be_done_rests_and_says_why(dashboard):
    expect(dashboard.button("Write samples")).to_be_disabled()
    expect(dashboard.root).to_contain_text("Write samples: this run writes no text")


@pytest.mark.parametrize("name", ["Stop and keep the best", "Stop now"])
@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_by_keyboard_a_question_is_reached_and_taken_back(dashboard, name, key):
    dashboard.button(name).press("Space")
    expect(dashboard.root.get_by_role("alert").filter(has_text="Stop")).to_be_visible()
    expect(dashboard.button("No, go on")).to_be_focused()
    dashboard.notebook.page.keyboard.press(key)
    expect(dashboard.button("No, go on")).to_be_hidden()
    step = dashboard.step()
    wait_for(lambda: dashboard.step() > step, "the run stands still", 10)


def test_tab_goes_from_the_cell_through_every_control_and_each_shows_that_it_has_the_focus(dashboard):
    wait_for(lambda: len(dashboard.run.state.evaluations) > 1, "no evaluation", 60)
    page = dashboard.notebook.page
    count = dashboard.root.evaluate(MARKED)
    notebook = "window.jupyterapp.shell.currentWidget.content"
    page.evaluate(
        f"() => {{ {notebook}.activeCellIndex = 1; {notebook}.mode = 'command'; {notebook}.activeCell.node.focus() }}"
    )
    walked = []
    for _ in range(count + 30):
        if not step_on(page, walked) and walked:
            break
    names = [name for name, _ in walked]
    assert tuple(names[: len(WALK)]) == WALK
    assert [name for name in names if name in STOPPING] == list(STOPPING)
    assert [name for name in names if not name[1]] == [], "without a name"
    assert [name for name, focused in walked if not focused["ringed"]] == [], "without a ring"
    numbers = [
        focused["number"] for _, focused in walked if focused["number"] is not None
    ]  # Chromium adds what scrolls
    assert numbers == list(range(count)), "each is reached once, in the order of the page"


def step_on(page: Page, walked: list[tuple[tuple[str, str], dict[str, Any]]]) -> bool:
    """Presses Tab and notes role, name and look of what has the focus, as a screen reader is told."""
    page.keyboard.press("Tab")
    focused = page.evaluate(FOCUSED)
    if focused["inside"]:
        said = page.locator(".nbft-dashboard :focus").aria_snapshot().splitlines()[0]
        role, name, words = ARIA.findall(said)[0]
        walked.append(((role, name or words), focused))
    return focused["inside"]


def test_every_control_works_by_keyboard(dashboard):
    page, rule = dashboard.notebook.page, dashboard.root.locator(".nbft-early-stopping")
    for name in ("Pause", "Resume", "Evaluate now", "Save now"):
        dashboard.button(name).focus()
        dashboard.answer_to(lambda: page.keyboard.press("Space"))
    dashboard.answer_to(lambda: type_in(field(dashboard, "Patience"), "900"))  # it trains nothing, and is not to stop
    rule.get_by_label("Stop early").focus()
    dashboard.answer_to(lambda: page.keyboard.press("Space"))
    assert dashboard.run.state.early_stopping.enabled
    rule.get_by_label("Monitor").focus()
    command, _ = dashboard.answer_to(lambda: page.keyboard.press("ArrowDown"))
    assert command == replace(SetEarlyStopping(monitor="eval/f1"), id=command.id, time=command.time)
    for label in ("Learning rate ×", "Epochs", "Min delta"):
        field(dashboard, label).focus()
        dashboard.answer_to(lambda: page.keyboard.press("ArrowUp"))
    assert dashboard.run.state.total_steps % 20 == 0, "a whole number of epochs"
    patience = dashboard.run.state.early_stopping.patience
    rule.get_by_label("Patience slider").focus()
    dashboard.answer_to(lambda: page.keyboard.press("ArrowRight"))
    assert dashboard.run.state.early_stopping.patience == patience + 1
    rule.get_by_label("Stop early").focus()
    dashboard.answer_to(lambda: page.keyboard.press("Space"))
    for name in ("Log scale", "More charts"):
        pressed = dashboard.button(name).get_attribute("aria-pressed")
        for key in ("Space", "Enter"):
            dashboard.button(name).press(key)
        expect(dashboard.button(name)).to_have_attribute("aria-pressed", str(pressed))
    active = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex")
    assert active == 1, "the notebook took a key that was meant for a control"


def test_patience_is_dragged_while_the_cell_runs_and_takes_effect_when_it_is_let_go(dashboard):
    slider, said = dashboard.root.get_by_label("Patience slider"), dashboard.root.locator(".nbft-stopping-said")
    dashboard.answer_to(lambda: type_in(field(dashboard, "Patience"), "7"))
    expect(slider).to_have_value("7")
    asked = len(dashboard.commands())
    page = dashboard.notebook.page
    slider.scroll_into_view_if_needed()
    drag(page, slider, 0.6, 0.2, release=False)
    page.wait_for_timeout(100)
    tried = slider.input_value()
    expect(said).to_contain_text(f"A patience of {tried} ")
    assert len(dashboard.commands()) == asked
    keep(page, "early-stopping-dragged")
    command, _ = dashboard.answer_to(page.mouse.up)
    assert command.patience == int(tried)
    expect(field(dashboard, "Patience")).to_have_value(tried)
    dashboard.notebook.look("early-stopping-dark-800", width=800, dark=True)


def test_a_run_that_is_over_is_laid_behind_the_curves_of_this_one(dashboard):
    charts = dashboard.root.locator(".nbft-plots")
    before = dashboard.points()
    charts.get_by_label("Compare with").select_option(EARLIER)
    expect(charts.get_by_role("button", name=f"{EARLIER} train")).to_be_visible()
    expect(charts.get_by_role("button", name=f"{EARLIER} accuracy")).to_contain_text("0.98")
    wait_for(lambda: dashboard.points() > before + 300, "its curves are not there", 10)
    charts.scroll_into_view_if_needed()
    dashboard.notebook.look("ghost")
    charts.scroll_into_view_if_needed()
    dashboard.notebook.look("ghost-dark-800", width=800, dark=True)
    charts.get_by_label("Compare with").select_option("")
    expect(charts.get_by_role("button", name=f"{EARLIER} train")).to_have_count(0)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (800, True)])
def test_the_controls_are_not_cut_off(dashboard, width, dark):
    dashboard.button("Stop now").click()
    expect(dashboard.button("No, go on")).to_be_visible()
    dashboard.root.locator(".nbft-controls").scroll_into_view_if_needed()
    dashboard.notebook.look(f"controls-{width}-{'dark' if dark else 'light'}", width=width, dark=dark)
    cut = dashboard.root.locator(".nbft-controls").evaluate(CUT_OFF)
    dashboard.button("Stop now").focus()
    dashboard.notebook.page.keyboard.press("Escape")
    expect(dashboard.button("No, go on")).to_be_hidden()
    assert cut == []


def test_stop_now_ends_the_run_after_a_yes(dashboard):
    dashboard.button("Stop now").click()
    dashboard.button("Yes, stop").click()
    wait_for(lambda: dashboard.run.is_over, "the run does not stop", 30)
    assert dashboard.run.status == "stopped"
    assert (dashboard.run.folder.model / "config.json").is_file()
