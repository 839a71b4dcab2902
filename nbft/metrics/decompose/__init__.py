"""Metrics taken apart by rows: `total()` is the metric's own value, and `nbft.statistics` computes it for any other rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nbft.errors import DataError
from nbft.metrics.decompose.answers import answer_rows
from nbft.metrics.decompose.classes import class_rows, multi_label_rows
from nbft.metrics.decompose.numbers import number_rows
from nbft.metrics.decompose.spans import span_rows
from nbft.metrics.decompose.texts import summary_rows, translation_rows
from nbft.metrics.decompose.tokens import token_rows
from nbft.spec.metric_names import metrics_of
from nbft.statistics.decomposed import RowMetric

Rows = Callable[..., dict[str, RowMetric]]
"""Takes names, predictions, references and options; returns the metrics by name."""

KINDS: dict[str, Rows] = {
    "text-classification": class_rows,
    "text-classification, multi-label": multi_label_rows,
    "text-classification, regression": number_rows,
    "token-classification": span_rows,
    "question-answering": answer_rows,
    "translation": translation_rows,
    "summarization": summary_rows,
    "text-generation": token_rows,
    "chat": token_rows,
    "fill-mask": token_rows,
}
"""By the kinds of DEFAULT_METRICS."""


def decompose(metric_name: str, kind: str, predictions: Any, references: Any, **options: Any) -> RowMetric:
    """Returns one metric by rows; see `decompose_all`."""
    return decompose_all([metric_name], kind, predictions, references, **options)[metric_name]


def decompose_all(
    names: Sequence[str], kind: str, predictions: Any, references: Any, **options: Any
) -> dict[str, RowMetric]:
    """Returns metrics by rows; raises DataError for one that the kind of task doesn't have, or that lacks what it needs.

    What the rows are, by kind (N rows each), and the options:
    text-classification: probabilities (N, C) or classes (N,), and classes (N,), numbers or names; `labels`, all of them.
    multi-label: probabilities or 0 and 1 (N, C), and 0 and 1 (N, C); `threshold` (0.5).
    regression: numbers (N,) and numbers (N,).
    token-classification: a list of tags a row, both sides, as seqeval reads them.
    question-answering: texts, and a list of right texts each, empty where there is no answer; `by_character` (False).
    translation, summarization: texts, and a text or a list of texts each; the options of sacrebleu and rouge_score.
    text-generation, chat, fill-mask: sums of losses, tokens, and tokens guessed right (N, 3); no references.
    """
    known = metrics_of([kind])
    for name in names:
        if name not in known and name != "loss":
            raise DataError(f"{kind} computes no {name!r}.", f"It computes {', '.join(known)}.", "evaluate.metrics")
    return KINDS[kind](names, predictions, references, **options)
