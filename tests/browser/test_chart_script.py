"""The live chart's script in a real page, without JupyterLab: what it draws, and what it asks for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nbft.panels.live_chart import LiveChart
from nbft.panels.points import smoothed
from nbft.record.curve import MAX_POINTS

pytestmark = pytest.mark.browser

OPEN = """
async ([script, style, plots]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const widget = (await import(url)).default();
  const traits = { plots, marks: [], total_steps: 100, points: { parts: [] } };
  const hear = {};
  window.sent = [];
  window.model = {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; hear[`change:${name}`]?.forEach((f) => f()); },
    on: (name, f) => (hear[name] ||= []).push(f),
    off: (name, f) => (hear[name] = hear[name].filter((g) => g !== f)),
    send: (message) => window.sent.push(message),
  };
  window.say = (parts, pairs) => {
    const data = new DataView(new Float64Array(pairs).buffer);
    hear["msg:custom"].forEach((f) => f({ op: "points", parts }, [data]));
  };
  widget.initialize({ model });
  window.leave = widget.render({ model, el: document.getElementById("here") });
}
"""
PLOTS = [
    {"title": "Loss", "lines": [{"metric": "train/loss", "label": "train", "colour": 0, "dash": [], "noisy": True}]},
    {"title": "F1", "lines": [{"metric": "eval/f1", "label": "f1", "colour": 2, "dash": [7, 4], "noisy": False}]},
]
Say = Callable[..., None]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with the chart of a run of 100 steps that has no points yet."""
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content('<body style="color: rgb(20, 20, 20)"><div id="here" class="nbft-chart"></div></body>')
    chart = LiveChart()
    page.evaluate(OPEN, [chart._esm, chart._css, PLOTS])
    yield page
    assert errors == []
    page.close()


def say(page: Page, *values: float, start: int = 0, metric: str = "train/loss", revision: int = 0) -> None:
    """Sends points of steps from start + 1."""
    pairs = [number for i, value in enumerate(values) for number in (start + i + 1, value)]
    page.evaluate("([parts, pairs]) => say(parts, pairs)", [[[metric, revision, start, len(values)]], pairs])


def asked(page: Page, kind: str) -> list[dict[str, Any]]:
    return page.evaluate("kind => window.sent.filter((message) => message.op === kind)", kind)


def points(page: Page, count: int) -> None:
    expect(page.locator("#here")).to_have_attribute("data-points", str(count))


def test_it_says_hello_and_draws_one_canvas_a_plot(page):
    assert asked(page, "hello")[-1]["have"] == {}
    assert page.locator("canvas").count() == 2
    expect(page.locator(".nbft-plot").first).to_contain_text("Loss")


def test_points_are_counted_and_the_newest_value_is_written(page):
    say(page, 0.9, 0.8)
    say(page, 0.7, start=2)
    points(page, 3)
    expect(page.locator(".nbft-key b").first).to_have_text("0.7000")


def test_a_message_that_comes_twice_is_taken_once(page):
    say(page, 0.9, 0.8)
    say(page, 0.9, 0.8)
    points(page, 2)
    assert asked(page, "resync") == []


def test_a_message_that_was_missed_is_asked_for(page):
    say(page, 0.9, 0.8)
    say(page, 0.5, start=7)
    assert asked(page, "resync")[0]["have"] == {"train/loss": [0, 2]}
    say(page, *([0.5] * 8))
    points(page, 8)


def test_a_curve_that_was_cut_begins_anew(page):
    say(page, 0.9, 0.8, 0.7)
    say(page, 0.9, revision=1)
    points(page, 1)


def test_another_view_of_a_page_that_was_left_is_not_drawn(page):
    page.evaluate("leave()")
    say(page, 0.9)
    page.wait_for_timeout(100)
    assert page.locator("canvas").count() == 0


@pytest.mark.parametrize("width", [400, 700, 1600])
def test_it_is_as_wide_as_its_cell(page, width):
    page.set_viewport_size({"width": width, "height": 600})
    expect(page.locator(".nbft-plots")).to_be_visible()
    page.wait_for_timeout(200)
    inside, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert inside <= room
    drawn, box = (page.locator(one).first.bounding_box()["width"] for one in (".uplot", ".nbft-canvas"))
    assert drawn == pytest.approx(box, abs=1)


def test_colours_follow_the_page_from_light_to_dark(page):
    say(page, 0.9, 0.8)
    stroke = page.locator(".nbft-key path").first
    expect(stroke).to_have_attribute("stroke", "#0072B2")
    page.evaluate("document.body.style.color = 'rgb(230, 230, 230)'; document.body.className = 'dark'")
    expect(stroke).to_have_attribute("stroke", "#56B4E9")


def test_dragging_zooms_all_plots_and_the_button_shows_all_again(page):
    say(page, *(1 / step for step in range(1, 101)))
    button = page.get_by_role("button", name="Show all")
    expect(button).to_be_hidden()
    box = page.locator(".u-over").first.bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(button).to_be_visible()
    button.click()
    expect(button).to_be_hidden()


def test_the_cursor_tells_step_and_value(page):
    say(page, *(step / 100 for step in range(1, 101)))
    box = page.locator(".u-over").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    expect(page.locator(".nbft-at").first).to_have_text("step 50")
    expect(page.locator(".nbft-key b").first).to_have_text("0.5000")


def test_a_full_curve_is_drawn_in_a_moment(page):
    values = [math.sin(step / 50) for step in range(MAX_POINTS)]
    took = page.evaluate(
        """([parts, pairs]) => new Promise((done) => {
          const start = performance.now();
          say(parts, pairs);
          requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
        })""",
        [[["train/loss", 0, 0, MAX_POINTS]], [n for i, v in enumerate(values) for n in (i + 1, v)]],
    )
    print(f"{MAX_POINTS} points drawn after {took:.0f} ms")
    assert took < 500


def test_the_page_smooths_as_the_kernel_does(page):
    values = [math.sin(step) for step in range(500)]
    script = LiveChart()._esm.split("export default")[0] + "; return smoothed({ steps: [], values: VALUES }).values"
    means = page.evaluate(f"() => {{ {script.replace('VALUES', json.dumps(values))} }}")
    assert means == pytest.approx([value for _, value in smoothed(list(enumerate(values)))])
