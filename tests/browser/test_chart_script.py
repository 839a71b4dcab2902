"""The live chart's script in a real page, without JupyterLab: what it draws, and what it asks for."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nbft.panels import charts
from nbft.panels.charts import ChartsPanel, _plot
from nbft.panels.live_chart import LiveChart
from nbft.panels.plots import LOSSES, SMALL, Line, Mark, Plot
from nbft.panels.points import smoothed
from nbft.record import events as word
from nbft.record.curve import MAX_POINTS
from tests.panels.messages import messages
from tests.panels.record import evaluated, planned, training

pytestmark = pytest.mark.browser

OPEN = """
async ([script, style, plots]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const widget = (await import(url)).default();
  const traits = { plots, marks: [], bands: [], total_steps: 100, others: [], ghost: "", points: { parts: [] } };
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
  window.again = () => widget.render({ model, el: document.getElementById("here") });
  window.leave = again();
}
"""
PLOTS = [_plot(plot) for plot in (LOSSES, Plot("F1", (Line("eval/f1", "f1", 2, 1),)), SMALL[0])]
Say = Callable[..., None]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with the chart of a run of 100 steps that has no points yet."""
    page = browser.new_page(viewport={"width": 1000, "height": 600})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("http://nbft.test/", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto("http://nbft.test/")  # a page of its own, so that it can remember
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
    assert page.locator("canvas").count() == 3
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
    button = page.get_by_role("button", name="Reset zoom")
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


def crosshair(page: Page, *keys: str) -> str:
    """Presses keys on the first plot; returns the step under the crosshair."""
    for key in keys:
        page.locator(".nbft-canvas").first.press(key)
    return page.locator(".nbft-at").first.inner_text()


def test_the_crosshair_moves_by_keyboard_and_says_what_stands_there(page):
    say(page, *(step / 100 for step in range(1, 101)))
    say(page, *(step / 200 for step in range(1, 101)), metric="eval/f1")
    points(page, 200)
    assert crosshair(page, "ArrowLeft") == "step 100"
    assert crosshair(page, "ArrowLeft", "Shift+ArrowLeft") == "step 89"
    expect(page.locator(".nbft-key b").nth(2)).to_have_text("0.4450")
    expect(page.locator("[aria-live]")).to_have_text("step 89: train 0.8900, validation –; f1 0.4450")
    assert crosshair(page, "Home") == "step 1"
    page.locator(".nbft-canvas").first.press("Escape")
    expect(page.locator(".nbft-at").first).to_be_hidden()


def test_plus_and_minus_zoom_about_the_crosshair_and_escape_shows_all(page):
    say(page, *(step / 100 for step in range(1, 101)))
    points(page, 100)
    crosshair(page, "End", "+", "+")
    reset = page.get_by_role("button", name="Reset zoom")
    expect(reset).to_be_visible()
    assert crosshair(page, "Home") != "step 1"
    crosshair(page, "Escape", "Escape")
    expect(reset).to_be_hidden()
    crosshair(page, "+", "-")
    expect(reset).to_be_hidden()


def test_a_double_click_shows_all_again(page):
    say(page, *(step / 100 for step in range(1, 101)))
    page.locator(".nbft-canvas").first.press("+")
    page.locator(".u-over").first.dblclick()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_hidden()


def test_keys_of_the_keyboard_do_not_reach_the_front_end_but_ctrl_s_does(page):
    page.evaluate(
        "window.addEventListener('keydown', (e) => (window.kept = !e.target.closest('[data-lm-suppress-shortcuts]')), true)"
    )
    page.locator(".nbft-canvas").first.press("0")
    assert page.evaluate("window.kept") is False
    page.locator(".nbft-canvas").first.press("Control+s")
    assert page.evaluate("window.kept") is True


def pixels(page: Page) -> str:
    """The pixels of the first plot."""
    return page.evaluate("document.querySelector('.nbft-canvas canvas').toDataURL()")


def test_a_line_is_switched_off_and_on_by_its_key(page):
    say(page, 0.9, 0.8, 0.7)
    points(page, 3)
    both = pixels(page)
    train = page.get_by_role("button", name="train")
    train.click()
    expect(train).to_have_attribute("aria-pressed", "false")
    assert pixels(page) != both
    train.press("Enter")
    expect(train).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("before => document.querySelector('.nbft-canvas canvas').toDataURL() === before", arg=both)


def test_a_logarithmic_axis_and_smoothing_change_the_picture_and_are_remembered(page):
    say(page, *(1 / step for step in range(1, 101)))
    points(page, 100)
    before = pixels(page)
    log = page.get_by_role("button", name="Log scale")
    log.click()
    expect(log).to_have_attribute("aria-pressed", "true")
    logarithmic = pixels(page)
    assert logarithmic != before
    page.get_by_label("Smoothing").fill("100")
    assert pixels(page) != logarithmic
    kept = json.loads(page.evaluate("localStorage.getItem('nbft-charts')"))
    assert kept == {"smoothing": 100, "log": True, "more": True}


def test_the_second_row_is_folded_away_and_stays_so(page):
    small = page.locator(".nbft-plot-small")
    expect(small).to_be_visible()
    page.get_by_role("button", name="More charts").click()
    expect(small).to_be_hidden()
    page.evaluate("leave(); leave = again(); null")
    expect(page.locator(".nbft-plot-small")).to_be_hidden()
    page.get_by_role("button", name="More charts").click()
    say(page, 1e-4, 2e-4, metric="train/learning_rate")
    expect(page.locator(".nbft-plot-small b")).to_have_text("2e-04")


def test_another_run_is_chosen_by_its_name(page):
    choice = page.get_by_label("Compare with")
    expect(choice).to_be_hidden()
    page.evaluate("model.set('others', ['<b>old</b>-001', 'reviews-002'])")
    assert choice.locator("option").all_inner_texts() == ["no other run", "<b>old</b>-001", "reviews-002"]
    choice.select_option("reviews-002")
    assert asked(page, "compare") == [{"op": "compare", "run": "reviews-002"}]


def test_marks_stand_at_their_step_with_a_title(page):
    say(page, *(step / 100 for step in range(1, 101)))
    marks = [
        Mark(50, "Checkpoint", kind="checkpoint"),
        Mark(50, "Paused", kind="pause"),
        Mark(25, "Save now", kind="command"),
    ]
    page.evaluate("marks => model.set('marks', marks)", [dataclasses.asdict(mark) for mark in marks])
    ticks = page.locator(".nbft-plot").first.locator(".nbft-tick")
    expect(ticks).to_have_count(3)
    assert ticks.first.get_attribute("title") == "Checkpoint (step 50)"
    box, plot = ticks.first.bounding_box(), page.locator(".u-over").first.bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(plot["x"] + plot["width"] / 2, abs=1)
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + 20)
    expect(page.locator(".nbft-at").first).to_have_text("step 50 · Checkpoint · Paused")


def test_epochs_are_faint_bands(page):
    say(page, *(step / 100 for step in range(1, 101)))
    points(page, 100)
    before = pixels(page)
    page.evaluate("model.set('bands', [[25, 50], [75, 100]])")
    page.wait_for_function("before => document.querySelector('.nbft-canvas canvas').toDataURL() !== before", arg=before)


def test_every_plot_and_control_has_a_name_and_takes_the_focus(page):
    say(page, 0.9, 0.8)
    points(page, 2)
    names = page.locator(".nbft-canvas").evaluate_all(
        "all => all.map((one) => [one.tabIndex, one.getAttribute('aria-label')])"
    )
    assert names[0] == [0, "Loss: train 0.8000, validation –"]
    unnamed = (
        "all => all.filter((one) => !one.getAttribute('aria-label') && !one.textContent && !one.labels?.length).length"
    )
    assert page.locator(".nbft-plots :is(button, input, select)").evaluate_all(unnamed) == 0


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
    script = (
        LiveChart()._esm.split("export default")[0] + "; return smoothed({ steps: [], values: VALUES }, 1 / 50).values"
    )
    means = page.evaluate(f"() => {{ {script.replace('VALUES', json.dumps(values))} }}")
    assert means == pytest.approx([value for _, value in smoothed(list(enumerate(values)))])


HEAR = """([parts, pairs]) => new Promise((done) => {
  const start = performance.now();
  say(parts, pairs);
  const heard = performance.now() - start;
  requestAnimationFrame((frame) => done(heard + performance.now() - frame)); // runs behind the chart's own drawing
})"""
OPEN_ANEW = """() => new Promise((done) => {
  leave();
  const start = performance.now();
  leave = again();
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""
CURVES = ["train/loss", "train/learning_rate", "train/grad_norm", "train/examples_per_s", "train/tokens_per_s"]
CURVES += ["memory/process_bytes", "memory/device_bytes"]


def test_a_hundred_thousand_steps_stay_smooth(page, monkeypatch):
    monkeypatch.setattr(charts, "LIVE_EVERY_S", 0.0)
    panel, state, chance = ChartsPanel([].append), training(planned(total_steps=100_000)), random.Random(1)
    sizes, kernel, drawn = [], [], []
    for step in range(1, 100_001):
        values: word.Values = {name: chance.random() for name in CURVES}
        state.see(word.Measured(step=step, epoch=step / 100, values=values))
        if step % 1000 == 0:
            state.see(evaluated(step, chance.random()))
        if step % 250 == 0:
            with messages() as sent:
                start = time.thread_time()
                panel.show(state)
                kernel.append(1e3 * (time.thread_time() - start))
            if step == 250:
                page.evaluate("plots => model.set('plots', plots)", panel.widget.children[0].plots)
                page.evaluate("model.set('total_steps', 100000)")
            said = [message for message in sent if message["method"] == "custom"]
            sizes.append(sum(len(buffer) for message in said for buffer in message["buffers"]))
            for message in said:
                pairs = list(memoryview(message["buffers"][0]).cast("B").cast("d"))
                drawn.append(page.evaluate(HEAR, [message["content"]["parts"], pairs]))
    first_paint = page.evaluate(OPEN_ANEW)
    assert asked(page, "resync") == []
    points(page, sum(len(curve) for curve in state.curves.values()))
    print(f"\n100,000 steps, {len(state.curves)} curves, {len(sizes)} updates   median       most")
    for what, found, unit in (("sent", sizes, "bytes"), ("kernel", kernel, "ms"), ("browser", drawn, "ms")):
        print(f"{what:<44}{statistics.median(found):>10,.2f} {max(found):>10,.2f} {unit}")
    print(f"{'first paint of all points':<44}{first_paint:>10,.0f} ms")
    assert statistics.median(kernel) < 1
    assert statistics.median(sizes) < 20_000
    assert statistics.median(drawn) < 100
    assert first_paint < 1500
