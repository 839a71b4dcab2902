"""Does the starter encoder transfer? It and its architecture from random weights, fine-tuned on SST-2.

python tests/benchmarks/starter_transfer.py FOLDER  (holds train.csv, validation.csv, test.csv: text,label)
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    get_linear_schedule_with_warmup,
)

Inputs = dict[str, Tensor]
STARTER = Path(__file__).parents[2] / "nbft" / "starter" / "encoder"
RATES = {"starter": (1e-4, 2e-4, 4e-4, 8e-4), "random weights": (1e-4, 2e-4, 4e-4)}


@dataclass
class Split:
    """Token ids of every row, and the labels."""

    ids: list[list[int]]
    labels: list[int]


def read_splits(folder: Path, model: Path) -> dict[str, Split]:
    """The three splits as the model's tokenizer sees them."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    frames = {name: pd.read_csv(folder / f"{name}.csv") for name in ("train", "validation", "test")}
    names = sorted(frames["train"]["label"].unique())
    return {
        name: Split(
            ids=tokenizer(frame["text"].astype(str).tolist(), truncation=True, max_length=128)["input_ids"],
            labels=[names.index(label) for label in frame["label"]],
        )
        for name, frame in frames.items()
    }


def batches(split: Split, size: int, chance: random.Random | None) -> Iterator[tuple[Inputs, Tensor]]:
    """Padded inputs (batch, length) and labels (batch,), like lengths together; shuffled by `chance`."""
    order = list(range(len(split.ids)))
    if chance:
        chance.shuffle(order)
    pool = size * 20 if chance else len(order)
    grouped = [
        row
        for start in range(0, len(order), pool)
        for row in sorted(order[start : start + pool], key=lambda row: len(split.ids[row]))
    ]
    chunks = [grouped[start : start + size] for start in range(0, len(grouped), size)]
    if chance:
        chance.shuffle(chunks)
    for chunk in chunks:
        rows = [torch.tensor(split.ids[row]) for row in chunk]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        yield {"input_ids": ids, "attention_mask": mask}, torch.tensor([split.labels[row] for row in chunk])


def new_model(folder: Path, start: str, seed: int) -> PreTrainedModel:
    """The classifier with the starter's weights, or the same architecture with random ones."""
    torch.manual_seed(seed)
    if start == "starter":
        return AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2, dtype=torch.float32)
    config = AutoConfig.from_pretrained(folder, num_labels=2)
    return AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)


def fine_tune(model: PreTrainedModel, split: Split, rate: float, epochs: int, batch: int, seed: int) -> None:
    """AdamW with warm-up and linear decay."""
    chance = random.Random(seed)
    steps = epochs * -(-len(split.ids) // batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, round(0.06 * steps), steps)
    model.train()
    for _ in range(epochs):
        for inputs, labels in batches(split, batch, chance):
            model(**inputs, labels=labels).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()


@torch.no_grad()
def accuracy(model: PreTrainedModel, split: Split) -> float:
    """The share of rows labelled correctly."""
    model.eval()
    right = 0
    for inputs, labels in batches(split, 128, None):
        right += int((model(**inputs).logits.argmax(1) == labels).sum())
    return right / len(split.ids)


def measure(args: argparse.Namespace, splits: dict[str, Split], start: str, rate: float, seed: int) -> dict[str, float]:
    """Validation and test accuracy of one fine-tuning, printed as it ends."""
    began = time.perf_counter()
    model = new_model(args.model, start, seed)
    fine_tune(model, splits["train"], rate, args.epochs, args.batch_size, seed)
    scores = {name: accuracy(model, splits[name]) for name in ("validation", "test")}
    print(
        f"{start:>14} | rate {rate:7.1e} | seed {seed} | validation {scores['validation']:.4f}"
        f" | test {scores['test']:.4f} | {time.perf_counter() - began:4.0f} s",
        flush=True,
    )
    return scores


def measure_start(args: argparse.Namespace, splits: dict[str, Split], start: str) -> tuple[float, list[float]]:
    """The rate that validates best with the first seed, and the test accuracy of every seed at that rate."""
    rates = args.rates or RATES[start]
    first = {rate: measure(args, splits, start, rate, seed=0) for rate in rates}
    best = max(rates, key=lambda rate: first[rate]["validation"])
    others = [measure(args, splits, start, best, seed) for seed in range(1, args.seeds)]
    return best, [scores["test"] for scores in (first[best], *others)]


def main() -> None:
    """Fine-tune from both starts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with train.csv, validation.csv and test.csv")
    parser.add_argument("--model", type=Path, default=STARTER)
    parser.add_argument("--starts", nargs="+", choices=list(RATES), default=list(RATES))
    parser.add_argument("--rates", nargs="+", type=float, help="learning rates to try")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    splits = read_splits(args.data, args.model)
    results = {start: measure_start(args, splits, start) for start in args.starts}
    print(f"\n{'start':>14} | best rate | test accuracy, mean of {args.seeds} seeds | each")
    for start, (rate, scores) in results.items():
        each = ", ".join(f"{score:.4f}" for score in scores)
        print(f"{start:>14} |   {rate:7.1e} | {statistics.mean(scores):35.4f} | {each}")
    if len(results) == 2:
        starter, scratch = (statistics.mean(results[start][1]) for start in ("starter", "random weights"))
        print(f"{'':>14} | the starter is {100 * (starter - scratch):.1f} points above random weights")


if __name__ == "__main__":
    main()
