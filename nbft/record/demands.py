"""Demands on scores, as `accuracy >= 0.85`: what gates of notebooks and CI are made of."""

from __future__ import annotations

import operator
import re

from nbft.errors import NbftError
from nbft.record.scorecard import Gate, System
from nbft.spec.guess import did_you_mean

_DEMAND = re.compile(
    r"\s*(?P<metric>[\w$/-]+?)(?P<end>\.low|\.high)?\s*(?P<sign><=|>=|<|>)\s*(?P<number>[-+.\deE]+)\s*(?P<share>%?)\s*"
)
_SIGNS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


def gate(demand: str, system: System) -> Gate:
    """Returns whether a system meets a demand; raises NbftError for one that can't be read.

    `accuracy >= 0.85` is judged on the value, `accuracy.low >= 0.85` on the lower end of its interval.
    """
    match = _DEMAND.fullmatch(demand)
    limit = _number(match["number"]) if match else None
    if match is None or limit is None:
        raise NbftError(f"{demand!r} is no demand.", "As in:  accuracy >= 0.85   or   accuracy.low >= 0.85", "require")
    score = system.scores.get(match["metric"])
    if score is None:
        known = list(system.scores)
        fix = did_you_mean(match["metric"], known) or f"There are: {', '.join(known)}."
        raise NbftError(f"This evaluation computes no {match['metric']!r}.", fix, "require")
    end = (match["end"] or ".value")[1:]
    found = getattr(score, end)
    limit = limit / 100 if match["share"] else limit
    is_met = found is not None and _SIGNS[match["sign"]](found, limit)
    where = {"value": "", "low": "the lower end of ", "high": "the upper end of "}[end]
    shown = "not defined" if found is None else f"{found:.4g}"
    return Gate(demand.strip(), system.name, is_met, f"{where}{match['metric']} of {system.name} is {shown}")


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
