"""Where systems are wrong: confusions, calibration, the surest mistakes, and rows that flip between two of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbft.engine.judging.card import Judgement
from nbft.record.scorecard import Calibration, Confusion, Flip, Flips, Mistake
from nbft.statistics.calibration import calibration

MAX_LABELS = 50
MAX_MISTAKES = 20
MAX_FLIPS = 10
"""Rows shown of each side."""
MAX_CHARACTERS = 400


def confusion(judged: Judgement, labels: Sequence[str]) -> Confusion | None:
    """Returns what was taken for what; None where rows don't have one label each, or too many are known."""
    place = {label: i for i, label in enumerate(labels)}
    said, wanted = judged.answers.said, judged.answers.wanted
    if judged.answers.confidence is None or not 1 < len(labels) <= MAX_LABELS:
        return None
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    np.add.at(counts, ([place[name] for name in wanted], [place[name] for name in said]), 1)
    return Confusion(judged.name, list(labels), counts.tolist())


def calibrated(judged: Judgement) -> Calibration | None:
    """Returns whether the system is right as often as it is sure; None where it doesn't say how sure it is."""
    answers = judged.answers
    if answers.confidence is None or answers.is_right is None or not answers.n:
        return None
    error, bins = calibration(answers.confidence, answers.is_right)
    return Calibration(judged.name, error, bins)


def mistakes(judged: Judgement, inputs: list[str], numbers: list[int]) -> list[Mistake]:
    """Returns wrong rows, the surest first, in the data's order where the system doesn't say how sure it is."""
    answers = judged.answers
    if answers.is_right is None:
        return []
    wrong = np.flatnonzero(~answers.is_right)
    if answers.confidence is not None:
        wrong = wrong[np.argsort(-answers.confidence[wrong], kind="stable")]
    return [
        Mistake(
            judged.name,
            numbers[i],
            shortened(inputs[i]),
            shortened(answers.wanted[i]),
            shortened(answers.said[i]),
            None if answers.confidence is None else float(answers.confidence[i]),
        )
        for i in wrong[:MAX_MISTAKES].tolist()
    ]


def flips(a: Judgement, b: Judgement, inputs: list[str], numbers: list[int]) -> Flips | None:
    """Returns the rows that one got right and the other wrong; None where answers are neither."""
    first, second = a.answers.is_right, b.answers.is_right
    if first is None or second is None or len(first) != len(second):
        return None
    won, lost = np.flatnonzero(first & ~second), np.flatnonzero(second & ~first)

    def shown(rows: np.ndarray, winner: Judgement, loser: Judgement) -> list[Flip]:
        return [
            Flip(
                winner.name,
                loser.name,
                numbers[i],
                shortened(inputs[i]),
                shortened(winner.answers.wanted[i]),
                shortened(winner.answers.said[i]),
                shortened(loser.answers.said[i]),
            )
            for i in rows[:MAX_FLIPS].tolist()
        ]

    return Flips(a.name, b.name, len(won), len(lost), [*shown(won, a, b), *shown(lost, b, a)])


def shortened(text: str) -> str:
    """Returns a text, cut where it is long."""
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
