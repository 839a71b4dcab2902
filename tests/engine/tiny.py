"""A run so small that training it to the end takes less time than importing torch."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, TypeVar

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
    TrainingArguments,
    set_seed,
)

from nbft.engine.batches import LengthBatches
from nbft.engine.checkpoints import WholeCheckpoints

torch.set_num_threads(1)  # for so small a model a second thread costs more than it does

RUN = "tiny-001"
WORDS = [f"word{number}" for number in range(40)]
SAVE_EVERY = 3
TOTAL_STEPS = 12
"""3 epochs of 4 steps; with SAVE_EVERY the second checkpoint falls in the middle of the second epoch."""


class TinyTrainer(WholeCheckpoints, LengthBatches):
    """The trainer under test; it notes what its hooks hear and every batch that it trains on."""

    run = RUN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.saved: list[tuple[int, int, list[int]]] = []
        self.failed: list[tuple[int, str, int, int]] = []
        self.batches: list[list[list[int]]] = []

    def on_checkpoint_saved(self, step: int, seconds: float, size_bytes: int, removed: list[int]) -> None:
        self.saved.append((step, size_bytes, removed))

    def on_checkpoint_failed(self, step: int, error: str, needed_bytes: int, free_bytes: int) -> None:
        self.failed.append((step, error, needed_bytes, free_bytes))

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        self.batches.append(inputs["input_ids"].tolist())
        return super().training_step(model, inputs, num_items_in_batch)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # pyright: ignore[reportAttributeAccessIssue] - a Rust setter
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")


def tiny_model() -> BertForSequenceClassification:
    config = BertConfig(
        vocab_size=len(WORDS) + 2,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    config.num_labels = 2
    return BertForSequenceClassification(config)


def tiny_rows(count: int = 16) -> list[dict[str, Any]]:
    chance = np.random.default_rng(7)
    rows = []
    for _ in range(count):
        tokens = chance.integers(2, len(WORDS) + 2, size=int(chance.integers(3, 30))).tolist()
        label = int(np.mean(tokens) > 21)
        rows.append({"input_ids": tokens, "attention_mask": [1] * len(tokens), "labels": label})
    return rows


Kind = TypeVar("Kind", bound=TinyTrainer)


def tiny_trainer(folder: Path, kind: type[Kind] = TinyTrainer, *, by_length: bool = True, **changes: Any) -> Kind:
    """A trainer of 12 steps that saves every third and keeps one; `changes` are TrainingArguments."""
    set_seed(3)
    settings: dict[str, Any] = {
        "num_train_epochs": 3,
        "per_device_train_batch_size": 4,
        "learning_rate": 5e-3,
        "weight_decay": 0.01,
        "warmup_steps": 2,
        "save_steps": SAVE_EVERY,
        "save_strategy": "steps",
        "seed": 3,
        "use_cpu": True,
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "no",
        "dataloader_pin_memory": False,
        **changes,
    }
    rows = tiny_rows()
    tokenizer = tiny_tokenizer()
    trainer = kind(
        model=tiny_model(),
        args=TrainingArguments(output_dir=str(folder), **settings),
        train_dataset=rows,  # pyright: ignore[reportArgumentType] - a list is a data set to torch
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
    )
    trainer.row_lengths = [len(row["input_ids"]) for row in rows] if by_length else None
    trainer.keep_checkpoints = 1
    return trainer


def weights_sha256(model: Any) -> str:
    """The sha256 over all weights, by name: equal only where every bit is."""
    digest = hashlib.sha256()
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
