"""A comparison in one sentence, which claims no more than the rows tell."""

from __future__ import annotations

import math

from nbft.statistics.compare import TOO_SLOW, Difference
from nbft.statistics.power import rows_needed, smallest_difference

LEVEL = 0.05
WORTH = 0.02
"""A difference worth telling, as a share of the metric's largest value: 2 points; where there is none, of b's value."""
_POINTS = 100


def is_told(difference: Difference, p: float | None) -> bool:
    """Returns whether one system beats the other: p (after Holm's correction) is small and the interval leaves out 0."""
    low, high = difference.low, difference.high
    return p is not None and p < LEVEL and low is not None and high is not None and not low <= 0 <= high


def verdict(a: str, b: str, difference: Difference, *, metric: str = "", p: float | None = None) -> str:
    """Returns the finding on a against b; `p` is that after a correction for several comparisons."""
    judged = difference.p if p is None else p
    if difference.test == TOO_SLOW:
        return f"whether {a} and {b} differ was not tested: {metric or 'the metric'} takes too long to be resampled"
    if difference.value != difference.value or judged is None:
        return f"{a} and {b} can't be compared: the metric is not defined on these rows"
    if not is_told(difference, judged):
        return _not_told(a, b, difference, judged)
    is_a = (difference.value > 0) != difference.lower_is_better
    winner, loser = (a, b) if is_a else (b, a)
    ends = [_size(end, difference) for end in sorted((abs(difference.low or 0.0), abs(difference.high or 0.0)))]
    size = _in_units(abs(difference.value), difference, metric)
    said = f"95% CI {ends[0]} to {ends[1]}, {told_p(judged)}, n = {difference.n}"
    return f"{winner} beats {loser} by {size} ({said})"


def verdict_over_seeds(
    names: tuple[str, str],
    difference: Difference,
    seeds: tuple[int, int],
    spreads: tuple[float | None, float | None],
    *,
    metric: str = "",
    p: float | None = None,
) -> str:
    """Returns the finding on a series against another, or against a system alone (1 seed, no spread)."""
    a, b = names
    judged = difference.p if p is None else p
    if difference.value != difference.value or judged is None:
        return f"{a} and {b} can't be compared: the metric is not defined on these rows"
    known = [spread for spread in spreads if spread is not None]
    told = " and ".join(_in_units(spread, difference) for spread in known)
    over = " and ".join(str(k) for k, spread in zip(seeds, spreads, strict=True) if spread is not None)
    size = _in_units(abs(difference.value), difference, metric)
    if not is_told(difference, judged):
        ends = " to ".join(_signed(end, difference) for end in (difference.low or 0.0, difference.high or 0.0))
        first = f"no difference between {a} and {b} can be told over {over} seeds and {_count(difference.n)}"
        sign = "−" if difference.value < 0 else ""
        return f"{first}{_alone(difference.p, judged)}: it is {sign}{size} on average (95% CI {ends}), and seeds spread by {told}"
    is_a = (difference.value > 0) != difference.lower_is_better
    winner, loser = (a, b) if is_a else (b, a)
    ends = [_size(end, difference) for end in sorted((abs(difference.low or 0.0), abs(difference.high or 0.0)))]
    said = f"95% CI {ends[0]} to {ends[1]}, {told_p(judged)}, n = {difference.n}"
    is_more = abs(difference.value) > max(known)
    beside = f"more than the seeds' spread of {told}" if is_more else f"though single seeds spread by as much, {told}"
    return f"{winner} beats {loser} by {size} on average over {over} seeds ({said}), {beside}"


def _signed(value: float, difference: Difference) -> str:
    size = _size(value, difference)
    return f"−{size}" if value < 0 and float(size.replace(",", "")) else size


def _not_told(a: str, b: str, difference: Difference, p: float) -> str:
    if difference.value == 0 and not difference.error:
        return f"no difference: {a} and {b} score the same on all {difference.n} rows"
    first = f"no difference can be told with {_count(difference.n)}{_alone(difference.p, p)}"
    return first + _what_would_be_needed(difference)


def _alone(alone: float | None, p: float) -> str:
    """Returns what is to be said where only the number of comparisons makes a difference one that can't be told."""
    if alone is None or not alone < LEVEL <= p:
        return ""
    return f" ({told_p(alone)} alone, {told_p(p)[4:]} among all comparisons)"


def _what_would_be_needed(difference: Difference) -> str:
    worth = WORTH * (difference.scale or abs(difference.reference))
    if not difference.error or not math.isfinite(worth) or worth <= 0:
        return ""
    spread = difference.error * math.sqrt(difference.n)
    needed = rows_needed(worth, spread)
    if needed > difference.n:
        return f"; about {_rounded(needed)} would be needed for a difference of {_in_units(worth, difference)}"
    least = smallest_difference(difference.n, spread)
    return f"; one of {_in_units(least, difference)} or more would most likely have shown"


def told_p(p: float) -> str:
    """Returns p in words: `p = 0.012`, `p < 0.001`."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _count(n: int) -> str:
    return f"{n} row" if n == 1 else f"{n} rows"


def _rounded(rows: int) -> str:
    """Returns a number of rows to two digits."""
    step = 10 ** max(len(str(rows)) - 2, 0)
    return f"{-(-rows // step) * step:,}"


def _size(value: float, difference: Difference) -> str:
    """Returns the size of a difference, or of the end of its interval, as a number."""
    number = abs(value) * (_POINTS if difference.scale == 1 else 1)
    if difference.scale is not None:
        return f"{number:.1f}"
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"


def _in_units(value: float, difference: Difference, metric: str = "") -> str:
    size = _size(value, difference)
    if difference.scale == 1:
        return f"{size.removesuffix('.0')} point" + ("" if size == "1.0" else "s")
    unit = f" {metric}" if metric else ""
    return f"{size}{unit}{', where lower is better' if metric and difference.lower_is_better else ''}"
