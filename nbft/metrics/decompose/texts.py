"""Metrics of written texts by rows, from sacrebleu's own statistics of sentences and rouge_score's of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from nbft.metrics.meteor import meteor_scores
from nbft.metrics.texts import AnyScript, bleu_tokenizer, by_number, is_latin, rouge_scores, sentences
from nbft.statistics.decomposed import Decomposed, RowMetric, mean_of

Texts = Sequence[str]
Wanted = Sequence[Any]
"""A text a row, or a list of the same number of texts."""
Value = Callable[[np.ndarray], np.ndarray]


def translation_rows(
    names: Sequence[str], predictions: Texts, references: Wanted, tokenize: str | None = None, **options: Any
) -> dict[str, RowMetric]:
    """Returns BLEU, chrF, TER and METEOR; `tokenize` is BLEU's, chosen by the references' script where it is not named."""
    found: dict[str, RowMetric] = {}
    columns = by_number(references)
    for name in names:
        if name == "bleu":
            split = tokenize or bleu_tokenizer(None, columns[0])[0]
            metric = BLEU(tokenize=split, **options)
            found[name] = _summed(metric, predictions, columns, bleu_value(metric))
        elif name == "chrf":
            chrf = CHRF(**options)
            found[name] = _summed(chrf, predictions, columns, chrf_value(chrf))
        elif name == "meteor":
            found[name] = mean_of(meteor_scores(predictions, references))
        else:
            found[name] = replace(_summed(TER(**options), predictions, columns, ter_value), lower_is_better=True)
    return found


def _summed(metric: Metric, predictions: Texts, columns: list[list[str]], value: Value) -> Decomposed:
    rows = metric._extract_corpus_statistics(list(predictions), columns)  # noqa: SLF001 - what its own tests resample
    return Decomposed(np.asarray(rows, float), value, scale=100.0)


def bleu_value(metric: BLEU) -> Value:
    """Returns BLEU of summed lengths, matches and n-grams, by `BLEU.compute_bleu`'s rules for a corpus."""
    if metric.smooth_method != "exp" or metric.effective_order:
        return _one_by_one(metric)
    order = metric.max_ngram_order

    def value(sums: np.ndarray) -> np.ndarray:
        said, wanted, right, total = sums[..., 0], sums[..., 1], sums[..., 2 : 2 + order], sums[..., 2 + order :]
        with np.errstate(divide="ignore", invalid="ignore"):
            brevity = np.where(said < wanted, np.exp(1 - wanted / said), 1.0)
            halvings = np.cumsum(right == 0, axis=-1)  # each n without a match counts half as much as the one before
            precision = np.where(right > 0, right, 0.5**halvings) / total
            score = 100 * brevity * np.exp(np.log(precision).mean(axis=-1))
        return np.where((right.sum(axis=-1) > 0) & (total > 0).all(axis=-1), score, 0.0)

    return value


def chrf_value(metric: CHRF) -> Value:
    """Returns chrF of summed n-grams said, wanted and matched, by `CHRF._compute_f_score`'s rules."""
    if metric.eps_smoothing:
        return _one_by_one(metric)
    factor = metric.beta**2

    def value(sums: np.ndarray) -> np.ndarray:
        said, wanted, matched = (sums[..., i::3] for i in range(3))
        there = (said > 0) & (wanted > 0)
        orders = np.maximum(there.sum(axis=-1), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.where(there, matched / said, 0).sum(axis=-1) / orders
            recall = np.where(there, matched / wanted, 0).sum(axis=-1) / orders
            score = 100 * (1 + factor) * precision * recall / (factor * precision + recall)
        return np.where(precision + recall > 0, score, 0.0)

    return value


def ter_value(sums: np.ndarray) -> np.ndarray:
    """Returns TER of summed edits and words of the references (..., 2)."""
    edits, words = sums[..., 0], sums[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(words > 0, 100 * edits / words, np.where(edits > 0, 100.0, 0.0))


def _one_by_one(metric: Metric) -> Value:
    """Returns what asks sacrebleu itself, for options that are rare."""

    def value(sums: np.ndarray) -> np.ndarray:
        flat = sums.reshape(-1, sums.shape[-1])
        found = [metric._compute_score_from_stats(row.tolist()).score for row in flat]  # noqa: SLF001 - its own formula
        return np.asarray(found).reshape(sums.shape[:-1])

    return value


def summary_rows(
    names: Sequence[str], predictions: Texts, references: Wanted, tokenizer: AnyScript | None = None
) -> dict[str, RowMetric]:
    """Returns ROUGE and METEOR; ROUGE's own tokenizer and stemmer are for Latin letters, else any script's words are compared."""
    wanted = [[text] if isinstance(text, str) else list(text) for text in references]
    split = tokenizer or (None if is_latin([texts[0] for texts in wanted]) else AnyScript())
    options: dict[str, Any] = {"tokenizer": split} if split else {"use_stemmer": True}
    ours = [name for name in names if name != "meteor"]
    lines = [sentences(text) for text in predictions]
    scores = rouge_scores(lines, [[sentences(text) for text in texts] for texts in wanted], ours, **options)
    if "meteor" in names:
        scores["meteor"] = meteor_scores(predictions, wanted)
    return {name: mean_of(scores[name]) for name in names}
