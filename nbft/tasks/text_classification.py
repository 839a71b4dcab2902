"""Text classification: one label a text, or a pair of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from datasets import ClassLabel, Dataset
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from nbft.data.columns import find_columns
from nbft.errors import DataError
from nbft.metrics.classes import class_metrics
from nbft.tasks.base import Collate, Features, Task, default_limit
from nbft.tasks.pretrained import load_model

SHOWN_ROWS = 5
_BARE: Any = {"return_attention_mask": False}  # the collator makes it
TENSOR_CORE_ROWS = 8
"""A GPU multiplies lengths of such multiples faster; a CPU only has more to do."""


class TextClassification(Task):
    """Rows have `text`, `text_pair` where there are pairs, and `label` as text."""

    name = "text-classification"

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns text, text_pair and label; rows without text or label are dropped with a warning."""
        given = self.spec.data.columns.model_dump()
        columns, notes = find_columns(rows, given)
        self.notes += [note for note in notes if note not in self.notes]
        table = {
            role: [self._text(v) for v in rows[columns[role]]] for role in ("text", "text_pair") if role in columns
        }
        table["label"] = _label_names(rows, columns["label"])
        whole = [i for i in range(len(rows)) if all(table[role][i] for role in table)]
        if len(whole) < len(rows):
            self._report_dropped(table, split, len(rows), whole)
        return Dataset.from_dict({role: [values[i] for i in whole] for role, values in table.items()})

    def texts(self, rows: Dataset) -> Iterable[str]:
        """Yields texts and their pairs."""
        for column in ("text", "text_pair"):
            if column in rows.column_names:
                yield from rows[column]

    def _text(self, value: Any) -> str:
        text = _to_text(value)
        return self.preprocess(text) if self.preprocess and text else text

    def _report_dropped(self, table: dict[str, list[str]], split: str, total: int, whole: list[int]) -> None:
        kept = set(whole)
        first = [i + 1 for i in range(total) if i not in kept][:SHOWN_ROWS]
        missing = [role for role in table if not all(table[role])]
        if not whole:
            raise DataError(f"No row of the {split} data has both text and label.", f"Empty: {', '.join(missing)}.")
        count = total - len(whole)
        self.warn(
            f"{count} of {total} {split} rows have no {' or '.join(missing)} and were left out.",
            f"The first of them: row {', '.join(map(str, first))}.",
        )

    def strata(self, rows: Dataset) -> Sequence[str]:
        """Returns the labels: a split keeps their proportions."""
        return rows["label"][:]

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Takes the labels in natural order; refuses a single class and labels that training never saw."""
        counts = Counter(train["label"])
        if len(counts) < 2:
            raise DataError(
                f"All {len(train)} training rows have the label {next(iter(counts))!r}: there is nothing to tell apart.",
                "Is data.columns.label the right column?",
                "data.train",
            )
        if len(counts) > len(train) // 2 and len(train) > 20:
            raise DataError(
                f"The label column holds {len(counts)} different values in {len(train)} rows: that is no label.",
                "Name the label's column under data.columns.label.",
                "data.columns",
            )
        self.take_labels(sorted(counts, key=_natural), others)

    def take_labels(self, labels: list[str], splits: Mapping[str, Dataset]) -> None:
        """Takes labels in the order of the model's classes; refuses splits that hold others."""
        self.labels = labels
        self._numbers = {name: i for i, name in enumerate(labels)}
        for split, rows in splits.items():
            unseen = Counter(label for label in rows["label"] if label not in self._numbers)
            if unseen:
                label, count = unseen.most_common(1)[0]
                raise DataError(
                    f"{sum(unseen.values())} {split} rows have labels that no training row has, "
                    f"{label!r} among them ({count} rows).",
                    f"The training rows have {', '.join(map(repr, self.labels[:12]))}.",
                    f"data.{split}",
                )

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the encoder with a head of one logit a label, its labels named in the config."""
        names = dict(enumerate(self.labels))
        return load_model(
            AutoModelForSequenceClassification,
            self.spec.model,
            tokenizer,
            num_labels=len(names),
            id2label=names,
            label2id=self._numbers,
            ignore_mismatched_sizes=True,
        )

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns rows of input_ids (and token_type_ids for pairs) and labels."""
        texts = [rows[column][:] for column in ("text", "text_pair") if column in rows.column_names]
        encoded = tokenizer(texts[0], texts[1] if len(texts) > 1 else None, truncation=False, verbose=False, **_BARE)
        lengths = [len(ids) for ids in encoded["input_ids"]]
        limit = max_tokens or default_limit(lengths, tokenizer, self.model_limit)
        columns = {key: list(values) for key, values in encoded.items()}
        too_long = [i for i, length in enumerate(lengths) if length > limit]
        for i in too_long:
            row = [text[i] for text in texts]
            cut = tokenizer(row[0], row[1] if len(row) > 1 else None, truncation=True, max_length=limit, **_BARE)
            for key, values in columns.items():
                values[i] = cut[key]
        columns["labels"] = [self._numbers[label] for label in rows["label"]]
        return Features(Dataset.from_dict(columns), [min(n, limit) for n in lengths], len(too_long), limit)

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that pads to the longest row of the batch."""
        return DataCollatorWithPadding(
            tokenizer, pad_to_multiple_of=TENSOR_CORE_ROWS if torch.cuda.is_available() else None
        )

    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns probabilities (B, C) in float32."""
        first = logits[0] if isinstance(logits, tuple) else logits
        return first.float().softmax(dim=-1)

    def answers(self, outputs: Any, references: Any, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """Returns the labels predicted and the true ones (N,), as text."""
        names = np.asarray(self.labels)
        return names[outputs.argmax(axis=1)], names[references]

    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns the metrics of probabilities (N, C) against classes (N,)."""
        return class_metrics(outputs, references, metrics)


def _to_text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _label_names(rows: Dataset, column: str) -> list[str]:
    feature = rows.features[column]
    if isinstance(feature, ClassLabel):
        return ["" if value is None or value < 0 else str(feature.int2str(value)) for value in rows[column]]
    values = rows[column][:]
    if any(isinstance(value, list | dict) for value in values):
        raise DataError(f"Column {column!r} holds lists: a label is one value.", "", "data.columns.label")
    return [_label_text(value) for value in values]


def _label_text(value: Any) -> str:
    """A whole number that pandas turned into 1.0 because of a gap in its column is 1."""
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _natural(label: str) -> tuple[int, float, str]:
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
