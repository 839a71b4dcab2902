"""The same training twice: by nbft, and by a plain PyTorch loop that knows nothing of nbft but the order of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import get_linear_schedule_with_warmup, set_seed

from nbft.engine.batches import LengthBuckets
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record.events import Measured
from nbft.run import Run
from nbft.spec.load import read_spec


@dataclass
class Trained:
    """A run that is over, and the loss of each of its steps."""

    run: Run
    losses: list[float]


def train(spec: dict[str, Any], folder: Path, name: str = "by-nbft") -> Trained:
    """Runs a spec to its end in this process."""
    place = prepare_folder(read_spec(spec), name, folder)
    run_inline(place)
    run = Run(place).wait()
    said = [e.values.get("train/loss") for e in Run(place).follow() if isinstance(e, Measured)]
    return Trained(run, [value for value in said if value is not None])


def batches(lengths: Sequence[int], batch_size: int, seed: int, epochs: int) -> list[list[int]]:
    """Returns the row numbers of each batch, in the order in which nbft trains on them."""
    order = LengthBuckets(lengths, batch_size, seed)
    found = []
    for epoch in range(epochs):
        order.set_epoch(epoch)
        rows = order.order().tolist()
        found += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return found


def losses_by_hand(
    make_model: Callable[[], Any], batch_of: Callable[[list[int]], dict[str, Any]], order: list[list[int]], **how: float
) -> list[float]:
    """Trains with AdamW, a linear schedule and clipping; returns the loss of each step.

    `make_model` is called right after the seed is set, as nbft does. `how`: learning_rate, weight_decay, warmup (steps),
    max_grad_norm, seed.
    """
    set_seed(int(how.get("seed", 42)))
    model = make_model().train()
    named = list(model.named_parameters())
    norms = {name for name, part in model.named_modules() if "norm" in type(part).__name__.lower()}
    is_plain = {name for name, _ in named if "bias" in name or name.rpartition(".")[0] in norms}
    groups = [
        {"params": [p for n, p in named if n not in is_plain], "weight_decay": how.get("weight_decay", 0.01)},
        {"params": [p for n, p in named if n in is_plain], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=how["learning_rate"])
    schedule = get_linear_schedule_with_warmup(optimizer, int(how.get("warmup", 0)), len(order))
    losses = []
    for rows in order:
        loss = model(**batch_of(rows)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), how.get("max_grad_norm", 1.0))
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return losses
