"""One JupyterLab and one Chromium for the whole suite."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from nbft.run import open_run
from tests.browser.dashboard import Dashboard
from tests.browser.lab import Lab, Notebook
from tests.conftest import write_rows
from tests.notebook.training_cell import START_S, training_cell, wait_for

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab; runs that tests left behind are ended with it."""
    folder = tmp_path_factory.mktemp("lab")
    runs = folder / "runs"
    with pytest.MonkeyPatch.context() as patch, Lab(folder, NBFT_RUNS=str(runs), OMP_NUM_THREADS="1") as lab:
        patch.setenv("NBFT_RUNS", str(runs))
        write_rows(lab.notebooks / "reviews.csv", 96, seed=1)
        yield lab
        for path in runs.glob("*"):
            open_run(path.name).kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium: NBFT_CHROMIUM, the one on the path, or playwright's own."""
    program = os.environ.get("NBFT_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def open_notebook(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook file; all are closed at the end."""
    opened: list[Notebook] = []

    def open_it(path: Path, *, kernel: bool = True) -> Notebook:
        opened.append(Notebook(lab, browser, path, kernel=kernel))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()


@pytest.fixture(scope="module")
def train(lab: Lab, open_notebook: Callable[..., Notebook], tiny_model: Path) -> Iterator[Callable[..., Dashboard]]:
    """Runs a notebook of three cells: nbft is loaded, a run is trained, and a cell in line behind it."""
    started: list[Dashboard] = []

    def start(name: str, *flags: str, **how: int) -> Dashboard:
        training = training_cell(tiny_model, Path("reviews.csv"), *flags, name=name, **how)
        notebook = open_notebook(lab.write(f"{name}.ipynb", "%load_ext nbft", training, "print('next')"))
        for cell in range(3):
            notebook.run(cell)
        root = Path(os.environ["NBFT_RUNS"])
        wait_for((root / f"{name}-001" / "spec.yaml").exists, "no run was started")
        dashboard = Dashboard(notebook, 1, open_run(f"{name}-001"))
        dashboard.root.wait_for()
        wait_for(lambda: dashboard.run.state.step > 0 or dashboard.run.is_over, "it takes no step", START_S)
        assert not dashboard.run.is_over, dashboard.run.folder.log.read_text(encoding="utf-8")
        started.append(dashboard)
        return dashboard

    yield start
    for dashboard in started:
        dashboard.run.kill()
