"""Jupyter Notebook 7: the dashboard moves, its buttons act while the cell runs, the YAML is coloured, the twin is left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from nbft.record.events import CheckpointSaved
from nbft.run import open_run
from tests.browser.dashboard import Dashboard
from tests.browser.lab import Notebook, Notebook7
from tests.conftest import write_rows
from tests.notebook.training_cell import START_S, training_cell, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, browser: Browser, tiny_model: Path) -> Iterator[Dashboard]:
    """The dashboard of a run that goes on for longer than these tests."""
    folder = tmp_path_factory.mktemp("notebook7")
    runs = folder / "runs"
    with pytest.MonkeyPatch.context() as patch, Notebook7(folder, NBFT_RUNS=str(runs), OMP_NUM_THREADS="1") as server:
        patch.setenv("NBFT_RUNS", str(runs))
        write_rows(server.notebooks / "reviews.csv", 96, seed=1)
        cell = training_cell(tiny_model, Path("reviews.csv"), name="seven")
        notebook = Notebook(server, browser, server.write("seven.ipynb", "%load_ext nbft", cell, "print('next')"))
        for number in range(3):
            notebook.run(number)
        wait_for((Path(os.environ["NBFT_RUNS"]) / "seven-001" / "spec.yaml").exists, "no run was started")
        shown = Dashboard(notebook, 1, open_run("seven-001"))
        shown.root.wait_for()
        wait_for(lambda: shown.run.state.step > 0 or shown.run.is_over, "it takes no step", START_S)
        yield shown
        shown.run.kill()
        notebook.close()


def test_the_bar_and_the_charts_move_while_the_cell_runs(dashboard):
    step, points = dashboard.step(), dashboard.points()
    wait_for(lambda: dashboard.step() > step, "the step stands still", 10)
    wait_for(lambda: dashboard.points() > points, "the charts stand still", 10)
    assert dashboard.notebook.kernel_status() == "busy"


def test_a_button_acts_while_the_cell_runs(dashboard):
    _, taken = dashboard.answer_to(dashboard.button("Save now").click)
    wait_for(lambda: taken.step in [one.step for one in dashboard.events(CheckpointSaved)], "no checkpoint", 10)


def test_the_yaml_is_coloured(dashboard):
    mime = "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(1).mimeType"
    assert dashboard.notebook.page.evaluate(mime) == "text/x-yaml"


def test_the_page_asks_nobody_but_its_own_server(dashboard):
    asked = {
        url.split("/")[2].rpartition(":")[0] for url in dashboard.notebook.requests if url.startswith(("http", "ws"))
    }
    assert asked == {"127.0.0.1"}


def test_it_is_whole_in_both_themes_and_leaves_its_static_picture(dashboard):
    dashboard.notebook.look("notebook-7")
    dashboard.notebook.look("notebook-7-dark-800", dark=True, width=800)
    wait_for(lambda: dashboard.run.state.evaluations, "no evaluation", 60)
    dashboard.stop()
    shown = dashboard.notebook.output(1)
    expect(shown).to_contain_text("Stopped by you")
    expect(shown.locator("img[src^='data:image/']").first).to_be_visible()
    expect(dashboard.button("Save now")).to_have_count(0)
    dashboard.notebook.look("notebook-7-after")
