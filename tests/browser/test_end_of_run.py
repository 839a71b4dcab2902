"""What is left of a dashboard when its run is over: in the page, in the file, and in an HTML page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import Dashboard
from tests.browser.lab import keep
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
BROKEN = ("Error displaying widget", "model not found", "Loading widget", "Click to show javascript error")


@pytest.fixture(scope="module")
def stopped(train) -> Dashboard:
    """The dashboard of a run that its button has stopped."""
    dashboard = train("stopped", epochs=500, every=100)
    wait_for(lambda: len(dashboard.run.state.evaluations) >= 3, "no evaluations")
    dashboard.stop()
    dashboard.notebook.wait_until_run(2)
    dashboard.notebook.save()
    return dashboard


def check_static(page: Page) -> None:
    """Scores and charts are seen, every picture is drawn, and nothing broken stands beside them."""
    page.get_by_role("img", name="Loss").first.wait_for()
    drawn = page.locator("img[src^='data:image/']").evaluate_all(
        "images => images.map(image => image.complete && image.naturalWidth > 0 && image.clientWidth > 100)"
    )
    assert len(drawn) >= 2
    assert all(drawn)
    expect(page.get_by_text("eval/accuracy").first).to_be_visible()
    words = page.locator("body").inner_text()
    assert [broken for broken in BROKEN if broken in words] == []


def test_stop_and_keep_the_best_ends_the_run_and_the_next_cell_runs(stopped):
    assert stopped.run.status == "stopped"
    assert (stopped.run.folder.model / "config.json").is_file()
    assert "next" in stopped.notebook.text(2)


def test_the_live_dashboard_gives_way_to_a_static_one(stopped):
    (output,) = [o for o in stopped.notebook.outputs(1) if any(o.get("data", {}).values())]
    assert sorted(output["data"]) == ["text/html", "text/plain"]
    check_static(stopped.notebook.page)
    stopped.notebook.look("stopped-light")
    stopped.notebook.look("stopped-dark-800", dark=True, width=800)


@pytest.mark.parametrize("kernel", [False, True], ids=["without a kernel", "with a new kernel"])
def test_the_saved_notebook_shows_it(stopped, lab, open_notebook, kernel):
    copy = lab.notebooks / f"reopened-{'with' if kernel else 'without'}-a-kernel.ipynb"
    copy.write_bytes(stopped.notebook.path.read_bytes())
    notebook = open_notebook(copy, kernel=kernel)
    assert notebook.has_kernel() is kernel
    check_static(notebook.page)
    notebook.look(copy.stem)


def test_the_saved_notebook_as_an_html_page_shows_it_offline(stopped, browser: Browser, tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "html",
        "--output-dir",
        str(tmp_path),
        "--output",
        "page",
    ]
    subprocess.run([*command, str(stopped.notebook.path)], check=True, capture_output=True)
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.route("http*://**", lambda route: route.abort())
    page.goto((tmp_path / "page.html").as_uri())
    check_static(page)
    keep(page, "page")
    page.close()
