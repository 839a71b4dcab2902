"""Text classification: a label, several labels or a number for a text, or for a pair of texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from datasets import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from nbft.data.columns import find_columns
from nbft.data.rows import NothingLeft, cells
from nbft.record.examination import Examination
from nbft.tasks.base import Collate, Features, Task, default_limit
from nbft.tasks.class_labels import see_problem
from nbft.tasks.class_problems import PROBLEMS, LabelProblem, refuse_options
from nbft.tasks.class_weights import Loss
from nbft.tasks.long_texts import BARE, encode_long
from nbft.tasks.pretrained import load_model
from nbft.tasks.rare_labels import keep_every_label, refuse_unseen


class TextClassification(Task):
    """Rows have `text`, `text_pair` where there are pairs, and `label`: a name, a list of names, or a number."""

    name = "text-classification"
    cuts_are_untold: ClassVar[bool] = True
    text_columns: ClassVar[tuple[str, ...]] = ("text", "text_pair")
    problem: LabelProblem
    """What a label is; known once the training rows are."""
    _loss: Loss | None = None
    _column = "label"

    @property
    def kind(self) -> str:
        """The task, and what a label is where it is not one of several."""
        return self.name if self.problem.name == "single-label" else f"{self.name}, {self.problem.name}"

    def trained_as(self, config: Any) -> None:
        """Takes from a trained model's config what a label is."""
        known = {kind.config_name: name for name, kind in PROBLEMS.items()}
        if config.problem_type in known:
            self.problem = PROBLEMS[known[config.problem_type]](self.spec)

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns text, text_pair and label; rows without text or label are dropped with a warning."""
        columns, notes = find_columns(rows, self.spec.data.columns.model_dump())
        if not hasattr(self, "problem"):
            self._settle(rows, columns["label"])
        labels, note = self.problem.read(rows, columns["label"])
        self.notes += [said for said in [*notes, note] if said and said not in self.notes]
        table: dict[str, list[Any]] = {
            role: [self._text(v) for v in cells(rows, columns[role])]
            for role in ("text", "text_pair")
            if role in columns
        }
        table["label"] = labels
        whole = [i for i in range(len(rows)) if all(table[role][i] not in ("", None) for role in table)]
        if len(whole) < len(rows):
            self._leave_out(table, split, len(rows), whole)
        return Dataset.from_dict({role: [values[i] for i in whole] for role, values in table.items()})

    def look_at(self, rows: Dataset) -> None:
        """Decides what a label is."""
        if not hasattr(self, "problem"):
            self._settle(rows, find_columns(rows, self.spec.data.columns.model_dump())[0]["label"])

    def _settle(self, rows: Dataset, column: str) -> None:
        """Decides what a label is, by the spec or by the training rows."""
        wanted = self.spec.classification.problem
        name, note = (wanted, "") if wanted else see_problem(rows, column)
        refuse_options(self.spec, name)
        self.problem = PROBLEMS[name](self.spec)
        self._column = column
        self.notes += [f"{note} To have it otherwise, set classification.problem."] if note else []

    def _text(self, value: Any) -> str:
        text = _to_text(value)
        return self.preprocess(text) if self.preprocess and text else text

    def _leave_out(self, table: dict[str, list[Any]], split: str, total: int, whole: list[int]) -> None:
        missing = [role for role, values in table.items() if any(value in ("", None) for value in values)]
        if not whole:
            raise NothingLeft(f"No row of the {split} data has both text and label.", f"Empty: {', '.join(missing)}.")
        kept = set(whole)
        self.leave_out(split, total, [i for i in range(total) if i not in kept], f"have no {' or '.join(missing)}")

    def _names(self, rows: Dataset) -> list[list[str]]:
        return [self.problem.held(label) for label in cells(rows, "label")]

    def targets(self, rows: Dataset) -> Iterable[str]:
        """Yields the labels of each row."""
        return map(str, cells(rows, "label"))

    def strata(self, rows: Dataset) -> Sequence[str] | None:
        """Returns each row's label, or the rarest of its labels: a split keeps their proportions."""
        return self.problem.strata(rows["label"][:])

    def hold_out(self, rows: Dataset, size: float | int) -> tuple[Dataset, Dataset, str]:
        """Returns (kept, held out, note); every label keeps a row to be learnt from."""
        return keep_every_label(super().hold_out(rows, size), self._names)

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Takes the labels in natural order; refuses what can't be learnt, and labels that training never saw."""
        labels = train["label"][:]
        self.take_labels(self.problem.learn(labels, self._column), others)
        self.notes += self.problem.notes(labels)
        self._loss = self.problem.loss(labels)

    def take_labels(self, labels: list[str], splits: Mapping[str, Dataset]) -> None:
        """Takes labels in the order of the model's outputs; refuses splits that hold others."""
        self.labels = labels
        self.problem.take(labels)
        for split, rows in splits.items():
            refuse_unseen(split, self._names(rows), labels)

    def loss(self) -> Loss | None:
        """Returns the loss in which rare labels weigh more, where the spec asks for it."""
        return self._loss

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the encoder with a head of one logit a label, its labels named in the config."""
        return load_model(
            AutoModelForSequenceClassification,
            self.spec.model,
            tokenizer,
            num_labels=len(self.labels),
            id2label=dict(enumerate(self.labels)),
            label2id={label: i for i, label in enumerate(self.labels)},
            problem_type=self.problem.config_name,
            ignore_mismatched_sizes=True,
        )

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns rows of input_ids (and token_type_ids for pairs) and labels."""
        texts = [rows[column][:] for column in ("text", "text_pair") if column in rows.column_names]
        columns, lengths = encode_long(tokenizer, texts, max_tokens)
        limit = max_tokens or default_limit(lengths, tokenizer, self.model_limit)
        too_long = [i for i, length in enumerate(lengths) if length > limit]
        for i in too_long:
            row = [text[i] for text in texts]
            cut = tokenizer(row[0], row[1] if len(row) > 1 else None, truncation=True, max_length=limit, **BARE)
            for key, values in columns.items():
                values[i] = cut[key]
        columns["labels"] = [self.problem.target(label) for label in cells(rows, "label")]
        cut, order = [min(n, limit) for n in lengths], list(range(len(rows)))
        return Features(Dataset.from_dict(columns), cut, len(too_long), limit, rows, order, lengths)

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that pads to the longest row of the batch."""
        return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=self.pad_to_multiple_of)

    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns probabilities (B, C), or numbers (B,), in float32."""
        return self.problem.reduce(logits[0] if isinstance(logits, tuple) else logits)

    def answers(self, outputs: Any, references: Any, features: Features) -> tuple[np.ndarray, np.ndarray]:
        """Returns predictions and truth: labels as text (N,), 0 or 1 for each of several (N, C), or numbers (N,)."""
        return self.problem.answers(outputs, references)

    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns the metrics of probabilities or numbers against what is true."""
        return self.problem.score(outputs, references, metrics)

    def examine(self, outputs: Any, references: Any, features: Features) -> Examination | None:
        """Returns confusions and the surest mistakes, or numbers against numbers."""
        examples = features.examples
        if examples is None:
            return None
        columns = [column for column in self.text_columns if column in examples.column_names]

        def text_of(i: int) -> str:
            row = examples[features.example_of[i]]
            return "\n".join(row[column] for column in columns)

        return self.problem.examine(outputs, references, text_of)


def _to_text(value: Any) -> str:
    return "" if value is None else str(value).strip()
