"""Every panel of a dashboard that trains, and what is left of it afterwards: kept as pictures in both themes and two widths."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from nbft.record import events as word
from nbft.record.events import Event
from nbft.record.examination import write_examination
from nbft.record.folder import RunFolder
from nbft.run import open_run
from tests.browser.lab import ARTEFACTS, Notebook
from tests.browser.test_examination import answers, classes
from tests.browser.test_training_cell import CUT_OFF
from tests.notebook.recorded import living, record, record_spec, say
from tests.panels.record import ended, rule, started

pytestmark = pytest.mark.browser
PANELS = ("progress", "controls", "charts", "samples", "exam", "early-stopping", "notices")
TALL = 3000
"""Of the window, so that a panel is seen in one piece."""
LOOKS = [(width, dark) for dark in (False, True) for width in (1280, 800)]
STATIC = """import nbft
from IPython.display import HTML
from nbft.notebook.snapshot import take_snapshot
run = nbft.open_run("shown-before")
HTML(take_snapshot(run.state, run.folder).html)"""
SQUEEZED = """part => [...part.querySelectorAll("dt, th")].filter(one => one.offsetWidth && one.offsetWidth < 20)
    .map(one => one.textContent).filter(Boolean)"""
"""Words whose letters would stand one below the other."""
TRANSLATED = [
    ("Where does the blue frog live?", "Wo lebt der blaue Frosch?", "Wo wohnt der blaue Frosch?"),
    ("The sea is warm in summer.", "Das Meer ist im Sommer warm.", "Im Sommer ist das Meer warm."),
]


def story(rate: float) -> Iterator[Event]:
    """What a run says that learns, forgets a little, and was steered: warnings, samples, commands, a pause."""
    yield from started(total_steps=600, epochs=6.0, metrics=["eval/accuracy", "eval/f1", "eval/loss"])
    yield rule(patience=5)
    for step in range(1, 451):
        noise = 0.08 * math.sin(step * 1.7) + 0.05 * math.sin(step * 0.37)
        loss = 0.65 * math.exp(-step * rate) + 0.12 + noise * math.exp(-step * rate / 2)
        speed = {"train/examples_per_s": 61 + 4 * noise * 10, "train/tokens_per_s": 900 + 60 * noise * 10}
        more = {"train/learning_rate": 2e-4 * (1 - step / 600), "train/grad_norm": 1.4 + 4 * noise, **speed}
        values: word.Values = {"train/loss": loss, **more, "memory/process_bytes": 1.24e9}
        yield word.Measured(step=step, epoch=step / 100, values=values, time=1004.0 + step / 4)
        if step % 30 == 0:
            good = 0.91 - 0.4 * math.exp(-step * rate) - max(step - 330, 0) * 1e-4
            scores: word.Values = {
                "eval/accuracy": good,
                "eval/f1": good - 0.02,
                "eval/loss": 0.3 + 0.5 * math.exp(-step * rate),
            }
            yield word.Evaluated(step=step, epoch=step / 100, values=scores)
            for prompt, said, right in TRANSLATED:
                yield word.SampleMade(step=step, prompt=prompt, text=said, reference=right)
        if step in (120, 330):
            yield word.CheckpointSaved(step=step, seconds=0.2, size_bytes=17_000_000)
    yield word.CommandTaken(id="a", command="Pause", step=200, answer="paused after step 200", time=1060.0)
    yield word.Paused(step=200)
    yield word.Resumed(step=200)
    yield word.CommandTaken(id="b", command="SetLearningRate", step=210, answer="0.5 × the schedule", time=1064.0)
    yield word.Warned(message="12 rows have no text.", fix="They are left out: see data.train, row 17.")
    yield word.Progressed(step=450, epoch=4.5, examples_per_s=61.0, tokens_per_s=912.0, eta_s=38.0)


def told(name: str, rate: float, *more: Event) -> RunFolder:
    """A run's folder with the story, and a look at what went right and wrong."""
    folder = record(Path(os.environ["NBFT_RUNS"]), *story(rate), name=name)
    for step, look in ((300, answers()), (450, classes(60))):
        write_examination(look, folder.examinations / f"eval-{step}.json")
        say(folder, word.Examined(step=step, file=f"eval-{step}.json"))
    say(folder, *more)
    return record_spec(folder, train={"learning_rate": rate / 50})


@pytest.fixture(scope="module")
def notebook(lab, open_notebook) -> Iterator[Notebook]:
    """A run that goes on, one that is over, and both beside each other, each below its cell."""
    told("shown-before", 0.012, ended(step=450, reason="Early stopping: in 4 evaluations, it never got better."))
    told("shown-last", 0.016, ended(step=450))
    cells = ("%ft_attach shown", STATIC, "%ft_compare shown-before shown", "%ft_compare shown-before shown-last")
    with living(told("shown", 0.02)):
        notebook = open_notebook(lab.write("gallery.ipynb", "%load_ext nbft", *cells))
        for number in range(len(cells) + 1):
            notebook.run(number)
        notebook.wait_until_run(len(cells))
        yield notebook


def photograph(part: Locator, name: str) -> None:
    """Keeps a picture of a part of the page, in which nothing is wider than its place."""
    part.scroll_into_view_if_needed()
    part.screenshot(path=ARTEFACTS / f"{name}.png")
    assert part.evaluate(CUT_OFF) == []
    assert part.evaluate(SQUEEZED) == []


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_panel_live_static_and_beside_another_run(notebook: Notebook, width: int, dark: bool):
    live = notebook.output(1).locator(".nbft-dashboard")
    for number in (3, 1):
        notebook.output(number).locator(".nbft-plots").scroll_into_view_if_needed()  # what is out of sight is not drawn
        expect(notebook.output(number).locator("canvas").first).to_be_visible(timeout=30_000)
    look = f"{width}-{'dark' if dark else 'light'}"
    notebook.look(f"gallery-{look}", width=width, dark=dark)
    notebook.page.set_viewport_size({"width": width, "height": TALL})
    for panel in PANELS:
        photograph(live.locator(f".nbft-{panel}").first, f"panel-{panel}-{look}")
    for number, name in ((2, "static"), (3, "compare"), (4, "compare-static")):
        photograph(notebook.output(number), f"panel-{name}-{look}")


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_the_report_of_a_run_that_is_over(notebook: Notebook, browser: Browser, tmp_path: Path, width: int, dark: bool):
    file = open_run("shown-before").report(tmp_path)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    page.goto(file.as_uri())
    expect(page.get_by_text("Early stopping").first).to_be_visible()
    page.screenshot(path=ARTEFACTS / f"panel-report-{width}-{'dark' if dark else 'light'}.png", full_page=True)
    page.close()
