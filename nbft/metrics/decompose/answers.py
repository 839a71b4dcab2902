"""Metrics of answers by rows: exact match and F1 of each question, of all or of those with an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbft.metrics.answers import Squad, score_answer
from nbft.statistics.decomposed import RowMetric, mean_of


def answer_rows(
    names: Sequence[str], predictions: Sequence[str], references: Sequence[Sequence[str]], by_character: bool = False
) -> dict[str, RowMetric]:
    """Returns the metrics of answers, by SQuAD 1.1's rules where every question has an answer, else by SQuAD 2.0's."""
    score = Squad().score if all(references) else score_answer
    pairs = zip(predictions, references, strict=True)
    scores = np.asarray([score(said, list(right), by_character) for said, right in pairs], float).reshape(-1, 2)
    has = np.asarray([bool(right) for right in references], bool)
    exact, f1 = scores[:, 0], scores[:, 1]
    made: dict[str, RowMetric] = {
        "f1": mean_of(f1),
        "exact_match": mean_of(exact),
        "has_answer_f1": mean_of(f1, has),
        "has_answer_exact_match": mean_of(exact, has),
        "no_answer_accuracy": mean_of(exact, ~has),
    }
    return {name: made[name] for name in names}
