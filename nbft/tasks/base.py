"""What a task is: the columns it needs, the model it trains, the features it makes and the numbers that judge it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import uuid4

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

from nbft.data.rows import cells, first_of, told
from nbft.data.slices import is_large, slices, written
from nbft.data.splits import hold_out
from nbft.errors import DataError
from nbft.record.examination import Examination
from nbft.spec.metric_names import DEFAULT_METRICS, metrics_of
from nbft.spec.sections import RunSpec

NO_LIMIT = 1_000_000
"""Tokenizers without a limit say a number far above this."""
Collate = Callable[[list[dict[str, Any]]], dict[str, Any]]
Warn = Callable[[str, str], None]
"""Takes a message and what would mend it."""


@dataclass
class Features:
    """A split as the model sees it."""

    rows: Dataset
    """`input_ids` and `labels` (or what the task calls them), ready for the collator."""
    lengths: list[int]
    """Tokens of each feature."""
    cut: int
    """Rows that were longer than the limit and lost their end."""
    limit: int
    """Tokens at which rows are cut."""
    examples: Dataset | None = None
    """The standardised rows, for tasks that score text."""
    example_of: list[int] = field(default_factory=list)
    """The example that each feature was made from: a long context gives several windows."""
    full: list[int] = field(default_factory=list)
    """Tokens of each feature before it was cut; empty where nothing is."""
    key: str = ""
    """Tells these features from all others; empty where nobody asked for it."""

    def select(self, order: Sequence[int]) -> Features:
        """Returns some of the features, in another order; all examples stay."""
        chosen = [self.example_of[i] for i in order] if self.example_of else []
        lengths = [self.lengths[i] for i in order]
        full = [self.full[i] for i in order] if self.full else []
        return Features(self.rows.select(order), lengths, self.cut, self.limit, self.examples, chosen, full, self.key)


@dataclass(frozen=True)
class Sample:
    """Something the model said, for people to read."""

    prompt: str
    text: str
    reference: str = ""
    """What it should have said, where that is known."""


BETWEEN = "\n\x1f\n"
"""Stands between the texts of a row where they are compared as one."""


def map_columns(rows: Dataset, change: Callable[[dict[str, list[Any]]], dict[str, list[Any]]]) -> Dataset:
    """Returns rows whose columns were changed, batch by batch: large ones stay on the disk."""

    def made(part: Dataset) -> Dataset:
        name = uuid4().hex  # else the function is hashed, which not all functions of users can be
        return part.map(change, batched=True, features=rows.features, keep_in_memory=True, new_fingerprint=name)

    return written(made(part) for _, part in slices(rows)) if is_large(rows) else made(rows)


def default_limit(lengths: Sequence[int], tokenizer: PreTrainedTokenizerBase, model_limit: int | None) -> int:
    """Returns the 99th percentile of the lengths, rounded up to a multiple of 8, within what model and tokenizer take."""
    limits = [n for n in (model_limit, tokenizer.model_max_length) if n and n < NO_LIMIT]
    percentile = math.ceil(float(np.percentile(lengths, 99)) / 8) * 8
    return min(percentile, *limits) if limits else percentile


class Task(ABC):
    """One instance a run; it learns from the training rows what it needs to know of them, and keeps it.

    The order of calls: `standardise` for each split, `learn_labels` (or `take_labels` of a trained model),
    `prepare_tokenizer`, `features` for the training split first, `load_model`, and in each evaluation `reduce` or
    `generate` batch by batch, then `score` and `samples`.
    """

    name: ClassVar[str]
    trainer_base: type[Trainer] = Trainer
    """The Trainer whose training the run's own trainer builds upon."""
    label_names: ClassVar[tuple[str, ...]] = ("labels",)
    loss_counts_items: bool = False
    """Whether the model's own loss divides by the labels of the whole step, not by those of its pass alone."""
    generates: bool = False
    """Whether evaluations write text with `generate`, instead of looking at logits."""
    writes_to_prompts: ClassVar[bool] = False
    """Whether `samples` are answers to `generate.prompts`, which need no evaluation."""
    cuts_are_untold: ClassVar[bool] = False
    """Whether the task leaves it to others to say how many rows lose their end."""
    text_columns: ClassVar[tuple[str, ...]] = ("text",)
    """Standardised columns that hold text."""
    labels: list[str]

    def __init__(self, spec: RunSpec, warn: Warn) -> None:
        self.spec = spec
        self.warn = warn
        self.labels = []
        self.notes: list[str] = []
        """What was decided for the user, a sentence each."""
        self.preprocess: Callable[[str], str] | None = None
        """What every text goes through first."""
        self.left_out: dict[str, list[int]] = {}
        """Rows of the source, from 0, that the last `standardise` left out, by the reason; all others are in order."""
        self.warns_of_rows = True
        """Whether rows that are left out are warned of at once; not where a source is standardised piece by piece."""
        self.split = "train"
        """The split whose features are made."""
        self.first_feature = 0
        """The number of the first of them, where they are made piece by piece."""
        self.model_limit: int | None = None
        """Tokens the model can read, where it has a limit."""
        self.pad_to_multiple_of: int | None = None
        """Batches are as long as a multiple of it, where the device has less to do so."""

    @property
    def kind(self) -> str:
        """The task, or the kind of it, as DEFAULT_METRICS names it; known once the labels are."""
        return self.name

    @property
    def metrics(self) -> list[str]:
        """What each evaluation computes besides the loss, in the spec's order; raises DataError for what it can't."""
        names = self.spec.evaluate.metrics or DEFAULT_METRICS[self.kind]
        known = metrics_of([self.kind])
        for name in names:
            if not name.startswith("$") and name not in known:
                raise DataError(
                    f"{self.kind} computes no {name!r}.", f"It computes {', '.join(known)}.", "evaluate.metrics"
                )
        return list(names)

    # Rows

    @abstractmethod
    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns the rows in the task's own columns; raises DataError where a column is missing or nothing is left."""

    def look_at(self, rows: Dataset) -> None:
        """Decides by all rows of the training source what `standardise` would else decide by the first that it gets."""
        return

    def leave_out(self, split: str, total: int, rows: Sequence[int], why: str) -> None:
        """Takes note of rows (from 0) that can't be used, and warns; `why` goes on after `3 of 20 train rows`."""
        if not rows:
            return
        self.left_out.setdefault(why, []).extend(rows)
        if self.warns_of_rows:
            self.warn(told(len(rows), total, split, why), first_of(rows))

    def texts(self, rows: Dataset) -> Iterable[str]:
        """Yields every text of standardised rows: what a tokenizer is learnt from."""
        for column in self.text_columns:
            if column in rows.column_names:
                yield from cells(rows, column)

    def map_texts(self, rows: Dataset, change: Callable[[str], str]) -> Dataset:
        """Returns standardised rows whose texts went through a function."""
        columns = [column for column in self.text_columns if column in rows.column_names]
        return map_columns(rows, lambda batch: {name: [change(text) for text in batch[name]] for name in columns})

    def inputs(self, rows: Dataset) -> Iterable[str]:
        """Yields what the model reads of each standardised row, as one text."""
        columns = [column for column in self.text_columns if column in rows.column_names]
        return (BETWEEN.join(parts) for parts in zip(*(cells(rows, column) for column in columns), strict=True))

    def targets(self, rows: Dataset) -> Iterable[str] | None:
        """Yields what the model should say of each standardised row, None where the texts themselves are learnt."""
        return None

    def strata(self, rows: Dataset) -> Sequence[str] | None:
        """Returns what a split should keep in proportion, row by row, or None."""
        return None

    def hold_out(self, rows: Dataset, size: float | int) -> tuple[Dataset, Dataset, str]:
        """Returns (kept, held out, note); `size` is a share below 1 or a number of rows."""
        return hold_out(rows, size, self.strata(rows), self.spec.split_seed)

    def trained_as(self, config: Any) -> None:
        """Takes what a trained model's config says of the task, before rows are standardised to evaluate it."""
        return

    def settle_as(self, other: Task) -> None:
        """Takes what another task of the same kind settled by the rows, where this one gets them standardised."""
        return

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Takes what is to be predicted from the training rows; raises DataError where the splits don't fit together."""
        return

    def take_labels(self, labels: list[str], splits: Mapping[str, Dataset]) -> None:
        """Takes the labels of a trained model instead; raises DataError where the splits hold others."""
        self.labels = labels

    # Model

    @abstractmethod
    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the spec's model with the head that the task needs."""

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Sets on the tokenizer what the task needs: languages, a chat template."""
        return

    @abstractmethod
    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns the rows tokenised and cut at `max_tokens`, or at a limit that suits them where it is None."""

    @abstractmethod
    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns what pads features to a batch."""

    def arguments(self) -> tuple[type[TrainingArguments], dict[str, Any]]:
        """Returns the class of the trainer's arguments, and those besides the engine's own."""
        return TrainingArguments, {}

    def loss(self) -> Callable[..., Any] | None:
        """Returns a loss of (outputs, labels, num_items_in_batch) in place of the model's own, or None."""
        return None

    # Evaluation

    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns what is kept of a batch's logits, so that evaluation memory doesn't grow with the vocabulary."""
        return logits

    def generate(self, model: Any, inputs: dict[str, Any], tokenizer: PreTrainedTokenizerBase) -> Any:
        """Returns the tokens written for a batch (B, L), padded; asked only where `generates`."""
        raise NotImplementedError

    def answers(self, outputs: Any, references: Any, features: Features) -> tuple[Any, Any]:
        """Returns predictions and references as a metric of the user's gets them."""
        return outputs, references

    @abstractmethod
    def score(self, outputs: Any, references: Any, metrics: Sequence[str], features: Features) -> dict[str, float]:
        """Returns the metrics of a split's outputs; `loss` among them takes the place of the mean over batches."""

    def samples(self, outputs: Any, features: Features, model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Sample]:
        """Returns a few things that the model said in this evaluation, for people to read."""
        return []

    def examine(self, outputs: Any, references: Any, features: Features) -> Examination | None:
        """Returns a closer look at an evaluation: what was taken for what, and some rows; None where samples say it all."""
        return None
