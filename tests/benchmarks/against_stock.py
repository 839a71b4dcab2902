"""nbft against two stock Trainers on the same data, model and epochs, interleaved: wall time, peak memory, accuracy.

    python tests/benchmarks/against_stock.py MODEL TRAIN.csv TEST.csv [--rounds 3] [--epochs 1] [--rows 2000]

`guide` is the script of a good fine-tuning guide: stock Trainer, padding="max_length", batch 16, fp32. `tuned` is a stock
Trainer with dynamic padding, length grouping and bf16. Each is a process of its own; all evaluate once an epoch on the same
held-out rows and save once an epoch. csv columns: text, label.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEARNING_RATE = 5e-5
BATCH = 16
MAX_TOKENS = 128


def stock(options: argparse.Namespace, kind: str) -> float:
    """Trains with a stock Trainer; returns the test accuracy."""
    import evaluate  # noqa: F401 - the guide's script imports it
    import numpy as np
    from datasets import load_dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(42)
    files = {"train": options.train, "test": options.test}
    data = load_dataset("csv", data_files=files)
    data["train"] = data["train"].select(range(min(options.rows, len(data["train"]))))
    data = data.class_encode_column("label")
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    padding = "max_length" if kind == "guide" else False
    data = data.map(
        lambda b: tokenizer(b["text"], truncation=True, max_length=MAX_TOKENS, padding=padding), batched=True
    )
    if kind == "tuned":
        data = data.map(lambda b: {"length": [len(ids) for ids in b["input_ids"]]}, batched=True)
    split = data["train"].train_test_split(0.1, seed=42, stratify_by_column="label")
    model = AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=2, dtype="float32")
    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=2 * BATCH,
            num_train_epochs=options.epochs,
            learning_rate=LEARNING_RATE,
            eval_strategy="epoch",
            save_strategy="epoch",
            save_total_limit=2,
            load_best_model_at_end=True,
            bf16=kind == "tuned",
            train_sampling_strategy="group_by_length" if kind == "tuned" else "random",
            use_cpu=True,
            report_to="none",
            disable_tqdm=True,
        )
        trainer = Trainer(
            model=model,
            args=args,
            train_dataset=split["train"],
            eval_dataset=split["test"],
            processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer) if kind == "tuned" else None,
            compute_metrics=lambda p: {"accuracy": float((np.argmax(p.predictions, -1) == p.label_ids).mean())},
        )
        trainer.train()
        return trainer.evaluate(data["test"])["eval_accuracy"]  # pyright: ignore[reportArgumentType]


def ours(options: argparse.Namespace) -> float:
    """Trains with nbft's worker in this process; returns the test accuracy."""
    import pandas as pd

    from nbft.launch.inline import run_inline
    from nbft.launch.prepare import prepare_folder
    from nbft.run import Run
    from nbft.spec.load import read_spec

    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "train.csv"
        pd.read_csv(options.train, nrows=options.rows).to_csv(rows, index=False)
        spec = {
            "model": options.model,
            "data": {"train": str(rows), "validation": "10%", "test": options.test, "max_tokens": MAX_TOKENS},
            "train": {"epochs": options.epochs, "learning_rate": LEARNING_RATE, "batch_size": BATCH, "warmup": 0},
            "evaluate": {"metrics": ["accuracy"]},
        }
        place = prepare_folder(read_spec(spec), "bench", Path(folder))
        run_inline(place)
        return Run(place).wait().metrics["test/accuracy"] or 0.0


def one(options: argparse.Namespace) -> None:
    """Runs one kind in this process and prints its figures."""
    started = time.perf_counter()
    accuracy = ours(options) if options.kind == "nbft" else stock(options, options.kind)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "accuracy": accuracy}))


def main() -> None:
    """Runs all kinds in turn and prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--kind", choices=["nbft", "guide", "tuned"])
    options = parser.parse_args()
    if options.kind:
        one(options)
        return
    figures: dict[str, list[dict[str, float]]] = {"nbft": [], "guide": [], "tuned": []}
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    for _ in range(options.rounds):
        for kind, found in figures.items():
            command = [sys.executable, __file__, *sys.argv[1:], "--kind", kind]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            found.append(json.loads(done.stdout.splitlines()[-1]))
    base = [row["seconds"] for row in figures["nbft"]]
    print(f"{'':<7}{'seconds':>9}{'min':>8}{'max':>8}{'/ nbft':>8}{'peak MB':>9}{'accuracy':>10}")
    for kind, found in figures.items():
        times = [row["seconds"] for row in found]
        ratio = statistics.median(t / b for t, b in zip(times, base, strict=True))
        peak = statistics.median(row["peak_mb"] for row in found)
        accuracy = statistics.median(row["accuracy"] for row in found)
        shown = f"{statistics.median(times):>9.1f}{min(times):>8.1f}{max(times):>8.1f}{ratio:>8.2f}"
        print(f"{kind:<7}{shown}{peak:>9.0f}{accuracy:>10.4f}")


if __name__ == "__main__":
    main()
