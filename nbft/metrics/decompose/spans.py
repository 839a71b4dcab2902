"""Metrics of tagged words by rows: entities found, said and true, and words that are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from seqeval.metrics.sequence_labeling import get_entities

from nbft.statistics.decomposed import Decomposed, RowMetric, ratio

Tags = Sequence[Sequence[str]]


def span_rows(names: Sequence[str], predictions: Tags, references: Tags) -> dict[str, RowMetric]:
    """Returns the metrics of tags, a list for each row; the accuracy is that of words."""
    pairs = [(list(said), list(wanted)) for said, wanted in zip(predictions, references, strict=True)]
    words = [(sum(s == w for s, w in zip(*pair, strict=True)), len(pair[1])) for pair in pairs]
    found: dict[str, RowMetric] = {}
    entities = np.asarray([_entities(*pair) for pair in pairs], float).reshape(-1, 3) if names != ["accuracy"] else None
    for name in names:
        if name == "accuracy" or entities is None:
            found[name] = Decomposed(np.asarray(words, float).reshape(-1, 2), ratio)
        else:
            found[name] = Decomposed(entities, _VALUES[name])
    return found


def _entities(said: list[str], wanted: list[str]) -> tuple[int, int, int]:
    """Returns how many entities are right, how many were said, and how many there are."""
    given, true = set(get_entities(said)), set(get_entities(wanted))
    return len(given & true), len(given), len(true)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)


_VALUES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "precision": lambda sums: _share(sums[..., 0], sums[..., 1]),
    "recall": lambda sums: _share(sums[..., 0], sums[..., 2]),
    "f1": lambda sums: _share(2 * sums[..., 0], sums[..., 1] + sums[..., 2]),
}
