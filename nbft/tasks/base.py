"""What a task is: the columns it needs, the model it trains, the features it makes and the numbers that judge it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from nbft.spec.sections import RunSpec

NO_LIMIT = 1_000_000
"""Tokenizers without a limit say a number far above this."""

Warn = Callable[[str, str], None]
"""Takes a message and what would mend it."""


@dataclass
class Features:
    """A split as the model sees it: rows of `input_ids` and `labels`, and how many tokens each row has."""

    rows: Dataset
    lengths: list[int]
    cut: int
    """Rows that were longer than the limit and lost their end."""
    limit: int
    """Tokens at which rows are cut."""


def default_limit(lengths: Sequence[int], tokenizer: PreTrainedTokenizerBase, model_limit: int | None) -> int:
    """Returns the 99th percentile of the lengths, rounded up to a multiple of 8, within what model and tokenizer take."""
    limits = [n for n in (model_limit, tokenizer.model_max_length) if n and n < NO_LIMIT]
    percentile = math.ceil(float(np.percentile(lengths, 99)) / 8) * 8
    return min(percentile, *limits) if limits else percentile


class Task(ABC):
    """One instance a run; it learns the labels from the training rows and keeps them."""

    default_metrics: tuple[str, ...] = ()
    loss_counts_items = False
    """Whether the model's own loss divides by the labels of the whole step, not by those of its pass alone."""
    labels: list[str]

    def __init__(self, spec: RunSpec, warn: Warn) -> None:
        self.spec = spec
        self.warn = warn
        self.labels = []
        self.notes: list[str] = []
        """What was decided for the user, a sentence each."""
        self.preprocess: Callable[[str], str] | None = None
        """What every text goes through first."""
        self.model_limit: int | None = None
        """Tokens the model can read, where it has a limit."""

    @abstractmethod
    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns the rows in the task's own columns; raises DataError where a column is missing or nothing is left."""

    @abstractmethod
    def strata(self, rows: Dataset) -> Sequence[str] | None:
        """Returns what a split should keep in proportion, row by row, or None."""

    @abstractmethod
    def learn_labels(self, train: Dataset, others: dict[str, Dataset]) -> None:
        """Takes the labels from the training rows; raises DataError where the splits don't fit together."""

    @abstractmethod
    def take_labels(self, labels: list[str], splits: dict[str, Dataset]) -> None:
        """Takes the labels of a trained model instead; raises DataError where the splits hold others."""

    @abstractmethod
    def load_model(self, folder: str) -> PreTrainedModel:
        """Returns the model with a head that fits the labels."""

    @abstractmethod
    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns the rows tokenised and cut at `max_tokens`, or at a limit that suits them where it is None."""

    @abstractmethod
    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
        """Returns what pads features to a batch."""

    @abstractmethod
    def reduce(self, logits: Any, labels: Any) -> Any:
        """Returns what is kept of a batch's logits, so that evaluation memory doesn't grow with the vocabulary."""

    def answers(self, outputs: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns predictions and references as a metric of the user's gets them."""
        return outputs, references

    @abstractmethod
    def score(self, outputs: np.ndarray, references: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        """Returns the metrics of reduced outputs against references."""
