"""A blind vote in JupyterLab by keyboard: votes, a tie, taken back, through a kernel restart, to the win rate."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab, Notebook

pytestmark = pytest.mark.browser

MAKE = """import pandas as pd
answers = pd.DataFrame({
    'prompt': [f'Write a line about number {i}. <img src=x onerror="window.hacked=1">' for i in range(10)],
    'tuned': [f'good answer {i} <script>window.hacked=1</script> ' + 'and more to read, ' * (i * 8) for i in range(10)],
    'base': [f'bad answer {i}, ' * (1 + i * 5) for i in range(10)],
})"""
VOTE = "%ft_vote $answers tuned base"


def root(notebook: Notebook) -> Locator:
    return notebook.output(2).locator(".nbft-voting .nbft-label")


def key_of(notebook: Notebook, winner: str) -> str:
    """The key of the side on which that answer stands."""
    left = root(notebook).locator(".nbft-side-words").first.inner_text()
    return "1" if left.startswith(winner) else "2"


def press(notebook: Notebook, key: str, voted: str) -> None:
    notebook.page.keyboard.press(key)
    expect(root(notebook).locator("[data-fact=labelled]")).to_have_text(voted)


def run_to_panel(notebook: Notebook) -> None:
    for cell in range(3):
        notebook.run(cell)
    notebook.wait_until_run(2)
    expect(root(notebook)).to_be_visible()
    root(notebook).scroll_into_view_if_needed()


def test_ten_pairs_are_voted_on_by_keyboard_through_a_kernel_restart(lab: Lab, open_notebook):
    notebook = open_notebook(lab.write("vote.ipynb", "%load_ext nbft", MAKE, VOTE, "print(votes.verdict)"))
    run_to_panel(notebook)
    root(notebook).locator(".nbft-side").first.click()
    expect(root(notebook).locator(".nbft-keys-state")).to_have_text("Keys are on")
    for done in range(4):
        press(notebook, key_of(notebook, "good"), f"{done + 1} of 10 voted on")
    press(notebook, "t", "5 of 10 voted on")
    press(notebook, "u", "4 of 10 voted on")
    press(notebook, "0", "5 of 10 voted on")
    for width, dark in ((1280, False), (800, True), (480, False)):
        notebook.look(f"vote-{width}{'-dark' if dark else ''}", width=width, dark=dark)
    notebook.page.set_viewport_size({"width": 1280, "height": 1000})
    notebook.page.keyboard.press("Escape")
    expect(root(notebook).locator(".nbft-keys-state")).to_have_text("Click here to use the keys")

    notebook.restart_kernel()
    expect(root(notebook)).to_have_css("pointer-events", "none")
    run_to_panel(notebook)
    expect(root(notebook)).to_contain_text("5 of 10 were voted on before.")
    root(notebook).locator(".nbft-side").first.click()
    for done in range(5, 9):
        press(notebook, key_of(notebook, "good"), f"{done + 1} of 10 voted on")
    notebook.page.keyboard.press(key_of(notebook, "bad"))
    expect(root(notebook).locator("h3")).to_contain_text("tuned wins against base: 89% of the decided (95% CI")
    notebook.look("vote-end")
    notebook.look("vote-end-dark-800", width=800, dark=True)
    notebook.run(3)
    notebook.wait_until_run(3)
    assert "tuned 8, base 1, ties 1" in notebook.text(3)
    assert notebook.page.evaluate("() => window.hacked") is None
    saved = str(notebook.save()["cells"][2]["outputs"])
    assert "model_id" not in saved
