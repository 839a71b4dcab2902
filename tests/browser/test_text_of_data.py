"""Text of a data set that is HTML: shown as text, in the live dashboard, the static one and errors."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

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
