"""A cell with `seeds`: one dashboard for all of them, which turns from one to the next, and what is left of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nbft.series import open_series
from tests.browser.lab import Lab
from tests.notebook.training_cell import training_cell, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_stop_can_end_one_seed_and_then_the_series_whose_table_is_left(lab: Lab, open_notebook, tiny_model: Path):
    cell = f"{training_cell(tiny_model, Path('reviews.csv'), name='seeded', every=50)}\nseeds: 2"
    notebook = open_notebook(lab.write("seeded.ipynb", "%load_ext nbft", cell, "print(seeded)"))
    for number in range(3):
        notebook.run(number)
    wait_for((Path(os.environ["NBFT_RUNS"]) / "seeded-001-seed42" / "spec.yaml").exists, "no run was started")
    series = open_series("seeded")
    shown = notebook.output(1).locator(".nbft-dashboard")
    expect(shown.get_by_text("seed 42 (1 of 2) · 0 of 2 seeds finished")).to_be_visible(timeout=90_000)
    wait_for(lambda: series.state.evaluations, "no evaluation")
    shown.get_by_role("button", name="Stop and keep the best", exact=True).click()
    expect(shown.get_by_text("The seeds to come are not started")).to_be_visible()
    notebook.look("series-light")
    shown.get_by_role("button", name="Only this seed").click()

    wait_for(lambda: series.current.name.endswith("seed43") and series.state.evaluations, "no second seed")
    expect(shown.get_by_text("seed 43 (2 of 2) · 0 of 2 seeds finished")).to_be_visible()
    expect(shown.locator(".nbft-progress")).to_contain_text("seeded-001-seed43")
    shown.get_by_role("button", name="Stop and keep the best", exact=True).click()
    expect(shown.get_by_role("button", name="Only this seed")).to_be_hidden()
    shown.get_by_role("button", name="Yes, stop").click()
    wait_for(lambda: series.is_over, "it does not end", 60)

    notebook.wait_until_run(2, 60)
    (output,) = [o for o in notebook.outputs(1) if any(o.get("data", {}).values())]
    assert sorted(output["data"]) == ["text/html", "text/plain"]
    assert "<Series seeded-001: 0 of 2 seeds finished" in notebook.text(2)
    notebook.look("series-over")
