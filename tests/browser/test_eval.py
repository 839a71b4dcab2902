"""`%ft_eval` in JupyterLab: a run against its base as a page, in both themes, and static after a reload."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
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
