"""What costs nothing: answers that know the training rows at most by their commonest label. A model should beat them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.dropped import PRIVATE
from nbft.data.rows import cells
from nbft.engine.tokenising import make_features
from nbft.inference.token_classification import OUTSIDE
from nbft.metrics.texts import sentences
from nbft.tasks.base import Task
from nbft.tasks.by_row import ByRow, of_answers, of_labels, of_tags, of_texts
from nbft.tasks.question_answering import QuestionAnswering
from nbft.tasks.summarization import Summarization
from nbft.tasks.text_classification import TextClassification
from nbft.tasks.text_to_text import TextToText
from nbft.tasks.token_classification import TokenClassification
from nbft.tasks.translation import Translation

LEAD = 3
"""Sentences of the baseline of summaries (See et al. 2017)."""
_IGNORED = -100


@dataclass(frozen=True)
class Baseline:
    """A baseline's answers."""

    name: str
    about: str
    answers: ByRow


def baselines(
    task: Task, rows: Dataset, train: Dataset | None, tokenizer: PreTrainedTokenizerBase
) -> Iterator[Baseline]:
    """Yields the baselines of a task; those that learn from training rows only where there are some."""
    if isinstance(task, TextClassification):
        yield from _labels(task, rows, train)
    elif isinstance(task, TokenClassification):
        truth = rows["tags"][:]
        yield Baseline(
            "no entity", "every word has the tag O", of_tags([[OUTSIDE] * len(t) for t in truth], truth, task.scheme)
        )
    elif isinstance(task, QuestionAnswering):
        yield from _spans(rows)
    elif isinstance(task, Translation):
        yield Baseline("copy", "the source as it is", of_texts(task, rows["source"][:], rows["target"][:]))
    elif isinstance(task, Summarization):
        lead = [" ".join(sentences(text).split("\n")[:LEAD]) for text in cells(rows, "source")]
        yield Baseline(
            f"lead-{LEAD}", f"the first {LEAD} sentences of the text", of_texts(task, lead, rows["target"][:])
        )
    elif train is not None and not isinstance(task, TextToText):
        yield _unigram(task, rows, train, tokenizer)


def _labels(task: TextClassification, rows: Dataset, train: Dataset | None) -> Iterator[Baseline]:
    if train is None:
        return
    truth = np.asarray([task.problem.target(label) for label in cells(rows, "label")])
    seen = np.asarray([task.problem.target(label) for label in cells(train, "label")])
    if task.problem.name == "regression":
        mean = np.full(len(truth), seen.mean())
        yield Baseline("mean", "the mean of the training rows", of_labels(task, mean, truth))
        return
    chance = np.random.default_rng(task.spec.split_seed)
    drawn = seen[chance.integers(len(seen), size=len(truth))]
    if task.problem.name == "multi-label":
        yield Baseline(
            "commonest",
            "the labels that most training rows have",
            of_labels(task, _repeat(seen.mean(axis=0), truth), truth),
        )
        yield Baseline("random", "the labels of a training row drawn by chance", of_labels(task, drawn, truth))
        return
    shares = np.bincount(seen, minlength=len(task.labels)) / len(seen)
    commonest = task.labels[int(shares.argmax())]
    yield Baseline(
        "majority", f"always {commonest!r}, as most training rows", of_labels(task, _repeat(shares, truth), truth)
    )
    random = np.eye(len(task.labels))[drawn]
    yield Baseline("random", "the label of a training row drawn by chance", of_labels(task, random, truth))


def _repeat(row: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.tile(row, (len(truth), 1))


def _spans(rows: Dataset) -> Iterator[Baseline]:
    truth = rows["answers"][:]
    if not all(truth):
        nothing = of_answers([""] * len(truth), truth, rows)
        yield Baseline("no answer", "says of every question that it has no answer", nothing)
    first = [sentences(context).partition("\n")[0] for context in cells(rows, "context")]
    yield Baseline("first sentence", "the first sentence of the context", of_answers(first, truth, rows))


def _unigram(task: Task, rows: Dataset, train: Dataset, tokenizer: PreTrainedTokenizerBase) -> Baseline:
    """Guesses each token by how often it stands among the learnt tokens of the training rows, one added to each."""
    counts: Counter[int] = Counter()
    for labels in _learnt(task, train, tokenizer, "train"):
        counts.update(labels)
    size = max(len(tokenizer), max(counts, default=0) + 1)
    total = sum(counts.values()) + size
    commonest = counts.most_common(1)[0][0] if counts else 0
    sums = []
    for labels in _learnt(task, rows, tokenizer, "test"):
        loss = sum(math.log(total / (counts[token] + 1)) for token in labels)
        sums.append((loss, len(labels), sum(token == commonest for token in labels)))
    about = "each token as often as in the training rows, whatever stands before it"
    return Baseline("unigram", about, ByRow(np.asarray(sums, float).reshape(-1, 3), None))


def _learnt(task: Task, rows: Dataset, tokenizer: PreTrainedTokenizerBase, split: str) -> Iterable[list[int]]:
    """Yields the tokens that each row is judged by; of masks any token may be one, so all are."""
    rows = rows.remove_columns([name for name in PRIVATE if name in rows.column_names])
    limit = tokenizer.model_max_length if tokenizer.model_max_length < 10**6 else None
    made = make_features(task, rows, tokenizer, limit, split).rows
    column = "labels" if "labels" in made.column_names else "input_ids"
    special = set(tokenizer.all_special_ids) if column == "input_ids" else set()
    for tokens in cells(made, column):
        yield [token for token in _shifted(tokens, task) if token != _IGNORED and token not in special]


def _shifted(tokens: list[int], task: Any) -> list[int]:
    """A model that goes on with a text never guesses its first token."""
    return tokens[1:] if getattr(task, "shift", False) else tokens
