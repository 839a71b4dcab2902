"""A scorecard as a page that needs no kernel and no script: the findings in words first, then what they rest on.

Where a front end keeps no styles, what is left are headings, tables, lists and pictures, in the same order. Parts that
an evaluation does not have are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from nbft.panels import data_page
from nbft.panels.base import HERE, text
from nbft.panels.data_text import safe
from nbft.panels.scorecard_pictures import reliability_picture, slices_picture, systems_picture
from nbft.panels.scorecard_tables import (
    confusion_table,
    flips_line,
    flips_table,
    mistakes_table,
    scores_table,
    slices_of,
    slices_table,
    tests_table,
)
from nbft.panels.scorecard_text import to_text
from nbft.panels.scorecard_words import ROOMS, Room, by_row, cut, facts, headline, metrics_of, name_of
from nbft.panels.wording import plural
from nbft.record.scorecard import Gate, MetricNote, Scorecard

LARGEST = 180_000
"""Letters of a page; where it would be longer, less is shown."""
_PICTURES = 6
"""Metrics and kinds of slices that are drawn."""
_SENTENCES = 6
"""Findings that stand in the head; the rest is below the table."""


def page(card: Scorecard, name: str = "") -> dict[str, str]:
    """Returns the scorecard as the data of a cell's output; `name` is what heads it."""
    return {"text/html": f"<style>{style()}</style>{to_html(card, name)}", "text/plain": to_text(card, name)}


@cache
def style() -> str:
    """Returns the page's styles: those of the data page, and its own."""
    return data_page.style() + re.sub(r"\n\s*", "", (HERE / "scorecard.css").read_text(encoding="utf-8"))


def to_html(card: Scorecard, name: str = "") -> str:
    """Returns the page without its styles, with as much of the rows as keeps it small."""
    pages = (_whole(card, name, room) for room in ROOMS)
    return next((found for found in pages if len(found.encode()) <= LARGEST), _whole(card, name, ROOMS[-1]))


def _whole(card: Scorecard, name: str, room: Room) -> str:
    parts = [
        _head(card, name),
        _scores(card),
        _slices(card, room),
        _confusions(card, room),
        _calibrations(card),
        _flips(card, room),
        _mistakes(card, room),
        _list("To know when reading this", card.notes),
        _computed(metrics_of(card)),
    ]
    return safe(f'<div class="nbft-data nbft-scorecard">{"".join(parts)}</div>')


def _head(card: Scorecard, name: str) -> str:
    sentences = headline(card)
    failed = any(not gate.is_met for gate in card.gates)
    level = "warn" if failed else "ok"
    said = f"<h3>{text(cut(sentences[0], 400))}</h3>"
    more = "".join(f"<p>{text(cut(sentence, 400))}</p>" for sentence in sentences[1:_SENTENCES])
    heading = f"<b>{text(name)}</b> · " if name else ""
    return (
        f'<div class="nbft-head nbft-{level}">{said}{more}<p class="nbft-facts-line">{heading}{text(cut(facts(card), 400))}</p>'
        f"{_gates(card.gates)}</div>"
    )


def _gates(gates: Sequence[Gate]) -> str:
    lines = []
    for gate in gates:
        sign, word = ("✓", "met") if gate.is_met else ("✕", "not met")
        found = f" {text(gate.found)}" if gate.found else ""
        lines.append(
            f'<p class="nbft-gate nbft-gate-{"met" if gate.is_met else "missed"}"><b>{sign} {word}</b> '
            f"<code>{text(gate.demand)}</code> {text(gate.system)}{':' if found else ''}{found}</p>"
        )
    return "".join(lines)


def _scores(card: Scorecard) -> str:
    shown = scores_table(card)
    if not shown:
        return ""
    pictures = [systems_picture(card, metric) for metric in metrics_of(card)[:_PICTURES]]
    tests = _folded("The tests behind the sentences", tests_table(card.comparisons)) if card.comparisons else ""
    hidden = headline(card)[_SENTENCES:]
    more = _folded(plural(len(hidden), "further finding"), _items(hidden)) if hidden else ""
    note = "<p><small>Below each value the ends of its 95% interval. Bold: the best. In italics: baselines.</small></p>"
    return f"<h4>Scores</h4>{_scrolled(shown)}{note}{_pictures(pictures)}{more}{tests}"


def _slices(card: Scorecard, room: Room) -> str:
    systems = [system.name for system in by_row(card)] or [system.name for system in card.systems]
    parts, drawn = [], 0
    for by, (slices, hidden) in slices_of(card, room).items():
        scored = [m.name for m in metrics_of(card) if any(m.name in of for one in slices for of in one.scores.values())]
        if not scored:
            continue
        picture = slices_picture(slices, systems, scored[0]) if drawn < _PICTURES else ""
        drawn += 1
        left_out = f"<p><small>and {plural(hidden, 'slice')} with fewer rows</small></p>" if hidden else ""
        rows = _scrolled(slices_table(slices, systems, scored[:1], room)) + left_out
        others = scored[1:]
        more = _folded(
            f"By {', '.join(name_of(metric) for metric in others)}",
            _scrolled(slices_table(slices, systems, others, room)),
        )
        beside = f'<div class="nbft-beside">{_pictures([picture])}<div>{rows}{more if others else ""}</div></div>'
        parts.append(f"<h4>By {text(by)}</h4>{beside}")
    return "".join(parts)


def _confusions(card: Scorecard, room: Room) -> str:
    parts = [
        f"<p><b>{text(one.system)}</b></p>{_scrolled(confusion_table(one, room))}"
        for one in card.confusions
        if one.labels
    ]
    if not parts:
        return ""
    rest = _folded(plural(len(parts) - 1, "more system"), "".join(parts[1:])) if len(parts) > 1 else ""
    return f"<h4>What was taken for what</h4>{parts[0]}{rest}"


def _calibrations(card: Scorecard) -> str:
    pictures = [picture for one in card.calibrations if (picture := reliability_picture(one))]
    return f"<h4>Sure and right</h4>{_pictures(pictures)}" if pictures else ""


def _flips(card: Scorecard, room: Room) -> str:
    parts = []
    for flips in card.flips:
        rows = flips_table(flips, room)
        line = f"<p>{text(flips_line(flips))}</p>"
        parts.append(line + (_folded("Some of these rows", _scrolled(rows)) if rows else ""))
    return f"<h4>Won and lost</h4>{''.join(parts)}" if parts else ""


def _mistakes(card: Scorecard, room: Room) -> str:
    parts = []
    for system in dict.fromkeys(one.system for one in card.mistakes):
        some = [one for one in card.mistakes if one.system == system][: room.mistakes]
        parts.append(_folded(f"{system}: {plural(len(some), 'row')}", _scrolled(mistakes_table(some, room)), not parts))
    is_sure = any(one.confidence is not None for one in card.mistakes)
    return f"<h4>{'Most confident mistakes' if is_sure else 'Mistakes'}</h4>{''.join(parts)}" if parts else ""


def _computed(metrics: Sequence[MetricNote]) -> str:
    items = []
    for metric in metrics:
        if metric.implementation or metric.signature:
            signature = f" <code>{text(metric.signature)}</code>" if metric.signature else ""
            items.append(f"<li><b>{text(name_of(metric.name))}</b> {text(metric.implementation)}{signature}</li>")
    return _folded("How each metric is computed", f"<ul>{''.join(items)}</ul>") if items else ""


def _list(title: str, sentences: Sequence[str]) -> str:
    return f"<h4>{text(title)}</h4>{_items(sentences)}" if sentences else ""


def _items(sentences: Sequence[str]) -> str:
    return f'<ul class="nbft-notes">{"".join(f"<li>{text(cut(one, 400))}</li>" for one in sentences)}</ul>'


def _folded(title: str, inner: str, is_open: bool = False) -> str:
    return f"<details{' open' if is_open else ''}><summary>{text(title)}</summary>{inner}</details>"


def _pictures(pictures: Sequence[str]) -> str:
    shown = [picture for picture in pictures if picture]
    return f'<p class="nbft-pictures">{" ".join(shown)}</p>' if shown else ""


def _scrolled(inner: str) -> str:
    return f'<div class="nbft-wide">{inner}</div>'
