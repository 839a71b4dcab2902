"""Metrics of answers, as SQuAD's own scripts score them; shares of 1, as every share in nbft."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import datasets
import numpy as np

from nbft.metrics.base import NUMBER, TEXT, OfflineMetric

Words = Callable[[str], "list[str]"]
"""Takes an answer; returns what of it counts."""

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CHARACTER = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
"""Han and kana: scripts without spaces between words."""
_MANY = 0.3
"""A text with a larger share of such letters is scored by them."""


def words(text: str) -> list[str]:
    """Returns lower-case words without punctuation and articles (Rajpurkar et al. 2016, evaluate-v1.1.py)."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def characters(text: str) -> list[str]:
    """Returns Han characters and kana one by one, other words whole, no punctuation (Lewis et al. 2020, MLQA for zh)."""
    bare = "".join(
        c for c in text.lower() if c not in string.punctuation and not unicodedata.category(c).startswith("P")
    )
    return _CHARACTER.sub(r" \1 ", bare).split()


def is_by_character(texts: Iterable[str]) -> bool:
    """Returns whether texts are Chinese or Japanese, whose answers are scored by character."""
    letters = [c for text in texts for c in text if c.isalpha()]
    return sum(bool(_CHARACTER.match(c)) for c in letters) > _MANY * len(letters)


def exact(predicted: list[str], wanted: list[str]) -> float:
    """Returns 1 where both say the same."""
    return float(predicted == wanted)


def overlap(predicted: list[str], wanted: list[str]) -> float:
    """Returns the harmonic mean of precision and recall of the words; of two answers without words 1."""
    if not predicted or not wanted:
        return float(predicted == wanted)
    common = sum((Counter(predicted) & Counter(wanted)).values())
    return 2 * common / (len(predicted) + len(wanted))


def score_answer(predicted: str, wanted: Sequence[str], by_character: bool) -> tuple[float, float]:
    """Returns exact match and F1 against the nearest of the wanted answers, by SQuAD 2.0's rules: none wants none."""
    split: Words = characters if by_character else words
    known = [parts for answer in wanted if (parts := split(answer))] or [[]]
    said = split(predicted)
    return max(exact(said, parts) for parts in known), max(overlap(said, parts) for parts in known)


class AnswerMetric(OfflineMetric):
    """A metric of answers against one or several right ones."""

    inputs: ClassVar[dict[str, Any]] = {
        "predictions": {"id": TEXT, "prediction_text": TEXT},
        "references": {
            "id": TEXT,
            "answers": datasets.Sequence({"text": TEXT, "answer_start": datasets.Value("int32")}),
        },
    }

    def _scores(self, predictions: Any, references: Any, by_character: bool) -> tuple[np.ndarray, np.ndarray]:
        """Returns exact match and F1 of each question (N, 2), and whether it has an answer (N,)."""
        said = {row["id"]: row["prediction_text"] for row in predictions}
        wanted = [list(row["answers"]["text"]) for row in references]
        pairs = [(said.get(row["id"]), right) for row, right in zip(references, wanted, strict=True)]
        scores = [(0.0, 0.0) if text is None else self.score(text, right, by_character) for text, right in pairs]
        return np.asarray(scores), np.asarray([bool(right) for right in wanted])

    def score(self, predicted: str, wanted: Sequence[str], by_character: bool) -> tuple[float, float]:
        """Returns exact match and F1 of one answer."""
        return score_answer(predicted, wanted, by_character)


class Squad(AnswerMetric):
    """exact_match and f1 of questions that all have answers."""

    sentence = (
        "SQuAD 1.1 exact match and F1, shares of 1 (the rules of evaluate-v1.1.py; `by_character` those of MLQA)."
    )

    def score(self, predicted: str, wanted: Sequence[str], by_character: bool) -> tuple[float, float]:
        """Returns exact match and F1; version 1.1 compares answers that are nothing but articles, too."""
        split: Words = characters if by_character else words
        said, known = split(predicted), [split(answer) for answer in wanted]
        f1 = (overlap(said, parts) if said and parts else 0.0 for parts in known)
        return max((exact(said, parts) for parts in known), default=0.0), max(f1, default=0.0)

    def _compute(
        self, *, predictions: Any = None, references: Any = None, by_character: bool = False, **_: Any
    ) -> dict[str, float]:
        scores, _has = self._scores(predictions, references, by_character)
        exact_match, f1 = scores.mean(axis=0)
        return {"exact_match": float(exact_match), "f1": float(f1)}


class SquadV2(AnswerMetric):
    """The same where some questions have no answer, and for those with and without apart."""

    inputs: ClassVar[dict[str, Any]] = {
        "predictions": {**AnswerMetric.inputs["predictions"], "no_answer_probability": NUMBER},
        "references": AnswerMetric.inputs["references"],
    }
    sentence = (
        "SQuAD 2.0 exact match and F1, shares of 1 (the rules of evaluate-v2.0.py; `by_character` those of MLQA)."
    )

    def _compute(
        self,
        *,
        predictions: Any = None,
        references: Any = None,
        by_character: bool = False,
        no_answer_threshold: float = 1.0,
        **_: Any,
    ) -> dict[str, float]:
        said = [
            {
                **row,
                "prediction_text": "" if row["no_answer_probability"] > no_answer_threshold else row["prediction_text"],
            }
            for row in predictions
        ]
        scores, has = self._scores(said, references, by_character)
        values = dict(_means(scores, ""))
        for name, chosen in (("HasAns_", has), ("NoAns_", ~has)):
            values.update(_means(scores[chosen], name) if chosen.any() else {})
        return values


def _means(scores: np.ndarray, prefix: str) -> Mapping[str, float]:
    exact_match, f1 = scores.mean(axis=0)
    return {f"{prefix}exact": float(exact_match), f"{prefix}f1": float(f1), f"{prefix}total": len(scores)}


class ExactMatch(OfflineMetric):
    """Share of texts that are the wanted one, letter by letter."""

    inputs: ClassVar[dict[str, Any]] = {"predictions": TEXT, "references": TEXT}
    sentence = "Share of texts equal to their reference, with the options of evaluate's exact_match."

    def _compute(
        self,
        *,
        predictions: Any = None,
        references: Any = None,
        regexes_to_ignore: Sequence[str] = (),
        ignore_case: bool = False,
        ignore_punctuation: bool = False,
        ignore_numbers: bool = False,
        **_: Any,
    ) -> dict[str, float]:
        removed = string.punctuation * ignore_punctuation + string.digits * ignore_numbers

        def bare(text: str) -> str:
            for pattern in regexes_to_ignore or ():
                text = re.sub(pattern, "", text)
            return (text.lower() if ignore_case else text).translate(str.maketrans("", "", removed))

        pairs = [
            (said == wanted, bare(said), bare(wanted)) for said, wanted in zip(predictions, references, strict=True)
        ]
        same = [left == right and (bool(left) or is_same) for is_same, left, right in pairs]
        return {"exact_match": float(np.mean(same))}


ANSWER_METRICS: dict[str, type[OfflineMetric]] = {"squad": Squad, "squad_v2": SquadV2, "exact_match": ExactMatch}


def answer_metrics(
    predictions: Sequence[str], references: Sequence[Sequence[str]], by_character: bool
) -> dict[str, float]:
    """Returns f1 and exact_match, of questions with an answer too, and no_answer_accuracy, for (N,) answers.

    The rules are SQuAD 1.1's where every question has an answer, else SQuAD 2.0's; what no question is there for is
    not a number.
    """
    said = [{"id": str(i), "prediction_text": text} for i, text in enumerate(predictions)]
    wanted = [
        {"id": str(i), "answers": {"text": list(texts), "answer_start": [0] * len(texts)}}
        for i, texts in enumerate(references)
    ]
    if all(references):
        found = Squad().compute(predictions=said, references=wanted, by_character=by_character) or {}
        return {
            **found,
            "has_answer_f1": found["f1"],
            "has_answer_exact_match": found["exact_match"],
            "no_answer_accuracy": float("nan"),
        }
    said = [{**row, "no_answer_probability": 0.0} for row in said]
    found = SquadV2().compute(predictions=said, references=wanted, by_character=by_character) or {}
    return {
        "f1": found["f1"],
        "exact_match": found["exact"],
        "has_answer_f1": found.get("HasAns_f1", float("nan")),
        "has_answer_exact_match": found.get("HasAns_exact", float("nan")),
        "no_answer_accuracy": found.get("NoAns_exact", float("nan")),
    }
