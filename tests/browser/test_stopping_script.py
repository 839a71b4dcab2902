"""The sliders of early stopping in a real page, without JupyterLab: what they show while dragged, and what they ask for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from nbft.panels.live_stopping import LiveStopping, view_of
from nbft.record.state import EarlyStopping, RunState
from tests.panels.record import ended, evaluated, rule, training
from tests.panels.test_stopping_picture import EVENTS

pytestmark = pytest.mark.browser
OPEN = """
async ([script, traits]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const widget = (await import(url)).default;
  const hear = {};
  window.sent = [];
  window.model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; hear[`change:${name}`]?.forEach((f) => f()); },
    on: (name, f) => (hear[name] ||= []).push(f),
    off: (name, f) => (hear[name] = hear[name].filter((g) => g !== f)),
    send: (message) => window.sent.push(message),
  };
  widget.render({ model, el: document.getElementById("here") });
}
"""
JUDGED = """([script, histories]) => {
  const judged = new Function(`${script.replace(/^export default[^]*$/m, "")}; return judged`)();
  return histories.map(([points, rule, patience]) => judged(points, rule, patience).stop);
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with the sliders of a run of eight evaluations."""
    page = browser.new_page(viewport={"width": 640, "height": 400})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content('<body><div class="nbft-dashboard"><div id="here"></div></div></body>')
    page.evaluate(OPEN, [LiveStopping(print)._esm, {"view": view(rule(patience=5)), "answers": 0}])
    yield page
    assert errors == []
    page.close()


def view(*events: Any) -> dict[str, Any]:
    return view_of(training(*events, *EVENTS))


def patience(page: Page) -> Locator:
    return page.get_by_label("Patience slider")


def said(page: Page) -> Locator:
    return page.locator(".nbft-stopping-said")


def sent(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("window.sent")


def drag(page: Page, slider: Locator, *shares: float, release: bool = True) -> None:
    """Takes the slider at its thumb and moves it to shares of its width."""
    box = slider.bounding_box()
    assert box is not None
    low, high, now = (float(slider.evaluate(f"one => one.{name}")) for name in ("min", "max", "value"))
    half = 8  # of the thumb
    across, middle = box["width"] - 2 * half, box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + half + across * (now - low) / (high - low), middle)
    page.mouse.down()
    for share in shares:
        page.mouse.move(box["x"] + half + across * share, middle)
    if release:
        page.mouse.up()


def test_while_it_is_dragged_picture_and_sentence_follow_and_nothing_is_sent(page):
    before = page.locator("svg").inner_html()
    drag(page, patience(page), 1 / 11, release=False)
    expect(said(page)).to_have_text(
        "A patience of 2 and a min delta of 0.001 would have stopped at step 400. Set now, it stops after this step."
    )
    expect(page.locator(".nbft-stop-here")).to_have_count(1)
    expect(page.locator(".nbft-stop-after")).to_have_count(4)
    assert page.locator("svg").get_attribute("aria-label").endswith("would have stopped at step 400")
    drag(page, patience(page), 7 / 11, release=False)
    expect(said(page)).to_have_text(
        "A patience of 8 and a min delta of 0.001 would not have stopped it so far. "
        "Set now, it stops after 5 more evaluations without a gain."
    )
    expect(page.locator(".nbft-stop-left")).to_have_count(5)
    assert page.locator("svg").inner_html() != before
    assert sent(page) == []


def test_let_go_it_asks_for_the_new_value_and_holds_it_until_the_answer(page):
    drag(page, patience(page), 7 / 11)
    page.wait_for_function("window.sent.length === 1")
    assert sent(page) == [{"op": "set", "field": "patience", "value": 8}]
    page.evaluate("view => model.set('view', view)", view(rule(patience=5), evaluated(850, 0.1)))
    expect(patience(page)).to_have_value("8")
    page.evaluate("model.set('answers', 1)")
    expect(patience(page)).to_have_value("5")


def test_min_delta_is_dragged_likewise(page):
    slider = page.get_by_label("Min delta slider")
    drag(page, slider, 0.6)
    # a gain of 0.05, from 0.8 to 0.85, is none any more
    expect(said(page)).to_contain_text("would have stopped at step 700. Set now, it stops after this step.")
    page.get_by_role("button", name="Yes, stop").click()
    asked = sent(page)[0]
    assert asked["field"] == "min_delta"
    assert asked["value"] == pytest.approx(0.06, abs=0.004)


def test_arrow_keys_change_it_and_one_command_follows_when_they_rest(page):
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        patience(page).press(key)
    expect(said(page)).to_contain_text("A patience of 8")
    assert sent(page) == []
    page.wait_for_function("window.sent.length === 1")
    assert sent(page) == [{"op": "set", "field": "patience", "value": 8}]
    expect(patience(page)).to_be_focused()
    expect(patience(page)).to_have_attribute("aria-valuetext", "8 evaluations")


def test_what_would_end_the_run_at_once_asks_first(page):
    patience(page).press("Home")
    expect(page.get_by_role("alert")).to_contain_text("So the run stops after this step.")
    expect(page.get_by_role("button", name="No, go on")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(patience(page)).to_be_focused()
    expect(patience(page)).to_have_value("5")
    assert sent(page) == []
    patience(page).press("Home")
    page.get_by_role("button", name="Yes, stop").click()
    assert sent(page) == [{"op": "set", "field": "patience", "value": 1}]


def test_escape_leaves_a_value_that_was_only_tried(page):
    patience(page).press("ArrowRight")
    page.keyboard.press("Escape")
    page.wait_for_timeout(800)
    expect(patience(page)).to_have_value("5")
    expect(said(page)).to_contain_text("A patience of 1 would have stopped")
    assert sent(page) == []


def test_it_rests_when_the_run_is_over_and_shows_no_picture_of_one_evaluation(page):
    page.evaluate("view => model.set('view', view)", view_of(training(*EVENTS, ended())))
    expect(patience(page)).to_be_disabled()
    page.evaluate("view => model.set('view', view)", view_of(training(EVENTS[0])))
    expect(page.locator("svg")).to_have_count(0)
    page.evaluate("view => model.set('view', view)", view_of(RunState()))
    expect(patience(page)).to_be_disabled()


def test_the_page_judges_as_the_run_does(page):
    chance = random.Random(3)
    histories, stops = [], []
    for _ in range(300):
        monitor = chance.choice(["eval/loss", "eval/f1"])
        points = [(10 * i, chance.choice([None, round(chance.random(), 1)])) for i in range(chance.randrange(20))]
        tried = EarlyStopping(True, monitor, chance.randrange(1, 6), chance.choice([0.0, 0.2]))
        lower = monitor == "eval/loss"
        histories.append([points, {"min_delta": tried.min_delta, "lower": lower}, tried.patience])
        stops.append(tried.would_stop_at(points))
    assert len(set(stops)) > 10
    assert page.evaluate(JUDGED, [LiveStopping(print)._esm, histories]) == stops
