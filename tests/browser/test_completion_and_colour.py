"""Typing in a `%%finetune` cell: Tab, Shift-Tab, and the colours of YAML."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import CURRENT, Notebook

pytestmark = pytest.mark.browser
CELL = "%%finetune reviews\nmodel: starter-encoder\ndata: {train: reviews.csv}\ntrain:\n  "


@pytest.fixture(scope="module")
def typing(lab, open_notebook) -> Notebook:
    """A notebook with nbft loaded and the cursor at the end of a cell of YAML."""
    notebook = open_notebook(lab.write("typing.ipynb", "%load_ext nbft", CELL))
    notebook.run(0)
    notebook.wait_until_run(0)
    notebook.page.locator(".jp-Notebook .jp-Cell .cm-content").nth(1).click()
    notebook.page.keyboard.press("Control+End")
    return notebook


def source(notebook: Notebook) -> str:
    return notebook.page.evaluate(f"() => {CURRENT}.content.model.cells.get(1).sharedModel.getSource()")


def test_the_cell_is_coloured_as_yaml(typing: Notebook):
    kind = f"() => {CURRENT}.content.model.cells.get(1).mimeType"
    typing.page.wait_for_function(f"() => ({kind})() === 'text/x-yaml'")
    editor = typing.page.locator(".jp-Notebook .jp-Cell .cm-content").nth(1)
    expect(editor).to_have_attribute("data-language", "yaml")
    key = editor.locator("span", has_text="model").first
    plain = editor.evaluate("node => getComputedStyle(node).color")
    expect(key).to_have_text("model")
    assert key.evaluate("node => getComputedStyle(node).color") != plain
    other = f"() => {CURRENT}.content.model.cells.get(0).mimeType"
    assert typing.page.evaluate(other) == "text/x-ipython"
    typing.look("yaml-coloured")


def test_tab_offers_keys_and_shift_tab_explains_one(typing: Notebook):
    page = typing.page
    page.keyboard.type("w")
    page.keyboard.press("Tab")
    completer = page.locator(".jp-Completer:not(.lm-mod-hidden)")
    expect(completer).to_contain_text("weight_decay")
    expect(completer).to_contain_text("warmup")
    typing.look("completer")
    page.keyboard.press("Escape")
    page.locator(".jp-Notebook .jp-Cell .cm-content").nth(1).click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Backspace")
    page.keyboard.type("lea")
    page.keyboard.press("Tab")
    expect(completer.locator(".jp-mod-active")).to_contain_text("learning_rate")
    page.keyboard.press("Enter")  # JupyterLab adds the words of the cell, so that nothing is ever the only offer
    assert source(typing) == f"{CELL}learning_rate: "
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".jp-Tooltip")).to_contain_text("Peak learning rate of AdamW")
    typing.look("tooltip")
