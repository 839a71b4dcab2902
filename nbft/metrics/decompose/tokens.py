"""Metrics of token losses by rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbft.statistics.decomposed import Decomposed, RowMetric, ratio


def token_rows(names: Sequence[str], predictions: Any, references: Any = None) -> dict[str, RowMetric]:
    """Returns the metrics of rows (N, 3): the sum of losses, tokens, and tokens whose likeliest guess is right.

    There are no references: what is right is in the sums.
    """
    del references
    sums = np.asarray(predictions, float).reshape(-1, 3)
    losses, right = sums[:, [0, 1]], sums[:, [2, 1]]
    made = {
        "loss": lambda: Decomposed(losses, ratio, lower_is_better=True, scale=None),
        "perplexity": lambda: Decomposed(losses, _perplexity, lower_is_better=True, scale=None),
        "token_accuracy": lambda: Decomposed(right, ratio),
    }
    return {name: made[name]() for name in names}


def _perplexity(sums: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.exp(ratio(sums))
