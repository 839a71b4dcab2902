"""A language model that says samples while it trains: live, in both themes and at several widths, and in the static twin."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nbft.record.events import SampleMade
from nbft.run import open_run
from tests.browser.dashboard import Dashboard
from tests.browser.lab import keep
from tests.browser.test_training_cell import CUT_OFF
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
CELL = """%%finetune stories
model: {from_scratch: {model_type: gpt2, n_layer: 2, n_head: 2, n_embd: 32, n_positions: 64}}
tokenizer: {train: bpe, vocabulary: 300}
data: {train: stories.jsonl, validation: 16}
generate: {prompts: [One day a, "It was <b>", 它], max_new_tokens: 24}
train: {epochs: 10_000, learning_rate: 5e-3, batch_size: 8, precision: fp32}
evaluate: {every: 40}
early_stopping: {enabled: false}"""
TEXTS = [
    f"One day a {colour} {animal} went to the {place}.\n\nIt was <b>happy</b>. 它很高兴。"
    for colour in ("red", "blue", "green", "small")
    for animal in ("frog", "dog", "bird")
    for place in ("park", "shop", "sea", "hill")
]


@pytest.fixture(scope="module")
def dashboard(lab, open_notebook) -> Dashboard:
    """The dashboard of a run that trains, after two evaluations."""
    rows = "\n".join(json.dumps({"text": text}) for text in TEXTS)
    (lab.notebooks / "stories.jsonl").write_text(rows, encoding="utf-8")
    notebook = open_notebook(lab.write("stories.ipynb", "%load_ext nbft", CELL))
    for cell in range(2):
        notebook.run(cell)
    wait_for((Path(os.environ["NBFT_RUNS"]) / "stories-001" / "spec.yaml").exists, "no run was started")
    dashboard = Dashboard(notebook, 1, open_run("stories-001"))
    dashboard.root.wait_for()
    wait_for(lambda: len(dashboard.run.state.evaluations) > 1 or dashboard.run.is_over, "no evaluation")
    return dashboard


def test_each_prompt_stands_with_what_the_model_made_of_it(dashboard):
    samples = dashboard.root.locator(".nbft-samples .nbft-sample")
    expect(samples).to_have_count(3)
    expect(samples.nth(1).locator(".nbft-prompt")).to_have_text("It was <b>")
    expect(dashboard.root.locator(".nbft-samples b")).to_have_count(0)


@pytest.mark.parametrize("width", [480, 800, 1280, 1600])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_whatever_the_width(dashboard, width, dark):
    name, panel = f"samples-{width}-{'dark' if dark else 'light'}", dashboard.root.locator(".nbft-samples")
    dashboard.notebook.look(name, width=width, dark=dark)
    panel.scroll_into_view_if_needed()
    keep(dashboard.notebook.page, name)
    assert panel.evaluate(CUT_OFF) == []


def test_earlier_steps_can_be_chosen(dashboard):
    chooser = dashboard.root.locator(".nbft-samples select")

    def earlier() -> list[SampleMade]:
        """What was said to the first prompt some steps ago; an untrained model may say nothing but blanks."""
        said = [sample for sample in dashboard.run.state.samples if sample.prompt == "One day a"]
        return [sample for sample in said[-12:-4] if sample.text.strip()]

    wait_for(lambda: bool(earlier()), "it says nothing")
    first = earlier()[0]
    chooser.select_option(f"step {first.step:,}")
    said = dashboard.root.locator(".nbft-samples .nbft-sample").first
    wait_for(lambda: first.text in (said.text_content() or ""), "the earlier step is not shown", 10)
    seen = len(dashboard.run.state.evaluations)
    wait_for(lambda: len(dashboard.run.state.evaluations) > seen, "no evaluation")
    assert first.text in (said.text_content() or "")


def test_they_stay_in_the_static_twin(dashboard):
    dashboard.stop()
    notebook = dashboard.notebook
    notebook.wait_until_run(1)
    expect(notebook.output(1)).to_contain_text("Samples at step")
    notebook.output(1).get_by_text("Samples at step").scroll_into_view_if_needed()
    notebook.look("samples-static")
    notebook.look("samples-static-dark-800", dark=True, width=800)
