"""What is left when the kernel died in mid-run, and a notebook of twenty runs as a page without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.lab import keep
from tests.notebook.test_many_runs import long_run, notebook_of
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
DRAWN = "images => images.filter(image => image.complete && image.naturalWidth > 0 && image.clientWidth > 100).length"


def test_a_notebook_saved_in_mid_run_shows_the_run_up_to_its_last_evaluation(train, lab, open_notebook):
    dashboard = train("cut-off", every=20)
    page = dashboard.notebook.page
    images = page.locator("[class^=nbft-stand-in] img")
    wait_for(lambda: images.count() >= 2, "no evaluation was drawn", 60)
    assert images.evaluate_all("images => images.filter(image => image.offsetParent).length") == 0
    dashboard.notebook.save()
    dashboard.notebook.restart_kernel()
    copy = lab.notebooks / "cut-off-copy.ipynb"
    copy.write_bytes(dashboard.notebook.path.read_bytes())

    notebook = open_notebook(copy)
    expect(notebook.output(1)).to_contain_text("%ft_attach cut-off-001")
    shown = notebook.page.locator("[class^=nbft-stand-in] img")
    wait_for(lambda: shown.evaluate_all(DRAWN) >= 2, "its charts are not seen", 20)
    expect(notebook.output(1)).to_contain_text("accuracy")
    notebook.look("cut-off-with-a-new-kernel")
    notebook.look("cut-off-with-a-new-kernel-dark-800", dark=True, width=800)


def test_twenty_runs_as_an_html_page_without_a_network(browser: Browser, tmp_path: Path):
    folder = long_run(tmp_path)
    file = tmp_path / "twenty.ipynb"
    nbformat.write(notebook_of(*[folder] * 20), file)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output", "page", str(file)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.context.set_offline(True)
    page.goto((tmp_path / "page.html").as_uri())
    images = page.locator("img[src^='data:image/']")
    drawn = images.evaluate_all("images => images.filter(one => one.complete && one.naturalWidth > 0).length")
    assert drawn == images.count() >= 100
    ours = [url for url in failed if "mathjax" not in url.lower() and "require" not in url.lower()]
    assert ours == [], "nbconvert's own page asks for MathJax and RequireJS; nothing of ours asks for anything"
    keep(page, "twenty-runs")
    page.close()
