"""The playground and the picture of attention in a real page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import ARTEFACTS, Notebook
from tests.conftest import write_rows
from tests.tasks.by_hand import train

pytestmark = pytest.mark.browser
EVIL = "lovely <script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"


@pytest.fixture(scope="module")
def notebook(lab, open_notebook, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    """A trained run, its playground, and what it looks at."""
    rows = write_rows(tmp_path_factory.mktemp("rows") / "reviews.csv", 96, seed=1)
    spec = {
        "model": str(tiny_model),
        "data": {"train": str(rows), "validation": 16},
        "train": {"epochs": 3, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"},
    }
    train(spec, Path(os.environ["NBFT_RUNS"]), "liked")
    attention = '%ft_attention liked "the film was really lovely and the food was great" --layer 2'
    notebook = open_notebook(lab.write("try.ipynb", "%load_ext nbft", "%ft_try liked", attention, "1 + 1"))
    for number in range(4):
        notebook.run(number)
        notebook.wait_until_run(number, 120)
    return notebook


def look(notebook: Notebook, number: int, name: str) -> None:
    part = notebook.output(number)
    for dark in (False, True):
        for width in (1280, 800):
            shown = f"{name}-{'dark' if dark else 'light'}-{width}"
            notebook.look(shown, width=width, dark=dark)
            part.screenshot(path=ARTEFACTS / f"{shown}.png")


def test_enter_tries_a_text_and_both_models_answer(notebook: Notebook):
    root = notebook.output(1).locator(".nbft-try")
    area = root.get_by_label("Text")
    for text in (EVIL, "the room was dull and the food was cold"):
        area.fill(text)
        area.press("Enter")
    cards = root.locator("article")
    expect(cards).to_have_count(2)
    expect(root.locator(".nbft-chance-number")).to_have_count(8, timeout=90_000)
    expect(cards.first.locator(".nbft-try-given")).to_have_text("the room was dull and the food was cold")
    expect(cards.last.locator(".nbft-try-given")).to_have_text(EVIL)
    assert notebook.page.evaluate("() => window.harmed") is None
    look(notebook, 1, "try")


def test_an_empty_text_is_told(notebook: Notebook):
    root = notebook.output(1).locator(".nbft-try")
    root.get_by_label("Text").fill("")
    root.get_by_role("button", name="Try").click()
    expect(root.get_by_role("alert").first).to_contain_text("There is no text yet.")


def test_a_head_is_chosen_and_a_token_shows_its_weights(notebook: Notebook):
    root = notebook.output(2).locator(".nbft-attention")
    root.scroll_into_view_if_needed()
    expect(root.locator(".nbft-head")).to_have_count(4)
    root.get_by_role("button", name="layer 1, head 2").click()
    expect(root.locator(".nbft-head-title")).to_have_text("Layer 1, head 2")
    token = root.locator(".nbft-tokens").first.locator("li").nth(5)
    token.hover()
    expect(token).to_have_class("nbft-chosen")
    weights = [float(w) for w in root.locator(".nbft-weight").all_inner_texts()]
    assert sum(weights) == pytest.approx(1, abs=0.02)
    look(notebook, 2, "attention")


def test_what_was_tried_survives_a_reload_and_is_static_in_the_file(notebook: Notebook):
    saved = notebook.save()
    notebook.page.wait_for_timeout(500)
    saved = notebook.path.read_text(encoding="utf-8")
    assert "the room was dull" in saved
    assert "before training" in saved
    assert "data:image/png;base64" in saved
    assert "<script>window" not in saved
    notebook.load()
    root = notebook.output(1)
    expect(root).to_contain_text("the room was dull", timeout=30_000)
