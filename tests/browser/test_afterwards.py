"""What is left when the kernel died in mid-run, and a notebook of twenty runs as a page without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from tests.browser.lab import keep
from tests.browser.test_end_of_run import BROKEN
from tests.notebook.test_many_runs import long_run, notebook_of
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
DRAWN = "images => images.filter(image => image.complete && image.naturalWidth > 0 && image.clientWidth > 100).length"


@pytest.fixture(scope="module")
def cut_off(train):
    """The dashboard of a run whose kernel died in mid-run, after the notebook was saved."""
    dashboard = train("cut-off", every=20)
    images = dashboard.notebook.page.locator("[class^=nbft-stand-in] img")
    wait_for(lambda: images.count() >= 2, "no evaluation was drawn", 60)
    assert images.evaluate_all("images => images.filter(image => image.offsetParent).length") == 0
    dashboard.notebook.save()
    dashboard.notebook.restart_kernel()
    return dashboard


@pytest.mark.parametrize(
    ("kernel", "trusted"),
    [(False, True), (True, True), (False, False)],
    ids=["without a kernel", "with a new kernel", "not trusted"],
)
def test_a_notebook_saved_in_mid_run_shows_only_the_run_up_to_its_last_evaluation(
    cut_off, lab, open_notebook, kernel, trusted
):
    content = cut_off.notebook.path.read_text(encoding="utf-8")
    if not trusted:
        content = content.replace("print('next')", "print('from elsewhere')")
    name = f"cut-off-{'with' if kernel else 'without'}-a-kernel{'' if trusted else '-untrusted'}"
    (lab.notebooks / f"{name}.ipynb").write_text(content, encoding="utf-8")

    notebook = open_notebook(lab.notebooks / f"{name}.ipynb", kernel=kernel)
    shown = notebook.page.locator("[class^=nbft-stand-in] img")
    wait_for(lambda: shown.evaluate_all(DRAWN) >= 2, "its charts are not seen", 20)
    notebook.page.wait_for_timeout(1000)  # the live view gives up some time after the page is there
    assert notebook.is_trusted(1) is trusted
    words = notebook.output(1).inner_text()
    assert words.startswith("As it was at")
    assert "%ft_attach cut-off-001" in words
    assert "accuracy" in words
    assert [broken for broken in BROKEN if broken in words] == []
    notebook.look(name)
    notebook.look(f"{name}-dark-800", dark=True, width=800)


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
