"""Language models: token losses kept as three numbers a row, and what an evaluation makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nbft.tasks.base import Features

IGNORED = -100
"""The label of a token that is not learnt."""


def reduce_tokens(logits: Tensor | tuple[Tensor, ...], labels: Tensor, shift: bool) -> Tensor:
    """Returns (B, 3) in float32: the sum of the tokens' losses, tokens counted, tokens whose likeliest guess is right.

    `logits` (B, T, V), `labels` (B, T); with `shift` the logits of a position are for the label after it. One row at a
    time is widened to float32, and only at labels that count: nothing here grows with the vocabulary but that row.
    """
    scores = logits[0] if isinstance(logits, tuple) else logits
    if shift:
        scores, labels = scores[:, :-1], labels[:, 1:]
    rows = []
    for row, wanted in zip(scores, labels.to(scores.device), strict=True):
        counted = wanted != IGNORED
        guesses, truth = row[counted].float(), wanted[counted]
        loss = functional.cross_entropy(guesses, truth, reduction="sum")
        right = (guesses.argmax(dim=-1) == truth).sum()
        rows.append(torch.stack([loss, counted.sum().float(), right.float()]))
    return torch.stack(rows)


def token_metrics(outputs: Any) -> dict[str, float]:
    """Returns loss (the mean over tokens, exact), perplexity (its exponential) and token_accuracy of rows (N, 3)."""
    loss, count, right = np.asarray(outputs, dtype=np.float64).sum(axis=0)
    if not count:
        return dict.fromkeys(("loss", "perplexity", "token_accuracy"), math.nan)
    mean = float(loss / count)
    perplexity = math.exp(mean) if mean < math.log(np.finfo(np.float64).max) else math.inf
    return {"loss": mean, "perplexity": perplexity, "token_accuracy": float(right / count)}


def up_to(length: int, multiple: int | None) -> int:
    """Returns the least multiple that is no shorter."""
    return -(-length // multiple) * multiple if multiple else length


def padded(rows: Sequence[Mapping[str, Any]], pad: int, multiple: int | None = None) -> dict[str, torch.Tensor]:
    """Returns input_ids, attention_mask and labels (B, T), short rows filled up behind their end."""
    width = up_to(max(len(row["input_ids"]) for row in rows), multiple)

    def filled(name: str, filler: int) -> torch.Tensor:
        return torch.tensor([[*row[name], *[filler] * (width - len(row[name]))] for row in rows])

    mask = [[1] * len(row["input_ids"]) + [0] * (width - len(row["input_ids"])) for row in rows]
    return {
        "input_ids": filled("input_ids", pad),
        "attention_mask": torch.tensor(mask),
        "labels": filled("labels", IGNORED),
    }


class TokenScores:
    """The evaluation of a task whose answers are tokens; stands before Task among a task's bases."""

    shift: bool
    """Whether the logits of a position are for the token after it."""

    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns the sums of each row (B, 3)."""
        return reduce_tokens(logits, labels, self.shift)

    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns the metrics asked for and the exact loss of a split's rows (N, 3)."""
        found = token_metrics(outputs)
        return {name: found[name] for name in dict.fromkeys((*metrics, "loss"))}
