"""What an evaluation is made of: confusions, the surest mistakes, and rows to look at, from what a task kept of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from nbft.inference.token_classification import split_tag
from nbft.record.examination import (
    MAX_CHARACTERS,
    MAX_LABELS,
    MAX_POINTS,
    MAX_ROWS,
    MAX_WORDS,
    OTHERS,
    Answered,
    Examination,
    LabelCount,
    Mistake,
    TaggedWords,
    TakenFor,
)

TextOf = Callable[[int], str]
"""Returns the text of a row of the evaluation."""
_AROUND = 140
"""Characters of a context on each side of an answer."""


def of_classes(probabilities: np.ndarray, truth: np.ndarray, names: Sequence[str], text_of: TextOf) -> Examination:
    """Returns what probabilities (N, C) look like against classes (N,)."""
    found = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(found != truth)
    sure = probabilities[wrong, found[wrong]]
    chosen = [(int(wrong[i]), float(sure[i])) for i in np.argsort(-sure, kind="stable")[:MAX_ROWS]]
    mistakes = [
        Mistake(shortened(text_of(i)), names[int(truth[i])], names[int(found[i])], round(p, 4)) for i, p in chosen
    ]
    size = len(names)
    counts = np.bincount(truth.astype(int) * size + found, minlength=size * size).reshape(size, size)
    return Examination(len(truth), len(wrong), taken_for(counts, names), mistakes=mistakes)


def taken_for(counts: np.ndarray, names: Sequence[str], of: str = "rows") -> TakenFor:
    """Returns counts (true, found) of the commonest labels, all others as one."""
    size, labels = len(names), list(names)
    if size > MAX_LABELS:
        seen = counts.sum(axis=0) + counts.sum(axis=1)
        kept = np.sort(np.argsort(-seen, kind="stable")[: MAX_LABELS - 1])
        place = np.full(size, MAX_LABELS - 1)
        place[kept] = np.arange(len(kept))
        small = np.zeros((MAX_LABELS, MAX_LABELS), dtype=int)
        np.add.at(small, (place[:, None], place[None, :]), counts)
        counts, labels = small, [*(labels[i] for i in kept), OTHERS]
    return TakenFor(labels, counts.tolist(), of)


def of_several(
    probabilities: np.ndarray, truth: np.ndarray, names: Sequence[str], threshold: float, text_of: TextOf
) -> Examination:
    """Returns what probabilities (N, C) of each label by itself look like against 0 and 1 (N, C)."""
    found, truth = probabilities >= threshold, truth.astype(bool)
    sure = np.where(found, probabilities, 1 - probabilities) * (found != truth)  # of what was decided wrongly
    worst = sure.max(axis=1)
    wrong = np.flatnonzero((found != truth).any(axis=1))
    order = wrong[np.argsort(-worst[wrong], kind="stable")][:MAX_ROWS]
    said = [
        Mistake(
            shortened(text_of(int(i))), _joined(truth[i], names), _joined(found[i], names), round(float(worst[i]), 4)
        )
        for i in order
    ]
    sums = zip(names, (found & truth).sum(0), (~found & truth).sum(0), (found & ~truth).sum(0), strict=True)
    counts = [LabelCount(name, int(right), int(missed), int(added)) for name, right, missed, added in sums]
    counts.sort(key=lambda count: -(count.missed + count.added))
    return Examination(len(truth), len(wrong), label_counts=counts[:MAX_LABELS], mistakes=said)


def _joined(chosen: np.ndarray, names: Sequence[str]) -> str:
    return ", ".join(names[int(i)] for i in np.flatnonzero(chosen)) or "no label"


def of_numbers(found: np.ndarray, truth: np.ndarray, text_of: TextOf) -> Examination:
    """Returns what numbers (N,) look like against numbers (N,)."""
    order = np.argsort(-np.abs(found - truth), kind="stable")[:MAX_ROWS]
    mistakes = [Mistake(shortened(text_of(int(i))), f"{truth[i]:.4g}", f"{found[i]:.4g}") for i in order]
    some = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), MAX_POINTS)).astype(int))
    points = [[float(f"{truth[i]:.5g}"), float(f"{found[i]:.5g}")] for i in some]
    return Examination(len(truth), mistakes=mistakes, points=points)


def of_tags(
    found: Sequence[Sequence[str]], truth: Sequence[Sequence[str]], words_of: Callable[[int], list[str]]
) -> Examination:
    """Returns what rows of tags look like beside the right ones: types of words taken for others, and the worst rows."""
    pairs = Counter(pair for one, other in zip(truth, found, strict=True) for pair in zip(one, other, strict=True))
    types = Counter[tuple[str, str]]()
    for (wanted, said), count in pairs.items():
        types[split_tag(wanted)[1], split_tag(said)[1]] += count
    names = sorted({name for pair in types for name in pair}, key=lambda name: (name == "O", name))
    place = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=int)
    for (wanted, said), count in types.items():
        counts[place[wanted], place[said]] = count
    errors = [sum(a != b for a, b in zip(one, other, strict=True)) for one, other in zip(truth, found, strict=True)]
    order = sorted(range(len(errors)), key=lambda i: (-errors[i], i))
    tagged = [_tagged(words_of(i), truth[i], found[i]) for i in order[:MAX_ROWS]]
    wrong = sum(count > 0 for count in errors)
    return Examination(len(errors), wrong, taken_for(counts, names, "words"), tagged=tagged)


def _tagged(words: list[str], wanted: Sequence[str], found: Sequence[str]) -> TaggedWords:
    """Keeps the part of a long row where it first goes wrong."""
    first = next((i for i, (a, b) in enumerate(zip(wanted, found, strict=True)) if a != b), 0)
    start = max(min(first - MAX_WORDS // 4, len(words) - MAX_WORDS), 0)
    part = slice(start, start + MAX_WORDS)
    return TaggedWords(words[part], list(wanted[part]), list(found[part]))


def answered(question: str, context: str, wanted: list[str], at: tuple[int, int], said: str, said_at: int) -> Answered:
    """Returns the question with the part of its context around both answers; a place is -1 where there is none."""
    spans = [at if at[0] >= 0 else None, (said_at, said_at + len(said)) if said else None]
    known = [span for span in spans if span is not None]
    first = min((span[0] for span in known), default=0)
    start = max(first - _AROUND, 0)
    end = min(max((span[1] for span in known), default=0) + _AROUND, start + 4 * MAX_CHARACTERS)
    before, after = "…" if start else "", "…" if end < len(context) else ""
    shift = len(before) - start
    last = len(before) + end - start
    places = [
        [span[0] + shift, min(span[1] + shift, last)] if span and span[0] + shift < last else [] for span in spans
    ]
    shown = f"{before}{context[start:end]}{after}"
    return Answered(shortened(question), shown, [shortened(one) for one in wanted[:3]], shortened(said), *places)


def shortened(text: str) -> str:
    """Returns a text, cut where it is long."""
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
