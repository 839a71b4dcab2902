"""A scorecard of real numbers: two scikit-learn classifiers and a baseline on the reviews that ship with nbft."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score

import nbft
from nbft.record.scorecard import (
    Calibration,
    Comparison,
    Confusion,
    Flip,
    Flips,
    Gate,
    MetricNote,
    Mistake,
    Score,
    Scorecard,
    Slice,
    System,
)
from nbft.statistics.bootstrap import interval
from nbft.statistics.calibration import calibration
from nbft.statistics.compare import compare
from nbft.statistics.decomposed import mean_of, of_function
from nbft.statistics.verdict import verdict

LABELS = ["negative", "positive"]
SYSTEMS = {
    "reviews": ("run", "the best checkpoint, of step 276"),
    "base": ("base", "its model before training, with a linear probe"),
    "majority": ("baseline", "the label that most training rows have"),
}


def rows_of(split: str) -> list[dict[str, str]]:
    """Returns rows of the reviews that ship with nbft."""
    file = Path(nbft.__file__).parent / "starter" / "reviews" / f"{split}.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


@cache
def predictions() -> tuple[list[dict[str, str]], dict[str, np.ndarray]]:
    """Returns the test rows, and what each system gives `positive`, from 0 to 1."""
    train, test = rows_of("train"), rows_of("test")
    found = {"majority": np.full(len(test), 1.0)}
    for name, many in (("reviews", len(train)), ("base", 60)):
        words = TfidfVectorizer(ngram_range=(1, 2)).fit([row["text"] for row in train[:many]])
        model = LogisticRegression(C=30).fit(
            words.transform([row["text"] for row in train[:many]]), [row["label"] for row in train[:many]]
        )
        found[name] = model.predict_proba(words.transform([row["text"] for row in test]))[:, 1]
    return test, found


@cache
def reviews_card() -> Scorecard:
    """Returns a scorecard with every part."""
    test, found = predictions()
    wanted = np.array([row["label"] for row in test])
    said = {name: np.where(p > 0.5, "positive", "negative") for name, p in found.items()}
    sure = {name: np.maximum(p, 1 - p) for name, p in found.items()}
    right = {name: words == wanted for name, words in said.items()}

    def f1(name: str, rows: Any) -> float:
        return float(f1_score(wanted[rows] == "positive", said[name][rows] == "positive"))

    def scores(name: str, rows: np.ndarray) -> dict[str, Score]:
        accuracy = mean_of(right[name][rows].astype(float))
        harmonic = of_function(lambda some: f1(name, rows[some]), len(rows))
        ends = [interval(metric, resamples=100) for metric in (accuracy, harmonic)]
        values = [float(right[name][rows].mean()), f1(name, rows)]
        return {
            metric: Score(value, end.low, end.high)
            for metric, value, end in zip(("accuracy", "f1"), values, ends, strict=True)
        }

    every = np.arange(len(test))
    difference = compare(mean_of(right["reviews"].astype(float)), mean_of(right["base"].astype(float)))
    assert difference.low is not None
    told = verdict("reviews", "base", difference, metric="accuracy")
    topics = sorted({row["topic"] for row in test}, key=lambda topic: -sum(row["topic"] == topic for row in test))
    parts = {topic: np.array([i for i, row in enumerate(test) if row["topic"] == topic]) for topic in topics[:6]}
    ece, bins = calibration(sure["reviews"], right["reviews"])
    flips = np.flatnonzero(right["reviews"] != right["base"])
    wrong = sorted(np.flatnonzero(~right["reviews"]), key=lambda i: -sure["reviews"][i])
    asked = SYSTEMS
    return Scorecard(
        task="text-classification",
        split="test",
        data="starter-reviews",
        rows=len(test),
        metrics=[
            MetricNote("accuracy", "scikit-learn 1.9, accuracy_score"),
            MetricNote("f1", "scikit-learn 1.9, f1_score", "average=binary, pos_label=positive"),
        ],
        systems=[
            System(name, *asked[name], scores(name, every), 1234.5 if name != "majority" else None) for name in asked
        ],
        comparisons=[
            Comparison(
                "reviews",
                "base",
                "accuracy",
                difference.value,
                difference.low,
                difference.high,
                difference.p,
                difference.p,
                difference.test,
                told,
            )
        ],
        slices=[
            Slice("topic", topic, len(rows), {name: scores(name, rows) for name in ("reviews", "base")})
            for topic, rows in parts.items()
        ],
        confusions=[
            Confusion(name, LABELS, confusion_matrix(wanted, said[name], labels=LABELS).tolist())
            for name in ("reviews", "base")
        ],
        calibrations=[Calibration("reviews", ece, bins)],
        mistakes=[
            Mistake("reviews", int(i) + 1, test[i]["text"], wanted[i], said["reviews"][i], float(sure["reviews"][i]))
            for i in wrong[:8]
        ],
        flips=[
            Flips(
                "reviews",
                "base",
                int((right["reviews"] & ~right["base"]).sum()),
                int((right["base"] & ~right["reviews"]).sum()),
                [
                    _flip(
                        int(i), test[i]["text"], wanted[i], {n: (right[n][i], said[n][i]) for n in ("reviews", "base")}
                    )
                    for i in flips
                ],
            )
        ],
        gates=[
            Gate("accuracy >= 0.7", "reviews", True, "0.9, at least 0.8"),
            Gate("accuracy >= 0.99", "reviews", False, "lower than that"),
        ],
        notes=["These rows are the test split: no choice was made by them."],
        seconds=2.4,
    )


def _flip(row: int, text: str, wanted: str, said: dict[str, tuple[bool, str]]) -> Flip:
    winner, loser = ("reviews", "base") if said["reviews"][0] else ("base", "reviews")
    return Flip(winner, loser, row + 1, text, wanted, said[winner][1], said[loser][1])
