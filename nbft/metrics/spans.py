"""Metrics of tagged words, over seqeval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import datasets
from seqeval import metrics as seqeval
from seqeval.metrics.sequence_labeling import get_entities

from nbft.metrics.base import TEXT, OfflineMetric

Tags = list[list[str]]


class Seqeval(OfflineMetric):
    """Precision, recall and F1 of entities, which count only if span and type are right, and accuracy of words."""

    inputs: ClassVar[dict[str, Any]] = {"predictions": datasets.Sequence(TEXT), "references": datasets.Sequence(TEXT)}
    sentence = "Micro-averaged precision, recall and F1 of entities, and accuracy of words (seqeval 1.2, default mode)."

    def _compute(self, *, predictions: Any = None, references: Any = None, **_: Any) -> dict[str, Any]:
        """Returns overall_precision, overall_recall, overall_f1, overall_accuracy and a record for each type."""
        scores = {
            name: float(measure(references, predictions, average="micro", zero_division=0))  # pyright: ignore[reportArgumentType] - a number is documented
            for name, measure in _MEASURES.items()
        }
        return {
            **_of_types(references, predictions),
            **{f"overall_{name}": score for name, score in scores.items()},
            "overall_accuracy": float(seqeval.accuracy_score(references, predictions)),
        }


_MEASURES = {"precision": seqeval.precision_score, "recall": seqeval.recall_score, "f1": seqeval.f1_score}


def _of_types(references: Tags, predictions: Tags) -> dict[str, Any]:
    if not get_entities(references) and not get_entities(predictions):
        return {}
    found: dict[str, Any] = seqeval.classification_report(references, predictions, output_dict=True, zero_division=0)  # pyright: ignore[reportAssignmentType, reportArgumentType] - a dict is asked for; a number is documented
    return {
        name: {
            "precision": float(scores["precision"]),
            "recall": float(scores["recall"]),
            "f1": float(scores["f1-score"]),
            "number": int(scores["support"]),
        }
        for name, scores in found.items()
        if name not in ("micro avg", "macro avg", "weighted avg")
    }


SPAN_METRICS = {"seqeval": Seqeval}


def span_metrics(predictions: Tags, references: Tags, names: Sequence[str]) -> dict[str, float]:
    """Returns f1, precision, recall and accuracy of tags, row by row, in the order of `names`."""
    found = Seqeval().compute(predictions=predictions, references=references) or {}
    return {name: float(found[f"overall_{name}"]) for name in names}
