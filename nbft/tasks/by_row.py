"""What a model said of each row, in the form in which metrics are taken apart and people read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from datasets import Dataset

from nbft.metrics.answers import score_answer
from nbft.tasks.base import BETWEEN, Features, Task
from nbft.tasks.question_answering import NOTHING, QuestionAnswering, is_read_by_character
from nbft.tasks.summarization import Summarization
from nbft.tasks.tags import for_seqeval
from nbft.tasks.text_classification import TextClassification
from nbft.tasks.text_to_text import TextToText
from nbft.tasks.token_classification import TokenClassification
from nbft.tasks.translation import Translation


@dataclass(frozen=True)
class ByRow:
    """The rows of a split as one system answered them, in the order of the data."""

    predictions: Any
    """As `nbft.metrics.decompose.decompose_all` takes them, and so the references and the options."""
    references: Any
    options: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """The answers as text; empty where a row has none, as where tokens are guessed."""
    wanted: list[str] = field(default_factory=list)
    confidence: np.ndarray | None = None
    """How sure the system was of each answer (N,), from 0 to 1."""
    is_right: np.ndarray | None = None
    """Whether each answer is right (N,), where an answer is right or wrong."""

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.predictions)


def by_row(task: Task, outputs: Any, references: Any, features: Features) -> ByRow:
    """Returns what an evaluation kept, row by row; features of a task without examples tell their row by `example_of`."""
    order = np.argsort(features.example_of, kind="stable") if features.example_of else None
    for kind, read in _KINDS:
        if isinstance(task, kind):
            return read(task, outputs, references, features, order)
    sums = np.asarray(outputs, float)
    return ByRow(sums if order is None else sums[order], None)


def _classes(task: TextClassification, outputs: Any, references: Any, _: Features, order: Any) -> ByRow:
    outputs, references = (part if order is None else part[order] for part in (outputs, references))
    return of_labels(task, outputs, references)


def of_labels(task: TextClassification, outputs: np.ndarray, references: np.ndarray) -> ByRow:
    """Returns probabilities (N, C), or numbers (N,), against what is true, as a classification is judged."""
    problem = task.problem.name
    if problem == "regression":
        said, wanted = ([f"{value:.4g}" for value in side] for side in (outputs, references))
        return ByRow(outputs, references, said=said, wanted=wanted)
    found, truth = task.problem.answers(outputs, references)
    if problem == "single-label":
        said, wanted = found.tolist(), truth.tolist()
        right = np.asarray([a == b for a, b in zip(said, wanted, strict=True)])
        return ByRow(outputs, references.astype(int), {}, said, wanted, outputs.max(axis=1), right)
    names = np.asarray(task.labels)
    said, wanted = ([", ".join(names[row.astype(bool)]) or "no label" for row in side] for side in (found, truth))
    options = {"threshold": task.spec.classification.threshold}
    return ByRow(outputs, references, options, said, wanted, None, (found == truth).all(axis=1))


def _tags(task: TokenClassification, outputs: Any, references: Any, features: Features, _: Any) -> ByRow:
    found, truth = task.answers(outputs, references, features)
    return of_tags(found, truth, task.scheme)


def of_tags(found: Sequence[list[str]], truth: Sequence[list[str]], scheme: str) -> ByRow:
    """Returns tags against the true ones."""
    judged = [[for_seqeval(tags, scheme) for tags in side] for side in (found, truth)]
    said, wanted = ([" ".join(tags) for tags in side] for side in (found, truth))
    right = np.asarray([a == b for a, b in zip(said, wanted, strict=True)])
    return ByRow(judged[0], judged[1], said=said, wanted=wanted, is_right=right)


def _answers(task: QuestionAnswering, outputs: Any, references: Any, features: Features, _: Any) -> ByRow:
    found, truth = task.answers(outputs, references, features)
    return of_answers(found, truth, cast("Dataset", features.examples))


def of_answers(found: list[str], truth: list[list[str]], rows: Dataset) -> ByRow:
    """Returns answers against the lists of right ones."""
    by_character = is_read_by_character(rows)
    exact = [score_answer(one, right, by_character)[0] == 1 for one, right in zip(found, truth, strict=True)]
    said = [one or NOTHING for one in found]
    wanted = [(right or [NOTHING])[0] for right in truth]
    return ByRow(found, truth, {"by_character": by_character}, said, wanted, None, np.asarray(exact))


def _texts(task: TextToText, outputs: Any, references: Any, features: Features, order: Any) -> ByRow:
    found, truth = task.answers(outputs, references, features)
    return of_texts(task, [found[i] for i in order], [truth[i] for i in order])


def of_texts(task: TextToText, found: list[str], truth: list[str]) -> ByRow:
    """Returns texts that were written against their references."""
    options: dict[str, Any] = {}
    if isinstance(task, Translation):
        options = {"tokenize": task.tokenize}
    elif isinstance(task, Summarization):
        options = {"tokenizer": task.rouge_tokenizer}
    return ByRow(found, truth, options, found, truth)


def inputs_of(task: Task, rows: Dataset) -> list[str]:
    """Returns what the model reads of each row, for people."""
    return [text.replace(BETWEEN, " | ") for text in task.inputs(rows)]


def part(answered: ByRow, indices: np.ndarray) -> ByRow:
    """Returns some of the rows."""

    def taken(values: Any) -> Any:
        return values[indices] if isinstance(values, np.ndarray) else [values[i] for i in indices] if values else values

    names = ("predictions", "references", "said", "wanted", "confidence", "is_right")
    return replace(answered, **{name: taken(getattr(answered, name)) for name in names})


_Read = Callable[[Any, Any, Any, Features, Any], ByRow]
_KINDS: tuple[tuple[type[Task], _Read], ...] = (
    (TextClassification, _classes),
    (TokenClassification, _tags),
    (QuestionAnswering, _answers),
    (TextToText, _texts),
)
