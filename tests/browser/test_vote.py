"""A blind vote in JupyterLab by keyboard: votes, a tie, taken back, through a kernel restart, to the win rate.

And one on what a chat run and its base say to the run's own test rows.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab, Notebook
from tests.tasks.chats import ANSWERS, conversations, save_model

pytestmark = pytest.mark.browser

MAKE = """import pandas as pd
answers = pd.DataFrame({
    'prompt': [f'Write a line about number {i}. <img src=x onerror="window.hacked=1">' for i in range(10)],
    'tuned': [f'good answer {i} <script>window.hacked=1</script> ' + 'and more to read, ' * (i * 8) for i in range(10)],
    'base': [f'bad answer {i}, ' * (1 + i * 5) for i in range(10)],
})"""
VOTE = "%ft_vote $answers tuned base"

CHAT = """%%finetune chatty
model: tiny-llama
data: {train: chats.jsonl, validation: held.jsonl, test: held.jsonl}
chat: {template: chatml}
train: {epochs: 60, learning_rate: 1e-2, batch_size: 8, warmup: 0.0, precision: fp32}
evaluate: {every: 60}
early_stopping: {enabled: false}"""

WORDS = {word for answer in ANSWERS.values() for word in answer.split()}
"""What the run has learnt to say; its base says other things."""


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


def test_what_a_chat_run_and_its_base_write_is_voted_on(lab: Lab, open_notebook):
    save_model(lab.notebooks / "tiny-llama")
    for name in ("chats", "held"):
        text = "\n".join(json.dumps(row) for row in conversations())
        (Path(lab.notebooks) / f"{name}.jsonl").write_text(text)
    notebook = open_notebook(lab.write("vote-chat.ipynb", "%load_ext nbft", CHAT, "%ft_vote chatty base"))
    for cell in range(3):
        notebook.run(cell)
    notebook.wait_until_run(2, 280)
    expect(root(notebook)).to_be_visible(timeout=60_000)
    sides = root(notebook).locator(".nbft-side-words")
    root(notebook).locator(".nbft-side").first.click()
    notebook.look("vote-chat")
    for done in range(8):
        left, right = (set(side.split()) <= WORDS for side in sides.all_inner_texts())
        assert left != right
        notebook.page.keyboard.press("1" if left else "2")
        if done < 7:
            expect(root(notebook).locator("[data-fact=labelled]")).to_have_text(f"{done + 1} of 8 voted on")
    expect(root(notebook).locator("h3")).to_contain_text("chatty wins against base: 100% of the decided (95% CI")
    notebook.look("vote-chat-end")
