"""Two pictures of a data set as plain SVG: how its labels are spread, and how long its rows are.

They have no background and stand on light and dark pages alike, as the charts of svg.py do.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from nbft.panels.base import text
from nbft.panels.data_text import safe
from nbft.panels.plots import COLOURS
from nbft.panels.svg import FONT, INK
from nbft.panels.svg_frame import ticks
from nbft.record.data_check import DataCheck, Histogram, SplitCheck

WIDTH = 480
_LABEL_WIDTH, _VALUE_WIDTH = 120, 112
_BARS, _GAPS = (9, 18), (9, 26)
"""The least and the most room of a bar, and between labels."""
_LETTER = 6.2
"""About the width of a letter."""
SHOWN_LABELS = 10
_LOOKS = ((COLOURS[0], ""), (COLOURS[1], ' fill-opacity=".28"'), (COLOURS[2], ' fill-opacity="0"'))
"""Colour and filling of the splits: full, faint, and an outline alone."""
_TOP, _LEFT, _HEIGHT = 56, 12, 248
_AXIS, _BOTTOM = 48, _HEIGHT - 46
"""Where the axes of a histogram stand."""
_CUT = COLOURS[1]


def image(svg: str, words: str) -> str:
    """Returns an SVG document as an <img> that needs nothing from anywhere."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img class="nbft-picture" alt="{text(words)}" src="data:image/svg+xml;base64,{data}">'


def document(height: int, title: str, body: Sequence[str]) -> str:
    """Returns a whole SVG document of that height."""
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}" font-size="11" fill="{INK}">'
        f"<title>{text(title)}</title>{''.join(body)}</svg>"
    )


def labels_picture(check: DataCheck) -> str:
    """Returns the balance of labels as an image; empty where the task has none."""
    if check.splits[0].numbers:
        return _numbers_picture(check.splits[0])
    labels = list(check.splits[0].labels)
    if not labels:
        return ""
    shown = labels[:SHOWN_LABELS]
    splits = [split for split in check.splits if split.labels][: len(_LOOKS)]
    totals = [sum(split.labels.values()) for split in splits]
    most = max(
        split.labels.get(label, 0) / total for split, total in zip(splits, totals, strict=True) for label in shown
    )
    room = (_HEIGHT - _TOP - 8) / len(shown)
    gap = min(max(room * 0.3, _GAPS[0]), _GAPS[1])
    bar = min(max((room - gap) / len(splits) - 2, _BARS[0]), _BARS[1])
    body = [_heading("Labels", _legend([split.name for split in splits]))]
    y = _TOP + max(room - gap - len(splits) * (bar + 2), 0) * len(shown) / 2
    for label in shown:
        middle = y + (len(splits) * (bar + 2) - 2) / 2
        name = text(_fitting(label, 17))
        body.append(f'<text x="{_LABEL_WIDTH - 8}" y="{middle + 4:.1f}" text-anchor="end">{name}</text>')
        for place, (split, total) in enumerate(zip(splits, totals, strict=True)):
            size = (split.labels.get(label, 0), total, most)
            body.append(_bar(size, (y + place * (bar + 2), bar), _LOOKS[place]))
        y += len(splits) * (bar + 2) + gap
    hidden = len(labels) - len(shown) + check.splits[0].more_labels
    if hidden:
        y += 8
        body.append(f'<text x="{_LABEL_WIDTH}" y="{y:.0f}">and {hidden:,} rarer labels</text>')
    words = ", ".join(f"{label} {check.splits[0].labels[label]:,}" for label in shown)
    told = f"Labels of train: {words}"
    return image(document(max(int(y + 6), _HEIGHT), told, body), told)


def _bar(size: tuple[int, int, float], place: tuple[float, float], look: tuple[str, str]) -> str:
    """Returns a bar of (rows, of how many, the largest share) at (top, height)."""
    (count, total, most), (y, height), (colour, filling) = size, place, look
    room = WIDTH - _LABEL_WIDTH - _VALUE_WIDTH
    width = max(room * count / total / most, 1.0 if count else 0.0)
    told = (
        f"{count:,} · {count / total:.0%}" if count / total >= 0.01 or not count else f"{count:,} · {count / total:.1%}"
    )
    beside = f'x="{_LABEL_WIDTH + width + 7:.1f}" y="{y + height / 2 + 3.5:.1f}"'
    return (
        f'<rect x="{_LABEL_WIDTH + 0.5}" y="{y + 0.5:.1f}" width="{width:.1f}" height="{height - 1:.1f}" rx="1.5" fill="{colour}"'
        f'{filling} stroke="{colour}"/><text {beside} font-size="10">{told}</text>'
    )


def _heading(title: str, more: str = "") -> str:
    return f'<text x="{_LEFT}" y="16" font-size="14" font-weight="600">{text(title)}</text>{more}'


def _legend(names: Sequence[str]) -> str:
    parts, x = [], float(_LEFT)
    for name, (colour, filling) in zip(names, _LOOKS, strict=False):
        parts.append(
            f'<rect x="{x + 0.5}" y="28.5" width="13" height="8" rx="1.5" fill="{colour}"{filling} stroke="{colour}"/>'
        )
        parts.append(f'<text x="{x + 20}" y="36">{text(name)}</text>')
        x += 40 + len(name) * _LETTER
    return "".join(parts)


def _fitting(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _numbers_picture(split: SplitCheck) -> str:
    assert split.numbers is not None
    told = f"Labels of {split.name}: numbers from {split.numbers.edges[0]:g} to {split.numbers.edges[-1]:g}"
    body = [
        _heading("Labels"),
        f'<text x="{_LEFT}" y="36">numbers, {text(split.name)}</text>',
        *_scale(split.numbers),
        *_bars(split.numbers, None),
        *_axis(split.numbers, "label"),
    ]
    return image(document(_HEIGHT, told, body), told)


def lengths_picture(check: DataCheck) -> str:
    """Returns how long the training rows are, and where they are cut, as an image."""
    train = check.splits[0].lengths
    if train is None:
        return ""
    cut = (
        f"{train.cut:,} of {train.count:,} {train.unit} are longer" if train.cut else f"no {train.unit[:-1]} is longer"
    )
    points = train.percentiles
    spread = f"half have {points['half']:,} at most, 99% {points['99%']:,}, the longest {points['longest']:,}"
    words = f"Tokens of {train.count:,} {train.unit}; limit {train.limit:,}, {cut}"
    body = [
        _heading(f"Tokens, {train.unit} of train"),
        f'<text x="{_LEFT}" y="36">{text(spread)}</text>',
        *_scale(train.histogram, train.unit),
        *_bars(train.histogram, train.limit if train.cut else None),
        *_axis(train.histogram, "tokens"),
        _limit_line(train.histogram, train.limit, cut),
    ]
    return image(document(_HEIGHT, words, body), words)


def _x(value: float, shown: Histogram) -> float:
    low, high = shown.edges[0], shown.edges[-1]
    room = WIDTH - _AXIS - _LEFT - (28 if shown.over else 0)
    return _AXIS + (value - low) / (high - low) * room


def _height(count: float, shown: Histogram) -> float:
    return (_BOTTOM - _TOP - 14) * count / max(*shown.counts, shown.over, 1)


def _scale(shown: Histogram, unit: str = "rows") -> list[str]:
    """Returns how many rows the heights are."""
    parts = [f'<text x="{_AXIS - 8}" y="{_TOP + 5}" text-anchor="end">{text(unit)}</text>']
    most = max(*shown.counts, shown.over, 1)
    for count in (tick for tick in ticks(0, most, 5) if tick == int(tick) and tick <= 0.92 * most):
        y = _BOTTOM - _height(count, shown)
        parts.append(f'<text x="{_AXIS - 8}" y="{y + 4:.1f}" text-anchor="end">{count:,.0f}</text>')
        if count:
            parts.append(f'<path d="M{_AXIS} {y:.1f}H{WIDTH - _LEFT}" stroke="{INK}" stroke-opacity=".22"/>')
    return parts


def _bars(shown: Histogram, limit: int | None) -> list[str]:
    parts = []
    spans = [*zip(shown.edges, shown.edges[1:], shown.counts, strict=False)]
    if shown.over:
        step = shown.edges[1] - shown.edges[0]
        gap = step * (WIDTH - _AXIS - _LEFT - 28) / (_x(shown.edges[-1], shown) - _AXIS or 1)
        spans.append((shown.edges[-1] + gap * 0.6, shown.edges[-1] + gap * 0.6 + step, shown.over))
    for low, high, count in spans:
        if not count:
            continue
        left, right = _x(low, shown), min(_x(high, shown), WIDTH - 4.0)
        height = max(_height(count, shown), 1.5)
        is_cut = limit is not None and low >= limit
        look = f'fill="{_CUT}" fill-opacity=".25" stroke="{_CUT}"' if is_cut else f'fill="{COLOURS[0]}"'
        parts.append(
            f'<rect x="{left + 0.75:.1f}" y="{_BOTTOM - height:.1f}" width="{max(right - left - 1.5, 1):.1f}" '
            f'height="{height:.1f}" rx="1" {look}/>'
        )
    return parts


def _axis(shown: Histogram, name: str) -> list[str]:
    parts = [
        f'<path d="M{_AXIS} {_BOTTOM + 0.5}H{WIDTH - _LEFT}" stroke="{INK}" stroke-opacity=".5"/>',
        f'<text x="{(_AXIS + WIDTH - _LEFT) / 2:.0f}" y="{_BOTTOM + 36}" text-anchor="middle">{text(name)}</text>',
    ]
    room = WIDTH - _LEFT - (48 if shown.over else 0)
    for value in ticks(shown.edges[0], shown.edges[-1], 6):
        x = _x(value, shown)
        anchor = "end" if x > WIDTH - 2 * _LEFT else "middle"  # else half of it would be cut off
        if x <= room:
            parts.append(f'<text x="{x:.1f}" y="{_BOTTOM + 17}" text-anchor="{anchor}">{value:,.6g}</text>')
    if shown.over:
        parts.append(f'<text x="{WIDTH - _LEFT}" y="{_BOTTOM + 17}" text-anchor="end">more</text>')
    return parts


def _limit_line(shown: Histogram, limit: int, cut: str) -> str:
    x = min(_x(limit, shown), WIDTH - _LEFT)
    side = ("end", -6) if x > WIDTH / 2 else ("start", 6)
    return (
        f'<path d="M{x:.1f} {_TOP - 4}V{_BOTTOM + 1}" stroke="{INK}" stroke-width="1.5" stroke-dasharray="4 3"/>'
        f'<text x="{x + side[1]:.1f}" y="{_TOP + 5}" text-anchor="{side[0]}" font-weight="600">limit {limit:,}: {cut}</text>'
    )
