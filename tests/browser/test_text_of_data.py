"""Text of a data set that is HTML: shown as text, in the live dashboard, the static one and errors."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from nbft.notebook.snapshot import take_snapshot
from nbft.run import open_run
from tests.browser.lab import keep
from tests.hostile import HOSTILE, hostile_run
from tests.notebook.test_many_runs import notebook_of
from tests.notebook.training_cell import training_cell

pytestmark = pytest.mark.browser
IMAGE = '<img src="x" onerror="window.hacked = 1">'
SCRIPT = "<script>window.hacked = 1</script>"


def write(file: Path, *labels: str) -> None:
    """Writes rows whose texts and labels are HTML."""
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["review", "stars"])
        for number in range(48):
            rows.writerow([f"a film {SCRIPT} {IMAGE} {number}", labels[number % len(labels)]])


def test_it_is_shown_as_text(lab, open_notebook, tiny_model):
    write(lab.notebooks / "html.csv", IMAGE, SCRIPT)
    write(lab.notebooks / "unseen.csv", IMAGE, SCRIPT, f"{IMAGE}!")
    good = training_cell(tiny_model, Path("html.csv"), name="html", epochs=1)
    bad = good.replace("validation: 16", "validation: unseen.csv")
    notebook = open_notebook(lab.write("html.ipynb", "%load_ext nbft", good, "%ft_eval html", bad))
    for cell in range(4):
        notebook.run(cell)

    notebook.wait_until_run(1)
    notebook.wait_until_run(3)
    expect(notebook.output(3)).to_contain_text(f"{IMAGE}!")
    assert notebook.page.evaluate("() => window.hacked") is None
    notebook.look("html")
    notebook.look("html-dark-800", dark=True, width=800)


@pytest.fixture(scope="module")
def hostile(lab) -> str:
    """A run in whose every text stands something that would run as a script."""
    runs = Path(os.environ["NBFT_RUNS"])
    hostile_run(runs)
    return hostile_run(runs, train={"epochs": 1}).run


def test_nothing_of_a_hostile_run_runs_in_widgets_tables_and_static_pictures(lab, open_notebook, hostile):
    lines = (
        "%ft_attach hostile-002 --keep-live",
        "%ft_attach hostile-001",
        "%ft_compare hostile-001 hostile-002",
        "%ft_runs",
    )
    notebook = open_notebook(lab.write("hostile.ipynb", "%load_ext nbft", *lines))
    for cell in range(1 + len(lines)):
        notebook.run(cell)
    notebook.wait_until_run(len(lines))
    for words in HOSTILE:
        expect(notebook.output(1)).to_contain_text(words)
    expect(notebook.output(3)).to_contain_text("Best scores")
    for folded in notebook.page.locator("summary:visible").all():
        folded.click()
    notebook.page.wait_for_timeout(500)
    assert notebook.page.evaluate("() => window.hacked") is None
    links = notebook.page.locator(".jp-OutputArea a[href^='javascript:' i]")
    expect(links).to_have_count(0)
    asked = {url.split("/")[2].rpartition(":")[0] for url in notebook.requests if url.startswith(("http", "ws"))}
    assert asked == {"127.0.0.1"}
    notebook.look("hostile")
    notebook.look("hostile-dark-800", dark=True, width=800)


def test_nothing_of_it_runs_in_the_report_and_in_an_html_page(hostile, browser: Browser, tmp_path: Path):
    run = open_run(hostile)
    assert take_snapshot(run.state, run.folder).html
    nbformat.write(notebook_of(run.folder), tmp_path / "page.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(tmp_path / "page.ipynb")]
    subprocess.run(command, check=True, capture_output=True)
    for file in (run.report(tmp_path), tmp_path / "page.html"):
        page = browser.new_page()
        page.route("http*://**", lambda route: route.abort())
        page.goto(file.as_uri())
        page.wait_for_timeout(300)
        assert page.evaluate("() => window.hacked") is None
        for words in HOSTILE[:4]:
            expect(page.locator("body")).to_contain_text(words)
        keep(page, f"hostile-{file.stem}")
        page.close()


def test_the_report_is_whole_at_every_width_in_both_themes_and_asks_for_nothing(
    hostile, browser: Browser, tmp_path: Path
):
    file = open_run(hostile).report(tmp_path)
    pages: tuple[tuple[int, Literal["light", "dark"]], ...] = (
        (1280, "light"),
        (1280, "dark"),
        (800, "dark"),
        (400, "light"),
    )
    for width, scheme in pages:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(file.as_uri())
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        keep(page, f"report-{width}-{scheme}")
        page.close()
