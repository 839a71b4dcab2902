"""A cell with `seeds`: one dashboard for all of them, which turns from one to the next, and what is left of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nbft.record.folder import find_series
from nbft.series import open_series
from tests.browser.lab import Lab
from tests.notebook.training_cell import training_cell, wait_for

pytestmark = pytest.mark.browser


def test_the_dashboard_turns_to_the_next_seed_and_leaves_the_table_of_all(lab: Lab, open_notebook, tiny_model: Path):
    cell = f"{training_cell(tiny_model, Path('reviews.csv'), name='seeded', epochs=150, every=500)}\nseeds: 2"
    notebook = open_notebook(lab.write("seeded.ipynb", "%load_ext nbft", cell, "print(seeded)"))
    for number in range(3):
        notebook.run(number)
    wait_for((Path(os.environ["NBFT_RUNS"]) / "seeded-001-seed42" / "spec.yaml").exists, "no run was started")
    assert find_series("seeded") == "seeded-001"
    series = open_series("seeded")
    shown = notebook.output(1).locator(".nbft-dashboard")
    expect(shown.get_by_text("seed 42 (1 of 2)")).to_be_visible(timeout=90_000)
    wait_for(lambda: series.current.name.endswith("seed43") and series.state.step > 300, "no second seed", 300)
    expect(shown.get_by_text("seed 43 (2 of 2)", exact=False).first).to_be_visible()
    expect(shown.locator(".nbft-head").first).to_contain_text("seeded-001-seed43")
    shown.get_by_role("button", name="Stop and keep the best", exact=True).click()
    expect(shown.get_by_role("button", name="Only this seed")).to_be_visible()
    notebook.look("series-light")
    notebook.look("series-dark-800", dark=True, width=800)
    shown.get_by_role("button", name="No, go on").click()
    wait_for(lambda: series.is_over, "it does not end", 300)
    notebook.wait_until_run(2, 60)
    (output,) = [o for o in notebook.outputs(1) if any(o.get("data", {}).values())]
    assert sorted(output["data"]) == ["text/html", "text/plain"]
    assert "2 of 2 seeds finished" in notebook.text(2)
    notebook.look("series-over")
