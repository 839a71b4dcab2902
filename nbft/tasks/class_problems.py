"""What a label can be: one of several, any of several, or a number; how each is learnt and judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from datasets import Dataset

from nbft.errors import DataError
from nbft.metrics.classes import class_metrics, multi_label_metrics
from nbft.metrics.numbers import number_metrics
from nbft.record.examination import Examination
from nbft.spec.sections import RunSpec
from nbft.tasks.class_labels import ProblemName, natural, read_numbers, read_several, read_single
from nbft.tasks.class_weights import Loss, balanced_weights, binary_loss, positive_weights, weighted_loss
from nbft.tasks.examining import TextOf, of_classes, of_numbers, of_several
from nbft.tasks.rare_labels import strata_of

RARE_SHARE = 0.05
"""A label of fewer rows than this share, and of far fewer than the commonest, is worth a word."""
FAR_FEWER = 5
LARGE = 30.0
"""Numbers further from 0 than this are slow to learn for a head that begins at 0."""


class LabelProblem(ABC):
    """One instance a run; `names` are those of the model's outputs, in order."""

    name: ClassVar[ProblemName]
    config_name: ClassVar[str]
    """What transformers calls it (`problem_type`)."""

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    @property
    def is_balanced(self) -> bool:
        """Whether rare labels are to weigh more."""
        return self.spec.classification.weights == "balanced"

    def take(self, names: list[str]) -> None:
        """Takes the names of the model's outputs."""
        self.names = names
        self._numbers = {name: i for i, name in enumerate(names)}

    @abstractmethod
    def read(self, rows: Dataset, column: str) -> tuple[list[Any], str]:
        """Returns each row's label, None where it has none, and a note on how they were read; raises DataError."""

    @abstractmethod
    def learn(self, labels: list[Any], column: str) -> list[str]:
        """Returns the names of the outputs for the training rows' labels; raises DataError where nothing can be learnt."""

    def held(self, label: Any) -> list[str]:
        """Returns the names of the labels that a row has."""
        return []

    def strata(self, labels: list[Any]) -> list[str] | None:
        """Returns what a split keeps in proportion: the rarest of each row's labels."""
        return strata_of([self.held(label) for label in labels])

    @abstractmethod
    def target(self, label: Any) -> Any:
        """Returns a label as the model's loss takes it."""

    @abstractmethod
    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns what is kept of logits (B, C), in float32."""

    def loss(self, labels: list[Any]) -> Loss | None:
        """Returns the loss in which rare labels of the training rows weigh more, None where they are not to."""
        return None

    @abstractmethod
    def answers(self, outputs: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns predictions and references as a metric of the user's gets them."""

    @abstractmethod
    def score(self, outputs: np.ndarray, references: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        """Returns metrics by name."""

    @abstractmethod
    def examine(self, outputs: np.ndarray, references: np.ndarray, text_of: TextOf) -> Examination:
        """Returns a closer look at an evaluation."""

    def notes(self, labels: list[Any]) -> list[str]:
        """Returns a sentence about labels of which there are few rows."""
        seen = Counter(name for label in labels for name in self.held(label))
        counts = {name: count for name, count in seen.items() if count > 1}  # the check-up warns of those of one row
        if len(counts) < 2:
            return []
        rarest, commonest = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
        share = counts[rarest] / len(labels)
        if self.is_balanced or share >= RARE_SHARE or counts[rarest] * FAR_FEWER > counts[commonest]:
            return []
        advice = "To let rare labels weigh more in the loss, write   classification: {weights: balanced}"
        rows = f"{counts[rarest]} of {len(labels)} training rows ({share:.1%})"
        return [f"{rarest!r} is the label of {rows}, {commonest!r} of {counts[commonest]}. {advice}"]


class OneOfSeveral(LabelProblem):
    """A label is a name (str); the outputs are probabilities (N, C) that add up to 1."""

    name = "single-label"
    config_name = "single_label_classification"

    def read(self, rows: Dataset, column: str) -> tuple[list[str | None], str]:
        """Returns names."""
        return read_single(rows, column), ""

    def learn(self, labels: list[str], column: str) -> list[str]:
        """Returns the labels in natural order; refuses a single class, and a column of which nearly every value differs."""
        counts = Counter(labels)
        if len(counts) < 2:
            raise DataError(
                f"All {len(labels)} training rows have the label {next(iter(counts))!r}: there is nothing to tell apart.",
                "Is data.columns.label the right column?",
                "data.train",
            )
        if len(counts) > len(labels) // 2 and len(labels) > 20:
            fix = "Name the label's column under data.columns.label."
            if all(natural(label)[0] == 0 for label in counts):
                fix += "\nIf the model is to give a number, write   classification: {problem: regression}"
            raise DataError(
                f"The label column holds {len(counts)} different values in {len(labels)} rows: that is no label.",
                fix,
                "data.columns",
            )
        return sorted(counts, key=natural)

    def held(self, label: str) -> list[str]:
        """Returns the one label."""
        return [label]

    def target(self, label: str) -> int:
        """Returns the class."""
        return self._numbers[label]

    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns probabilities (B, C)."""
        return logits.float().softmax(dim=-1)

    def loss(self, labels: list[str]) -> Loss | None:
        """Returns a cross-entropy in which each row weighs by its class."""
        weights = balanced_weights(labels, self.names)
        return weighted_loss(weights, self.spec.train.label_smoothing) if self.is_balanced else None

    def answers(self, outputs: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns names (N,)."""
        names = np.asarray(self.names)
        return names[outputs.argmax(axis=1)], names[references]

    def score(self, outputs: np.ndarray, references: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        """Returns the metrics of probabilities (N, C) against classes (N,)."""
        return class_metrics(outputs, references, metrics)

    def examine(self, outputs: np.ndarray, references: np.ndarray, text_of: TextOf) -> Examination:
        """Returns what was taken for what, and the surest mistakes."""
        return of_classes(outputs, references, self.names, text_of)


class AnyOfSeveral(LabelProblem):
    """A label is a list of names, which may be empty; the outputs are a probability for each name (N, C)."""

    name = "multi-label"
    config_name = "multi_label_classification"

    def read(self, rows: Dataset, column: str) -> tuple[list[list[str] | None], str]:
        """Returns lists of names."""
        return read_several(rows, column)

    def learn(self, labels: list[list[str]], column: str) -> list[str]:
        """Returns the labels in natural order; refuses rows that all have the same."""
        counts = Counter(name for label in labels for name in label)
        if not counts:
            raise DataError(f"No training row has a label: all lists in column {column!r} are empty.", "", "data.train")
        if all(count == len(labels) for count in counts.values()):
            raise DataError(
                f"All {len(labels)} training rows have the same labels: there is nothing to tell apart.",
                f"They are {', '.join(map(repr, counts))}. Is data.columns.label the right column?",
                "data.train",
            )
        return sorted(counts, key=natural)

    def held(self, label: list[str]) -> list[str]:
        """Returns the labels."""
        return label

    def target(self, label: list[str]) -> list[float]:
        """Returns 1 for each label that the row has, 0 for the others."""
        return [float(name in label) for name in self.names]

    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns probabilities (B, C)."""
        return logits.float().sigmoid()

    def loss(self, labels: list[list[str]]) -> Loss | None:
        """Returns a binary cross-entropy in which the rows that have a label weigh as much as those that don't."""
        return binary_loss(positive_weights(labels, self.names)) if self.is_balanced else None

    def answers(self, outputs: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns 0 or 1 for each label, (N, C)."""
        return (outputs >= self.spec.classification.threshold).astype(int), references.astype(int)

    def score(self, outputs: np.ndarray, references: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        """Returns the metrics of probabilities (N, C) against 0 and 1 (N, C)."""
        return multi_label_metrics(outputs, references, metrics, self.spec.classification.threshold)

    def examine(self, outputs: np.ndarray, references: np.ndarray, text_of: TextOf) -> Examination:
        """Returns how often each label was missed or added, and the surest mistakes."""
        return of_several(outputs, references, self.names, self.spec.classification.threshold, text_of)


class ANumber(LabelProblem):
    """A label is a number (float); the outputs are numbers (N,)."""

    name = "regression"
    config_name = "regression"

    def read(self, rows: Dataset, column: str) -> tuple[list[float | None], str]:
        """Returns numbers."""
        return read_numbers(rows, column), ""

    def learn(self, labels: list[float], column: str) -> list[str]:
        """Returns the column's name, which names the one output; refuses a number that is always the same."""
        if len(set(labels)) < 2:
            raise DataError(
                f"All {len(labels)} training rows have the label {labels[0]:g}: there is nothing to learn.",
                "Is data.columns.label the right column?",
                "data.train",
            )
        return [column]

    def strata(self, labels: list[float]) -> None:
        """A split takes numbers as they come."""
        return

    def target(self, label: float) -> float:
        """Returns the number."""
        return label

    def reduce(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns numbers (B,)."""
        return logits.float().squeeze(-1)

    def answers(self, outputs: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns numbers (N,)."""
        return outputs, references

    def score(self, outputs: np.ndarray, references: np.ndarray, metrics: Sequence[str]) -> dict[str, float]:
        """Returns the metrics of numbers (N,) against numbers (N,)."""
        return number_metrics(outputs, references, metrics)

    def examine(self, outputs: np.ndarray, references: np.ndarray, text_of: TextOf) -> Examination:
        """Returns numbers beside the true ones, and those farthest off."""
        return of_numbers(outputs, references, text_of)

    def notes(self, labels: list[float]) -> list[str]:
        """Returns a sentence about numbers that are far from 0."""
        largest = max(labels, key=abs)
        if abs(largest) <= LARGE:
            return []
        what = f"The labels go up to {largest:g}: a new head begins near 0 and learns large numbers slowly."
        return [f"{what} Divide them by a constant, or raise train.learning_rate."]


PROBLEMS: dict[str, type[LabelProblem]] = {kind.name: kind for kind in (OneOfSeveral, AnyOfSeveral, ANumber)}


def refuse_options(spec: RunSpec, problem: str) -> None:
    """Raises DataError for options that the problem, or another option, leaves without effect."""
    train, weights = spec.train, spec.classification.weights
    if train.label_smoothing and train.loss:
        fix = "Smooth the labels in the function, or leave train.loss out."
        raise DataError(
            f"{train.loss} is the loss: train.label_smoothing would do nothing.", fix, "train.label_smoothing"
        )
    if train.label_smoothing and problem != "single-label":
        what = "Label smoothing spreads a label over the others: it is for texts that have one label each"
        raise DataError(f"{what}, and this is {problem}.", "Leave train.label_smoothing out.", "train.label_smoothing")
    if weights == "balanced" and train.loss:
        fix = "Weigh the labels in the function, or leave train.loss out."
        raise DataError(f"{train.loss} is the loss: the weights would do nothing.", fix, "classification.weights")
    if weights == "balanced" and problem == "regression":
        what = "Regression has no labels whose rows could be balanced."
        raise DataError(what, "Leave classification.weights out.", "classification.weights")
