"""Evaluation of 20,000 rows against a bare forward loop over the same model and rows, interleaved.

    python tests/benchmarks/evaluation_speed.py MODEL_RUN ROWS.csv [--rows 20000] [--rounds 3] [--column text]

MODEL_RUN is a finished run of text-classification, ROWS.csv has its columns. Both sides load nothing in the time that is
measured, have tokenised rows, batches of 32 and the default threads; the loop takes rows as they come, pads each batch to
its longest row, and keeps the label. The bar is 0.95 of the loop's speed; batches of like length should pass 1.
On a busy machine both sides vary by a factor of two: `sorted loop`, the same loop over rows by length, tells padding from noise.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nbft.evaluation import start_evaluation
from nbft.run import open_run

BATCH = 32
BAR = 0.95


def bare_loop(model_folder: Path, texts: Sequence[str], *, by_length: bool = False) -> float:
    """Returns rows a second of the forward loop alone, over rows as they come or by length."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForSequenceClassification.from_pretrained(model_folder).eval()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    rows = [tokenizer(text, truncation=True) for text in texts]
    if by_length:
        rows.sort(key=lambda row: len(row["input_ids"]))
    started = time.monotonic()
    said: list[int] = []
    with torch.inference_mode():
        for begin in range(0, len(rows), BATCH):
            batch = tokenizer.pad(rows[begin : begin + BATCH], return_tensors="pt").to(device)
            said += model(**batch).logits.argmax(-1).tolist()
    return len(said) / (time.monotonic() - started)


def evaluation(run: str, file: Path) -> float:
    """Returns rows a second of an evaluation by a worker, its first row to its last."""
    found = start_evaluation([run], str(file), baselines=False).wait()
    speed = found.scorecard.systems[0].rows_per_s
    shutil.rmtree(found.folder.path)  # the same question would be answered at once
    assert speed is not None
    return speed


def main() -> None:
    """Prints a line a round, and the median ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--column", default="text")
    options = parser.parse_args()
    table = pd.read_csv(options.file)
    table = pd.concat([table] * -(-options.rows // len(table)))[: options.rows]
    file = Path("evaluation-speed.csv").absolute()
    table.to_csv(file, index=False)
    model, texts = open_run(options.run).folder.model, table[options.column].astype(str).tolist()
    ratios = []
    for number in range(1, options.rounds + 1):
        loop, ours = bare_loop(model, texts), evaluation(options.run, file)
        ratios.append(ours / loop)
        by_length = bare_loop(model, texts, by_length=True)
        told = f"bare loop {loop:,.0f}, sorted loop {by_length:,.0f}, evaluation {ours:,.0f} rows/s"
        print(f"round {number}: {told}, ratio {ratios[-1]:.2f}")
    print(f"median ratio {statistics.median(ratios):.2f} (bar {BAR}), {len(table):,} rows")


if __name__ == "__main__":
    main()
