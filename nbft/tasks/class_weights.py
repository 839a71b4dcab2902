"""Losses in which rare labels weigh more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

Loss = Callable[..., torch.Tensor]
"""Takes (outputs, labels, num_items_in_batch), as the Trainer calls it."""


def balanced_weights(labels: Sequence[str], names: Sequence[str]) -> list[float]:
    """Returns rows / (classes * rows of the class) for each class: scikit-learn's `balanced`, 1 in the mean over rows."""
    counts = Counter(labels)
    return [len(labels) / (len(names) * max(counts[name], 1)) for name in names]


def positive_weights(labels: Sequence[list[str]], names: Sequence[str]) -> list[float]:
    """Returns rows without the label / rows with it, for each label: `pos_weight` of PyTorch's binary cross-entropy."""
    counts = Counter(name for label in labels for name in label)
    return [max(len(labels) - counts[name], 1) / max(counts[name], 1) for name in names]


def weighted_loss(weights: Sequence[float], smoothing: float) -> Loss:
    """Returns the cross-entropy of logits (B, C) and classes (B,), each row times the weight of its class.

    It is divided by the rows, not by their weights, so that passes of a step add up to the loss of the whole step.
    """
    weight = torch.tensor(weights)

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        logits = outputs["logits"].float()
        rows = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)
        total = (rows * weight.to(rows.device)[labels]).sum()
        return total / (len(labels) if num_items_in_batch is None else num_items_in_batch)

    return loss


def binary_loss(positive: Sequence[float]) -> Loss:
    """Returns the binary cross-entropy of logits (B, C) and targets (B, C), ones weighted by their label's weight."""
    weight = torch.tensor(positive)

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        logits = outputs["logits"].float()
        total = functional.binary_cross_entropy_with_logits(
            logits, labels, reduction="sum", pos_weight=weight.to(logits.device)
        )
        return total / (labels.numel() if num_items_in_batch is None else num_items_in_batch)

    return loss
