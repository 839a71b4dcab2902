"""Pairs of sentences that a tiny model can learn to turn into each other, and specs that train one on them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset

from nbft.spec.sections import RunSpec
from nbft.tasks.tokenizers import load_tokenizer
from nbft.tasks.translation import Translation

WORDS = {
    "der": "the", "ein": "a", "Hund": "dog", "Mann": "man", "Ball": "ball", "Baum": "tree", "und": "and",
    "rot": "red", "grün": "green", "läuft": "runs", "sieht": "sees", "wirft": "throws",
}  # fmt: skip
MARIAN: dict[str, Any] = {
    "model_type": "marian",
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "max_position_embeddings": 64,
    "dropout": 0.0,
    "scale_embedding": True,
}
T5: dict[str, Any] = {
    "model_type": "t5", "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2, "dropout_rate": 0.0,
}  # fmt: skip
GPT2: dict[str, Any] = {
    "model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128,
    "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
}  # fmt: skip
MODELS = {"marian": MARIAN, "t5": T5, "gpt2": GPT2}


def sentence_pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Returns German-like sentences of 2 to 6 words and what they are word by word."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        words = chance.choices(list(WORDS), k=chance.randint(2, 6))
        found.append((" ".join(words), " ".join(WORDS[word] for word in words)))
    return found


def write_pairs(file: Path, pairs: list[tuple[str, str]], names: tuple[str, str] = ("source", "target")) -> Path:
    """Writes pairs as jsonl."""
    lines = [json.dumps(dict(zip(names, pair, strict=True)), ensure_ascii=False) for pair in pairs]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def spec_of(model: str = "marian", **changes: Any) -> dict[str, Any]:
    """Returns a spec that trains on pairs.jsonl; `changes` replace whole sections."""
    return {
        "model": {"from_scratch": MODELS[model]},
        "task": "translation",
        "tokenizer": {"train": "words", "vocabulary": 64},
        "data": {"train": "pairs.jsonl", "validation": "none", "columns": {"source": "source", "target": "target"}},
        "train": {"epochs": 2, "batch_size": 4, "learning_rate": 3e-3, "precision": "fp32"},
        **changes,
    }


PAIRS = sentence_pairs(8, seed=1)


class Said(list):
    """Collects the warnings of a task."""

    def __call__(self, message: str, fix: str = "") -> None:
        self.append(message)


def task_for(network: str = "marian", said: Said | None = None, **changes: Any) -> Translation:
    spec = RunSpec.model_validate({**spec_of(network), "data": {"train": "x.jsonl"}, **changes})
    return Translation(spec, said if said is not None else Said())


def rows_of(pairs: list[tuple[str, str]], source: str = "source", target: str = "target") -> Dataset:
    return Dataset.from_dict({source: [s for s, _ in pairs], target: [t for _, t in pairs]})


def ready(model: str, **changes: Any) -> tuple[Translation, Any, Any, Any]:
    """Returns task, tokenizer, model and features of the eight pairs, in the order in which a run makes them."""
    task = task_for(model, **changes)
    rows = task.standardise(rows_of(PAIRS), "train")
    task.learn_labels(rows, {})
    tokenizer = load_tokenizer(task.spec, task.texts(rows))
    task.prepare_tokenizer(tokenizer)
    features = task.features(rows, tokenizer, None)
    torch.manual_seed(0)
    return task, tokenizer, task.load_model(tokenizer), features


def loss_of(task: Translation, model: Any, batch: dict[str, Any]) -> torch.Tensor:
    inputs = {name: value for name, value in batch.items() if name != "labels"}
    return task.loss()(model(**inputs), batch["labels"])
