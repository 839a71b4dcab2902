"""A scorecard as text for a terminal."""

from __future__ import annotations

import textwrap

from nbft.panels.data_text import WIDTH, safe, table
from nbft.panels.scorecard_tables import flips_line, score_line
from nbft.panels.scorecard_words import BASELINE, by_row, cut, facts, headline, metrics_of, name_of, percent, said
from nbft.record.scorecard import Scorecard

_MISTAKES, _SLICES, _LETTERS = 3, 8, 60


def to_text(card: Scorecard, name: str = "") -> str:
    """Returns the scorecard as lines: findings, gates, scores, slices, flips, the surest mistakes, notes."""
    parts = [
        "\n".join(_filled(sentence) for sentence in headline(card)),
        f"{name}: {facts(card)}" if name else facts(card),
        "\n".join(_gates(card)),
        _scores(card),
        *_slices(card),
        "\n".join(flips_line(one) for one in card.flips),
        _calibrations(card),
        "\n".join(_mistakes(card)),
        "\n".join(_filled(f"* {note}") for note in card.notes),
    ]
    return safe("\n\n".join(part for part in parts if part))


def _filled(words: str) -> str:
    return textwrap.fill(words, WIDTH, subsequent_indent="  ")


def _gates(card: Scorecard) -> list[str]:
    return [f"{'✓ met' if g.is_met else '✕ not met'}: {g.demand}, {g.system} ({g.found})" for g in card.gates]


def _scores(card: Scorecard) -> str:
    metrics = metrics_of(card)
    if not metrics or not card.systems:
        return ""
    heads = ["", *(name_of(m.name) + (" (lower is better)" if m.lower_is_better else "") for m in metrics)]
    rows = []
    for system in card.systems:
        line = score_line(system, metrics)
        rows.append([f"({line[0]})" if system.kind == BASELINE else line[0], *line[1:]])
    return table(heads, rows)


def _slices(card: Scorecard) -> list[str]:
    systems, metrics = [system.name for system in by_row(card)], metrics_of(card)
    found = []
    for by in dict.fromkeys(one.by for one in card.slices):
        some = [one for one in card.slices if one.by == by]
        kept = {id(one) for one in sorted(some, key=lambda one: -one.rows)[:_SLICES]}
        rows = []
        for one in [one for one in some if id(one) in kept]:
            scores = [one.scores.get(system, {}).get(metrics[0].name) for system in systems] if metrics else []
            rows.append([cut(one.value, _LETTERS // 2), f"{one.rows:,}", *map(said, scores)])
        more = f"\nand {len(some) - _SLICES:,} more" if len(some) > _SLICES else ""
        title = f"by {by}" + (f", {name_of(metrics[0].name)}" if metrics else "")
        found.append(table([title, "rows", *systems], rows) + more)
    return found


def _calibrations(card: Scorecard) -> str:
    return "\n".join(f"{one.system}: expected calibration error {one.expected_error:.3f}" for one in card.calibrations)


def _mistakes(card: Scorecard) -> list[str]:
    lines = []
    for system in dict.fromkeys(one.system for one in card.mistakes):
        lines.append(f"{system} is wrong on:")
        for one in [mistake for mistake in card.mistakes if mistake.system == system][:_MISTAKES]:
            sure = f" ({percent(one.confidence)} sure)" if one.confidence is not None else ""
            words = " ".join(cut(one.input, _LETTERS).split())
            answers = f"{cut(one.prediction, _LETTERS)}{sure}, expected {cut(one.reference, _LETTERS)}"
            lines.append(f"  row {one.row:,}: {words} → {answers}")
    return lines
