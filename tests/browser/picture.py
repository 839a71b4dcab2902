"""Takes the README's picture: the quickstart's cell in a real JupyterLab, half-way through its training.

python -m tests.browser.picture
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from nbft.run import open_run
from tests.browser.conftest import FLAGS
from tests.browser.lab import REPOSITORY, Lab, Notebook

CELL = """%%finetune reviews
model: starter-encoder
task: text-classification
data:
  train: starter-reviews
  validation: 10%
train: {epochs: 4, learning_rate: 2e-4, batch_size: 16}
early_stopping: {monitor: eval/accuracy, patience: 2}
evaluate: {every: 25, metrics: [accuracy, f1]}
seed: 42"""
UNTIL_STEP = 210
SIZE = ViewportSize(width=1180, height=1010)


def main() -> None:
    """Writes notebooks/pictures/dashboard.png."""
    target = REPOSITORY / "notebooks" / "pictures" / "dashboard.png"
    target.parent.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    os.environ["NBFT_RUNS"] = str(folder / "nbft-runs")
    with Lab(folder, NBFT_RUNS=os.environ["NBFT_RUNS"]) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        notebook = Notebook(lab, browser, lab.write("reviews.ipynb", "%load_ext nbft", CELL))
        notebook.page.set_viewport_size(SIZE)
        for cell in range(2):
            notebook.run(cell)
        while not (folder / "nbft-runs" / "reviews-001" / "spec.yaml").exists():
            time.sleep(0.1)
        run = open_run("reviews-001")
        while run.state.step < UNTIL_STEP and not run.is_over:
            time.sleep(0.1)
        notebook.page.screenshot(path=target)
        run.stop()
        run.wait()
        browser.close()


if __name__ == "__main__":
    main()
