"""`%ft_eval` in JupyterLab: a run against its base as a page, in both themes, and static after a reload."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab, Notebook
from tests.browser.test_training_cell import CUT_OFF
from tests.notebook.training_cell import training_cell

pytestmark = pytest.mark.browser
EVIL = '<img src=x onerror=\\"window.hacked=1\\"><script>window.hacked=1</script>'
ROWS = f"""import pandas as pd
rows = pd.read_csv('reviews.csv').head(40)
rows['review'] = rows.review + "{EVIL}" """


def test_a_run_against_its_base_is_a_page_that_stays(lab: Lab, open_notebook, tiny_model: Path):
    train = training_cell(tiny_model, Path("reviews.csv"), name="judged", epochs=3, every=20)
    notebook = open_notebook(
        lab.write("eval.ipynb", "%load_ext nbft", train, ROWS, "%ft_eval judged base --data $rows --by label,length")
    )
    for cell in range(4):
        notebook.run(cell)
    notebook.wait_until_run(3, 280)
    page = notebook.output(3).locator(".nbft-scorecard")
    expect(page.locator(".nbft-head")).to_contain_text("judged against base", timeout=30_000)
    expect(page.locator(".nbft-scores tbody tr")).to_have_count(4)
    assert page.locator("img").evaluate_all("all => all.filter(one => !one.naturalWidth).length") == 0
    for width, dark in ((1280, False), (800, True)):
        notebook.page.set_viewport_size({"width": width, "height": 1700})
        page.evaluate("root => root.scrollIntoView({block: 'start'})")
        notebook.look(f"eval-{width}{'-dark' if dark else ''}", width=width, dark=dark)
        assert [part for part in page.evaluate(CUT_OFF) if not part.startswith("nbft-wide")] == []
    assert notebook.page.evaluate("() => window.hacked") is None
    saved = notebook.save()["cells"][3]["outputs"]
    assert [sorted(output["data"]) for output in saved] == [["text/html", "text/plain"]]

    again = open_notebook(notebook.path, kernel=False)
    expect(again.output(3).locator(".nbft-scorecard .nbft-head")).to_contain_text("judged against base")
    assert again.page.evaluate("() => window.hacked") is None


IN_VIEW = "root => root.scrollIntoView({block: 'center'})"
FAR = re.compile(r"Evaluating \w+ [\d,]+ of [\d,]+")
LONG = "import pandas as pd\nmany = pd.concat([pd.read_csv('reviews.csv')] * 600)"
EVALUATE = "%ft_eval judged base --data $many --metrics accuracy"


def evaluating(lab: Lab, open_notebook, tiny_model: Path, name: str) -> tuple[Notebook, Locator]:
    """Returns a notebook whose third cell evaluates, and the panel, which shows batches that are done."""
    train = training_cell(tiny_model, Path("reviews.csv"), name=name, epochs=1, every=20)
    cells = ("%load_ext nbft", f"{train}\n", LONG, EVALUATE.replace("judged", name), "print('next', 1 + 1)")
    notebook = open_notebook(lab.write(f"eval-{name}.ipynb", *cells))
    for cell in range(5):
        notebook.run(cell)
    panel = notebook.output(3).locator(".nbft-evaluating")
    panel.wait_for(timeout=240_000)
    expect(panel).to_contain_text(FAR, timeout=120_000)
    return notebook, panel


def test_stop_ends_an_evaluation_by_a_click_and_the_notebook_goes_on(lab: Lab, open_notebook, tiny_model: Path):
    notebook, panel = evaluating(lab, open_notebook, tiny_model, "stopped")
    panel.evaluate(IN_VIEW)
    notebook.look("evaluating")
    panel.get_by_role("button", name="Stop").click()
    said = notebook.output(3)
    expect(said).to_contain_text("The evaluation was stopped by you.", timeout=60_000)
    expect(panel).to_have_count(0)
    expect(said).not_to_contain_text("Traceback")
    notebook.run(4)
    notebook.wait_until_run(4)
    assert notebook.text(4) == "next 2\n"
    said.evaluate(IN_VIEW)
    notebook.look("evaluation-stopped")


def test_a_page_loaded_anew_shows_the_progress_of_an_evaluation_and_then_its_page(
    lab: Lab, open_notebook, tiny_model: Path
):
    notebook, panel = evaluating(lab, open_notebook, tiny_model, "reloaded")
    notebook.save()
    notebook.load()
    panel.wait_for(timeout=60_000)
    expect(panel).to_contain_text(FAR, timeout=60_000)
    panel.evaluate(IN_VIEW)
    notebook.look("evaluating-reloaded")
    page = notebook.output(3).locator(".nbft-scorecard .nbft-head")
    expect(page).to_contain_text("reloaded against base", timeout=240_000)
    page.evaluate(IN_VIEW)
    notebook.look("evaluation-after-reload")
