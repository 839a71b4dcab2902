"""Runs that are trained in a second: one for each kind of answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.run import Run
from nbft.spec.load import read_spec

ENCODER = {
    "model_type": "bert",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
DECODER = {"model_type": "gpt2", "n_layer": 1, "n_head": 2, "n_embd": 16, "n_positions": 64}
BOTH = {
    "model_type": "marian",
    "d_model": 16,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "max_position_embeddings": 64,
}
ANIMALS, PLACES = ("frog", "dog", "bird", "cow"), ("park", "shop", "sea", "hill")
PAIRS = [(animal, place) for animal in ANIMALS for place in PLACES]
MODELS: dict[str, dict[str, Any]] = {
    "text-classification": ENCODER,
    "token-classification": ENCODER,
    "question-answering": ENCODER,
    "fill-mask": ENCODER,
    "translation": BOTH,
    "summarization": BOTH,
    "text-generation": DECODER,
}


def row(task: str, animal: str, place: str) -> dict[str, Any]:
    """Returns what an animal at a place is, as the task has it."""
    sentence = f"a {animal} at the {place}"
    context = f"The {animal} lives at the {place}. It sleeps."
    answers = {"text": [place], "answer_start": [context.index(place)]}
    return {
        "text-classification": {"text": sentence, "label": "water" if place == "sea" else "land", "animal": animal},
        "token-classification": {"tokens": sentence.split(), "tags": ["O", "B-ANIMAL", "O", "O", "B-PLACE"]},
        "question-answering": {"question": f"Where does the {animal} live?", "context": context, "answers": answers},
        "translation": {"en": sentence, "de": f"{place} {animal}"},
        "summarization": {"text": f"{sentence}. One. Two. Three.", "summary": f"{animal} {place}"},
        "text-generation": {"text": sentence},
        "fill-mask": {"text": sentence},
    }[task]


def trained(task: str, place: Path, name: str = "tiny", **more: Any) -> Run:
    """Returns a run of one short epoch on 16 rows, its 16 test rows the same."""
    rows = [row(task, *pair) for pair in PAIRS]
    for file in ("train", "test"):
        text = "".join(f"{json.dumps(one)}\n" for one in rows)
        (place / f"{file}.jsonl").write_text(text, encoding="utf-8")
    spec = {
        "model": {"from_scratch": MODELS[task]},
        "tokenizer": {"train": "words", "vocabulary": 100},
        "task": task,
        "data": {"train": "train.jsonl", "test": "test.jsonl", "validation": "test.jsonl"},
        "train": {"epochs": 1, "batch_size": 8, "learning_rate": 0.001, "precision": "fp32"},
        **more,
    }
    if task == "translation":
        spec["data"]["columns"] = {"source": "en", "target": "de"}
    folder = prepare_folder(read_spec(spec), name)
    run_inline(folder)
    run = Run(folder)
    run.wait(1)
    return run


@contextmanager
def working_in(folder: Path) -> Iterator[Path]:
    """Works in a folder, whose runs lie in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("NBFT_RUNS", raising=False)
        yield folder
