"""A `%%finetune` cell that trains a tiny model for as long as a test needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

START_S = 90.0
"""A worker imports torch before its first step, on a machine that may be busy."""


def training_cell(
    model: Path, rows: Path, *flags: str, name: str = "reviews", epochs: int = 10_000, every: int = 200
) -> str:
    """Returns the cell; 10,000 epochs of 20 steps last longer than any test waits."""
    return "\n".join(
        [
            f"%%finetune {name} {' '.join(flags)}".rstrip(),
            f"model: {model}",
            f"data: {{train: {rows}, validation: 16}}",
            f"train: {{epochs: {epochs}, batch_size: 4, learning_rate: 1e-3, precision: fp32}}",
            f"evaluate: {{every: {every}, metrics: [accuracy, f1]}}",
            f"save: {{every: {every}}}",
            "early_stopping: {enabled: false, monitor: eval/accuracy, patience: 3}",
        ]
    )


def wait_for(condition: Callable[[], Any], what: str, timeout_s: float = START_S) -> Any:
    """Waits until the condition holds and returns what it returned; fails the test otherwise."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {timeout_s:g} s in vain: {what}")
