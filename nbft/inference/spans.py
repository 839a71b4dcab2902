"""The best starts and ends in each window of a context -> the best answers of the context (Devlin et al. 2019)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_IMPOSSIBLE = -1e30
"""Padding has lower scores than this."""


@dataclass(frozen=True)
class Span:
    """A stretch of the context that may be the answer."""

    start: int
    """In characters of the context."""
    end: int
    score: float
    """Sum of the logits of its first and last token."""


@dataclass(frozen=True)
class Best:
    """What is kept of a window's logits."""

    scores: np.ndarray
    """The highest logits (2, K) of starts and of ends."""
    positions: np.ndarray
    """Their tokens (2, K)."""
    null: float
    """Sum of both logits where the model points to say that the window holds no answer."""


@dataclass(frozen=True)
class Found:
    """What a model says of one question."""

    spans: list[Span]
    """The best first; none overlap in both ends."""
    probabilities: list[float]
    """Of each span, among all of them and `no answer`."""
    no_answer: float
    """Probability that there is none; 0 for a model that always answers."""
    is_answered: bool


def spans_of(best: Best, window: Any, candidates: int, max_tokens: int) -> list[Span]:
    """Returns up to `candidates` answers of `max_tokens` tokens at most, the best first.

    `window` has `first`, `starts` and `ends`, as nbft.inference.windows.Window.
    """
    begin, finish = best.positions - window.first
    length = finish[None, :] - begin[:, None]
    starts, ends = best.scores.astype(np.float64)
    scores = starts[:, None] + ends[None, :]
    is_inside = (begin >= 0)[:, None] & (finish < len(window.starts))[None, :]
    scores = np.where(is_inside & (length >= 0) & (length < max_tokens), scores, -np.inf)
    order = np.argsort(-scores, axis=None, kind="stable")[:candidates]
    pairs = [np.unravel_index(i, scores.shape) for i in order if scores.flat[i] > _IMPOSSIBLE]
    return [Span(int(window.starts[begin[s]]), int(window.ends[finish[e]]), float(scores[s, e])) for s, e in pairs]


def decide(by_window: Sequence[Sequence[Span]], nulls: Sequence[float], candidates: int, may_be_none: bool) -> Found:
    """Returns the answers of a context from those of its windows.

    There is no answer where even the window that says so least says it more than its best span (the recipe of BERT
    for SQuAD 2.0); a model that has not learnt it always answers.
    """
    best: dict[tuple[int, int], Span] = {}
    for span in (span for spans in by_window for span in spans):
        place = (span.start, span.end)
        if place not in best or span.score > best[place].score:  # windows overlap
            best[place] = span
    spans = sorted(best.values(), key=lambda span: -span.score)[:candidates]
    null = min(nulls)
    weights = _softmax([*(span.score for span in spans), *([null] if may_be_none else [])])
    is_answered = bool(spans) and not (may_be_none and null > spans[0].score)
    return Found(spans, weights[: len(spans)], weights[-1] if may_be_none else 0.0, is_answered)


def _softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores, default=0.0)
    weights = [math.exp(score - top) for score in scores]
    return [weight / sum(weights) for weight in weights]


def trimmed(context: str, span: Span) -> tuple[str, int, int]:
    """Returns text, start and end without the white space that some tokenizers count to a word."""
    text = context[span.start : span.end]
    start = span.start + len(text) - len(text.lstrip())
    bare = text.strip()
    return bare, start, start + len(bare)
