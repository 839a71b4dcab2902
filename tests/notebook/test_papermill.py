"""A whole notebook in a kernel that nobody sees, as papermill and nbclient run it: no widget, one output, the picture in it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.notebook.training_cell import training_cell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
KERNEL = {"name": "python3", "display_name": "python3", "language": "python"}


def notebook(model: Path) -> nbformat.NotebookNode:
    """A notebook that trains some 80 steps."""
    cell = training_cell(model, Path("reviews.csv"), epochs=4, every=10).replace("finetune reviews", "finetune quick")
    return new_notebook(cells=[new_code_cell("%load_ext nbft"), new_code_cell(cell)], metadata={"kernelspec": KERNEL})


def check(made: nbformat.NotebookNode) -> None:
    """One output, without widgets, whole and small."""
    nbformat.validate(made)
    (output,) = made.cells[1].outputs
    assert sorted(output.data) == ["text/html", "text/plain"]
    assert "quick-001: Finished" in output.data["text/plain"]
    assert output.data["text/html"].count("data:image/svg+xml") >= 2
    assert "widgets" not in made.metadata
    assert len(json.dumps(made)) < 60_000


@pytest.mark.parametrize("how", ["papermill", "nbclient"])
def test_a_training_cell_leaves_one_output_with_the_static_picture(how, reviews, tiny_model, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    if how == "papermill":
        papermill = pytest.importorskip("papermill")
        nbformat.write(notebook(tiny_model), "in.ipynb")
        papermill.execute_notebook("in.ipynb", "out.ipynb", progress_bar=False)
        check(nbformat.read("out.ipynb", 4))
    else:
        from nbclient import NotebookClient

        made = notebook(tiny_model)
        NotebookClient(made, timeout=300).execute()
        check(made)
