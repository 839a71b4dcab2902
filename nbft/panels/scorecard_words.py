"""What the scorecard's page and its plain text share: numbers as they are written, what is best, what is cut short."""

from __future__ import annotations

from dataclasses import dataclass

from nbft.panels.plots import SPELT
from nbft.panels.wording import NONE, number
from nbft.record.scorecard import Comparison, MetricNote, Score, Scorecard, System

BASELINE = "baseline"
SERIES = "series"


@dataclass(frozen=True)
class Room:
    """How much of the long parts is shown, so that a page stays small."""

    letters: int = 280
    """Of a text; the rest is cut off, and the text's length said."""
    mistakes: int = 10
    """Of a system."""
    flips: int = 6
    """Of each side of a pair."""
    slices: int = 24
    """Of a kind, those with the most rows."""
    labels: int = 12
    """Of a confusion matrix; with more there are only the commonest confusions."""


ROOMS = (Room(), Room(140, 5, 3, 12, 12), Room(80, 3, 2, 8, 8))
"""From much to little: a page takes the first that keeps it small."""


def name_of(metric: str) -> str:
    """Returns a metric's name as people write it."""
    return SPELT.get(metric, metric.replace("_", " "))


def value(amount: float | None) -> str:
    """Returns three digits behind the point for a share, one for what goes to 100."""
    if amount is None or abs(amount) >= 1000:
        return number(amount)
    return f"{amount:.3f}" if abs(amount) < 10 else f"{amount:.1f}"


def interval(score: Score) -> str:
    """Returns `0.853 to 0.890`; empty where it can't be told."""
    if score.low is None or score.high is None:
        return ""
    return f"{value(score.low)} to {value(score.high)}"


def spread(score: Score) -> str:
    """Returns `spread 0.012` for the mean of a series, else nothing."""
    return f"spread {value(score.spread)}" if score.spread is not None else ""


def said(score: Score | None) -> str:
    """Returns a value with its interval in one piece."""
    if score is None or score.value is None:
        return NONE
    ends = interval(score)
    more = "; ".join(part for part in (ends, spread(score)) if part)
    return f"{value(score.value)} ({more})" if more else value(score.value)


def percent(share: float) -> str:
    """Returns 93%, 0.4% or <0.1%."""
    if not share or share >= 0.01:
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"


def cut(words: str, letters: int) -> str:
    """Returns the words, the end of long ones left out and their length said."""
    return words if len(words) <= letters else f"{words[:letters].rstrip()}… ({len(words):,} characters)"


def metrics_of(card: Scorecard) -> list[MetricNote]:
    """Returns the metrics in their order; also those that have scores and no note."""
    noted = {note.name: note for note in card.metrics}
    named = [name for system in card.systems for name in system.scores]
    return [noted.get(name, MetricNote(name)) for name in dict.fromkeys([*noted, *named])]


def best_of(card: Scorecard, metric: MetricNote) -> set[str]:
    """Returns the names of the systems with the best value, a baseline too where it is the best; none where all are alike."""
    values = {
        s.name: v for s in card.systems if (score := s.scores.get(metric.name)) and (v := score.value) is not None
    }
    if len(set(values.values())) < 2:
        return set()
    best = min(values.values()) if metric.lower_is_better else max(values.values())
    return {name for name, found in values.items() if found == best}


def asked_for(card: Scorecard) -> list[System]:
    """Returns the systems but the baselines."""
    return [system for system in card.systems if system.kind != BASELINE]


def by_row(card: Scorecard) -> list[System]:
    """Returns the systems that answered the rows themselves: neither baselines nor means of others."""
    return [system for system in asked_for(card) if system.kind != SERIES]


def headline(card: Scorecard) -> list[str]:
    """Returns the findings in sentences, those of the first metric before the others; without any the scores themselves."""
    first = card.metrics[0].name if card.metrics else ""
    told = sorted(card.comparisons, key=lambda one: one.metric != first)
    names = len({one.metric for one in told}) > 1
    return list(dict.fromkeys(_sentence(one, names=names) for one in told)) or [_alone(card)]


def _sentence(one: Comparison, *, names: bool) -> str:
    """Points are points of any metric, and what can't be told names nobody: where there are several, it begins with both."""
    said = one.verdict if one.verdict.endswith(".") else f"{one.verdict}."
    is_named = one.a in one.verdict and one.b in one.verdict
    about = [name_of(one.metric)] if names else []
    about += [] if is_named else [f"{one.a} against {one.b}"]
    return f"{', '.join(about)}: {said}" if about else said


def _alone(card: Scorecard) -> str:
    systems = asked_for(card) or card.systems
    metrics = metrics_of(card)
    if not systems or not metrics:
        return f"Nothing was scored on {card.rows:,} rows."
    score = systems[0].scores.get(metrics[0].name)
    ends = interval(score) if score else ""
    told = f"95% CI {ends}, n = {card.rows:,}" if ends else f"n = {card.rows:,}"
    return f"{systems[0].name} has {name_of(metrics[0].name)} {value(score.value if score else None)} ({told})."


def facts(card: Scorecard) -> str:
    """Returns task, rows and where they came from in one line."""
    where = {"test": "test rows", "validation": "validation rows", "data": "rows of your own", "harness": "rows"}.get(
        card.split, card.split
    )
    took = f"{card.seconds:.0f} s" if card.seconds >= 10 else f"{card.seconds:.1f} s" if card.seconds else ""
    return " · ".join(part for part in (card.task, f"{card.rows:,} {where}", card.data, took) if part)
