"""Metrics of classes by rows: hits, rows given a class and rows of it are counted; areas under curves are resampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbft.errors import DataError
from nbft.metrics.classes import SEVERAL, RocAuc
from nbft.metrics.decompose.ranks import areas
from nbft.statistics.decomposed import Decomposed, Resampled, RowMetric, mean_of

Value = Callable[[np.ndarray], np.ndarray]


def class_rows(
    names: Sequence[str], predictions: Any, references: Any, labels: Sequence[Any] | None = None
) -> dict[str, RowMetric]:
    """Returns the metrics of one class a row."""
    given = np.asarray(predictions)
    scores = given if given.ndim == 2 else None
    if scores is not None:
        said, wanted, count = scores.argmax(axis=1), np.asarray(references, int), scores.shape[1]
    else:
        said, wanted, count = _numbered(given, np.asarray(references), labels)
    found: dict[str, RowMetric] = {}
    for name in names:
        if name == "accuracy":
            found[name] = mean_of(said == wanted)
        elif name == "roc_auc":
            found[name] = _area(scores, wanted, "default")
        elif name == "matthews_correlation":
            found[name] = Decomposed(_counts(said, wanted, count), _matthews(count))
        else:
            found[name] = Decomposed(_counts(said, wanted, count), _macro(name, count))
    return found


def multi_label_rows(
    names: Sequence[str], predictions: Any, references: Any, threshold: float = 0.5
) -> dict[str, RowMetric]:
    """Returns the metrics of several labels a row; labels are given from `threshold` on."""
    scores, wanted = np.asarray(predictions), np.asarray(references).astype(int)
    said = (scores >= threshold).astype(int)
    counts = np.hstack([said & wanted, said, wanted]).astype(float)
    absent = counts[:, wanted.shape[1] :].reshape(len(wanted), 2, -1).sum(axis=(0, 1)) == 0
    found: dict[str, RowMetric] = {}
    for name in names:
        if name == "accuracy":
            found[name] = mean_of((said == wanted).all(axis=1))
        elif name == "roc_auc":
            found[name] = _area(scores if scores.dtype.kind == "f" else None, wanted, SEVERAL)
        elif name == "f1_micro":
            found[name] = Decomposed(counts, _micro_f1(wanted.shape[1]))
        else:
            found[name] = Decomposed(counts, _macro(name.removesuffix("_macro"), wanted.shape[1], absent))
    return found


def _numbered(
    given: np.ndarray, references: np.ndarray, labels: Sequence[Any] | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Returns classes as numbers (N,), both sides, and how many there are; those that are no label come last."""
    first = [] if labels is None else list(labels)
    others = sorted({*given.tolist(), *references.tolist()} - set(first), key=str)
    number = {name: i for i, name in enumerate([*first, *others])}
    sides = (np.asarray([number[name] for name in side.tolist()], int) for side in (given, references))
    return *sides, len(number)  # pyright: ignore[reportReturnType] - two of them


def _counts(said: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    """Returns (N, 3C) of 0 and 1: for each class whether the row is a hit, was given it, has it."""
    given, true = np.eye(count)[said], np.eye(count)[wanted]
    return np.hstack([given * true, given, true])


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Returns part by whole, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)


def _macro(name: str, count: int, absent: np.ndarray | None = None) -> Value:
    """Returns the mean over classes that rows have or were given; labels of none of all rows count as 0, as everywhere."""
    never = 0 if absent is None else int(absent.sum())

    def value(sums: np.ndarray) -> np.ndarray:
        hits, given, true = (sums[..., i * count : (i + 1) * count] for i in range(3))
        whole = {"f1": (given + true) / 2, "precision": given, "recall": true}[name]
        there = (given + true > 0).sum(axis=-1) + never
        return _share(_share(hits, whole).sum(axis=-1), there)

    return value


def _micro_f1(count: int) -> Value:
    def value(sums: np.ndarray) -> np.ndarray:
        hits, given, true = (sums[..., i * count : (i + 1) * count].sum(axis=-1) for i in range(3))
        return _share(2 * hits, given + true)

    return value


def _matthews(count: int) -> Value:
    """Returns the correlation of (N, C) given and true, by scikit-learn's formula; 0 where one side is constant."""

    def value(sums: np.ndarray) -> np.ndarray:
        hits, given, true = (sums[..., i * count : (i + 1) * count] for i in range(3))
        n = true.sum(axis=-1)
        shared = hits.sum(axis=-1) * n - (given * true).sum(axis=-1)
        spread = (n**2 - (given**2).sum(axis=-1)) * (n**2 - (true**2).sum(axis=-1))
        return _share(shared, np.sqrt(spread))

    return value


def _area(scores: np.ndarray | None, wanted: np.ndarray, kind: str) -> Resampled:
    if scores is None:
        raise DataError(
            "roc_auc needs how sure the model is of each class, and there are predicted classes alone.",
            "Leave roc_auc out, or give predictions as probabilities, a column for each class.",
            "evaluate.metrics",
        )
    known, metric = scores, RocAuc(config_name=kind)
    is_binary = kind != SEVERAL and known.shape[1] == 2
    columns = [1] if is_binary else list(range(known.shape[1]))
    has = [wanted[:, c] == 1 if wanted.ndim == 2 else wanted == c for c in columns]
    return Resampled(
        len(known),
        lambda rows: metric.value(wanted[rows], known[rows]),
        scale=1.0,
        weighted=areas([known[:, c] for c in columns], has),
    )
