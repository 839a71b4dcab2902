"""Every task, from a cell to its result, in a real page: what its dashboard shows while it trains, and what is left."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from nbft.panels.plots import short
from nbft.run import open_run
from nbft.spec.metric_names import DEFAULT_METRICS
from tests.browser.dashboard import Dashboard
from tests.browser.lab import Notebook
from tests.notebook.training_cell import wait_for

pytestmark = pytest.mark.browser
ENCODER = "{model_type: bert, hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}"
DECODER = "{model_type: gpt2, n_layer: 1, n_head: 2, n_embd: 32, n_positions: 128}"
BOTH = (
    "{model_type: marian, d_model: 32, encoder_layers: 1, decoder_layers: 1, encoder_ffn_dim: 64, decoder_ffn_dim: 64,"
    " encoder_attention_heads: 2, decoder_attention_heads: 2, max_position_embeddings: 128}"
)
ANIMALS, PLACES, COLOURS = ("frog", "dog", "bird", "cow"), ("park", "shop", "sea", "hill"), ("red", "blue", "green")
GERMAN = {"frog": "Frosch", "dog": "Hund", "bird": "Vogel", "cow": "Kuh", "park": "Park", "shop": "Laden"}
GERMAN |= {"sea": "Meer", "hill": "Hügel", "red": "rote", "blue": "blaue", "green": "grüne"}
Row = dict[str, Any]


def classified(animal: str, place: str, colour: str) -> Row:
    return {"text": f"a {colour} {animal} at the {place}", "label": "water" if place == "sea" else "land"}


def tagged(animal: str, place: str, colour: str) -> Row:
    return {"tokens": ["a", colour, animal, "at", "the", place], "tags": ["O", "O", "B-ANIMAL", "O", "O", "B-PLACE"]}


def asked(animal: str, place: str, colour: str) -> Row:
    context = f"The {colour} {animal} lives at the {place}."
    answers = {"text": [place], "answer_start": [context.index(place)]}
    return {"question": f"Where does the {animal} live?", "context": context, "answers": answers}


def translated(animal: str, place: str, colour: str) -> Row:
    words = f"{GERMAN[colour]} {GERMAN[animal]} {GERMAN[place]}"
    return {"en": f"{colour} {animal} {place}", "de": words}


def summarised(animal: str, place: str, colour: str) -> Row:
    text = f"A {colour} {animal} went to the {place}. It was a long way. It slept there. In the morning it went home."
    return {"text": text, "summary": f"{animal} at the {place}"}


def told(animal: str, place: str, colour: str) -> Row:
    return {"text": f"One day a {colour} {animal} went to the {place}. It was happy there."}


def talked(animal: str, place: str, colour: str) -> Row:
    user = {"role": "user", "content": f"Where is the {colour} {animal}?"}
    return {"messages": [user, {"role": "assistant", "content": f"At the {place}."}]}


CASES: dict[str, tuple[Callable[[str, str, str], Row], str, str]] = {
    "text-classification": (classified, ENCODER, ""),
    "token-classification": (tagged, ENCODER, ""),
    "question-answering": (asked, ENCODER, ""),
    "translation": (translated, BOTH, ""),
    "summarization": (summarised, BOTH, ""),
    "text-generation": (told, DECODER, "generate: {prompts: [One day a], max_new_tokens: 12}"),
    "chat": (talked, DECODER, "chat: {template: chatml}"),
    "fill-mask": (told, ENCODER, ""),
}


def write(file: Path, make: Callable[[str, str, str], Row]) -> None:
    """Writes 96 rows, every animal at every place in every colour, twice."""
    rows = [make(animal, place, colour) for animal in ANIMALS for place in PLACES for colour in COLOURS] * 2
    random.Random(1).shuffle(rows)
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")


def cell(task: str, rows: str) -> str:
    """Returns the cell of a task: six passes over its rows, judged after each."""
    _, config, more = CASES[task]
    columns = ", columns: {source: en, target: de}" if task == "translation" else ""
    lines = [
        f"%%finetune {task}",
        f"model: {{from_scratch: {config}}}",
        f"task: {task}",
        "tokenizer: {train: bpe, vocabulary: 400}",
        f"data: {{train: {rows}, validation: 16, test: 16{columns}}}",
        "train: {epochs: 6, learning_rate: 3e-3, batch_size: 16, precision: fp32}",
        more,
    ]
    return "\n".join(line for line in lines if line)


@pytest.fixture(scope="module")
def notebook(lab, open_notebook) -> Notebook:
    """One notebook, a cell a task."""
    cells = []
    for task, (make, _, _) in CASES.items():
        write(lab.notebooks / f"{task}.jsonl", make)
        cells.append(cell(task, f"{task}.jsonl"))
    notebook = open_notebook(lab.write("tasks.ipynb", "%load_ext nbft", *cells))
    notebook.run(0)
    return notebook


@pytest.mark.parametrize("task", CASES)
def test_a_task_shows_its_metrics_while_it_trains_and_in_what_is_left(notebook: Notebook, task: str):
    number = list(CASES).index(task) + 1
    notebook.run(number)
    wait_for((Path(os.environ["NBFT_RUNS"]) / f"{task}-001" / "spec.yaml").exists, "no run was started")
    dashboard = Dashboard(notebook, number, open_run(f"{task}-001"))
    dashboard.root.wait_for()
    wait_for(lambda: bool(dashboard.run.state.evaluations) or dashboard.run.is_over, "no evaluation")
    if not dashboard.run.is_over:
        dashboard.root.scroll_into_view_if_needed()
        notebook.look(f"task-{task}-training")
    notebook.wait_until_run(number, 120)
    run = dashboard.run
    assert run.status == "finished", run.folder.log.read_text(encoding="utf-8")
    assert {f"test/{name}" for name in DEFAULT_METRICS[task]} <= set(run.metrics)
    for name in DEFAULT_METRICS[task]:
        expect(notebook.output(number)).to_contain_text(short(name))
    notebook.output(number).scroll_into_view_if_needed()
    notebook.look(f"task-{task}")
