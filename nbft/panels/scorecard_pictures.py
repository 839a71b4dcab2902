"""Pictures of a scorecard as plain SVG: intervals side by side, and how sure a system is against how often it is right.

They have no background and stand on light and dark pages alike, as the charts of svg.py do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbft.panels.base import text
from nbft.panels.data_pictures import WIDTH, document, image
from nbft.panels.plots import COLOURS
from nbft.panels.scorecard_words import BASELINE, interval, name_of, percent, value
from nbft.panels.svg import INK, ticks
from nbft.record.scorecard import Calibration, MetricNote, Score, Scorecard, Slice

_NAMES, _VALUES = 152, 56
"""Room for names on the left, and for values on the right."""
_TOP, _BOTTOM, _ROW = 34, 26, 24
_SHAPES = ("circle", "square", "diamond", "triangle")
"""Systems differ in shape besides their colour."""
_ALIKE = 1e-9


@dataclass(frozen=True)
class Mark:
    """A value with its interval on a line of the picture."""

    score: Score
    colour: str = COLOURS[0]
    shape: str = "circle"
    is_faint: bool = False


@dataclass(frozen=True)
class Row:
    """A name and the marks beside it, each a little lower than the one before."""

    name: str
    marks: Sequence[Mark]


def systems_picture(card: Scorecard, metric: MetricNote) -> str:
    """Returns a metric of all systems with their intervals; empty where there are no two to compare by eye."""
    rows = [
        Row(
            system.name, [Mark(score, INK if system.kind == BASELINE else COLOURS[0], is_faint=system.kind == BASELINE)]
        )
        for system in card.systems
        if (score := system.scores.get(metric.name)) is not None and score.value is not None
    ]
    title = name_of(metric.name) + (", lower is better" if metric.lower_is_better else "")
    return _forest(title, rows, []) if len(rows) > 1 else ""


def slices_picture(slices: Sequence[Slice], systems: Sequence[str], metric: str) -> str:
    """Returns a metric on slices of one kind, each system in a colour and shape of its own."""
    rows = []
    for one in slices:
        marks = []
        for place, system in enumerate(systems):
            score = one.scores.get(system, {}).get(metric)
            if score is not None and score.value is not None:
                marks.append(Mark(score, COLOURS[place % 4], _SHAPES[place % len(_SHAPES)]))
        if marks:
            rows.append(Row(one.value, marks))
    by = slices[0].by if slices else ""
    return _forest(f"{name_of(metric)} by {by}", rows, systems if len(systems) > 1 else []) if rows else ""


def _forest(title: str, rows: Sequence[Row], legend: Sequence[str]) -> str:
    low, high = _ends([mark.score for row in rows for mark in row.marks])
    top = _TOP + (20 if legend else 0)
    room = WIDTH - _NAMES - _VALUES

    def x(amount: float) -> float:
        return _NAMES + (amount - low) / (high - low) * room

    height = top + sum(_height(row) for row in rows) + _BOTTOM
    body = [f'<text x="12" y="18" font-size="14" font-weight="600">{text(title)}</text>', *_legend(legend)]
    for tick in ticks(low, high, 4):
        body.append(f'<path d="M{x(tick):.1f} {top}V{height - _BOTTOM}" stroke="{INK}" stroke-opacity=".22"/>')
        body.append(f'<text x="{x(tick):.1f}" y="{height - 8}" text-anchor="middle">{tick:.6g}</text>')
    y = float(top)
    for row in rows:
        middle = y + _height(row) / 2
        body.append(f'<text x="{_NAMES - 10}" y="{middle + 4:.1f}" text-anchor="end">{text(_fitting(row.name))}</text>')
        first = middle - (len(row.marks) - 1) * 6
        for place, mark in enumerate(row.marks):
            body.append(_mark(mark, x, first + place * 12))
        if len(row.marks) == 1:
            shown = value(row.marks[0].score.value)
            body.append(f'<text x="{WIDTH - 8}" y="{middle + 4:.1f}" text-anchor="end">{shown}</text>')
        y += _height(row)
    told = f"{title}: " + "; ".join(f"{row.name} {_told(row)}" for row in rows[:12])
    return image(document(round(height), told, body), told)


def _height(row: Row) -> float:
    return max(_ROW, len(row.marks) * 12 + 8)


def _told(row: Row) -> str:
    parts = []
    for mark in row.marks:
        ends = interval(mark.score)
        parts.append(f"{value(mark.score.value)}{f' ({ends})' if ends else ''}")
    return ", ".join(parts)


def _ends(scores: Sequence[Score]) -> tuple[float, float]:
    """Returns the ends of the axis: around what is shown, within 0 and 1 where all are shares."""
    shown = [end for score in scores for end in (score.value, score.low, score.high) if end is not None]
    low, high = min(shown), max(shown)
    air = (high - low) * 0.08 or abs(high) * 0.1 or 0.1
    bounds = (0.0, 1.0) if low >= 0 and high <= 1 else (float("-inf"), float("inf"))
    ends = max(low - air, bounds[0]), min(high + air, bounds[1])
    return ends if ends[1] - ends[0] > _ALIKE else (ends[0] - 0.1, ends[1] + 0.1)


def _mark(mark: Mark, x: Callable[[float], float], y: float) -> str:
    assert mark.score.value is not None
    here = x(mark.score.value)
    line = ""
    if mark.score.low is not None and mark.score.high is not None:
        left, right = x(mark.score.low), x(mark.score.high)
        line = (
            f'<path d="M{left:.1f} {y:.1f}H{right:.1f}M{left:.1f} {y - 4:.1f}v8M{right:.1f} {y - 4:.1f}v8" '
            f'stroke="{mark.colour}" stroke-width="1.5"/>'
        )
    return line + _shape(mark, here, y)


def _shape(mark: Mark, x: float, y: float) -> str:
    filling = f'fill="{mark.colour}"' + (' fill-opacity=".35"' if mark.is_faint else "")
    look = f'{filling} stroke="{mark.colour}"'
    if mark.shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {look}/>'
    corners = {
        "square": "m-4 -4h8v8h-8z",
        "diamond": "m0 -5l5 5l-5 5l-5 -5z",
        "triangle": "m0 -5l5 9h-10z",
    }[mark.shape]
    return f'<path d="M{x:.1f} {y:.1f}{corners}" {look}/>'


def _legend(names: Sequence[str]) -> list[str]:
    parts, x = [], 18.0
    for place, name in enumerate(names):
        mark = Mark(Score(0.0), COLOURS[place % 4], _SHAPES[place % len(_SHAPES)])
        parts.append(_shape(mark, x, 34) + f'<text x="{x + 11}" y="38">{text(_fitting(name))}</text>')
        x += 36 + min(len(name), 22) * 6.2
    return parts


def _fitting(words: str, most: int = 22) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


_SIDE, _LEFT = 232, 56
_HEIGHT = _SIDE + 34 + 44


def reliability_picture(found: Calibration) -> str:
    """Returns how often a system is right where it is so sure; the size of a dot says how many rows there are."""
    bins = [one for one in found.bins if len(one) >= 5 and one[2]]
    if not bins:
        return ""
    most = max(rows for _, _, rows, _, _ in bins)
    title = f"{found.system}: sure and right"
    body = [f'<text x="12" y="18" font-size="14" font-weight="600">{text(_fitting(title, 48))}</text>', *_square()]
    for _, _, rows, confidence, right in bins:
        x, y = _LEFT + confidence * _SIDE, 34 + (1 - right) * _SIDE
        body.append(
            f'<path d="M{x:.1f} {34 + (1 - confidence) * _SIDE:.1f}V{y:.1f}" stroke="{COLOURS[1]}" stroke-width="1.5"/>'
        )
        size = 2.5 + 5 * (rows / most) ** 0.5
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{COLOURS[0]}" fill-opacity=".85"/>')
    notes = [f"ECE {value(found.expected_error)}", "below the line: too sure", "above it: not sure enough"]
    for place, note in enumerate(notes):
        weight = ' font-weight="600"' if not place else ""
        body.append(f'<text x="{_LEFT + _SIDE + 20}" y="{52 + 18 * place}"{weight}>{note}</text>')
    told = f"{title}. Expected calibration error {value(found.expected_error)}: " + ", ".join(
        f"{percent(confidence)} sure, {percent(right)} right ({rows:.0f} rows)"
        for _, _, rows, confidence, right in bins
    )
    return image(document(_HEIGHT, told, body), told)


def _square() -> list[str]:
    bottom = 34 + _SIDE
    parts = [f'<path d="M{_LEFT} {bottom}L{_LEFT + _SIDE} 34" stroke="{INK}" stroke-dasharray="3 4"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _LEFT + share * _SIDE, 34 + (1 - share) * _SIDE
        parts.append(f'<path d="M{_LEFT} {y:.1f}h{_SIDE}M{x:.1f} 34v{_SIDE}" stroke="{INK}" stroke-opacity=".22"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{share:.0%}</text>')
    parts.append(f'<text x="{_LEFT + _SIDE / 2}" y="{bottom + 34}" text-anchor="middle">how sure it is</text>')
    parts.append(
        f'<text transform="translate(14 {34 + _SIDE / 2})rotate(-90)" text-anchor="middle">how often it is right</text>'
    )
    return parts
