"""The tables of a scorecard as HTML that reads without styles: scores, tests, slices, confusions, mistakes, flips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nbft.panels.base import text
from nbft.panels.scorecard_words import (
    BASELINE,
    Room,
    best_of,
    cut,
    interval,
    metrics_of,
    name_of,
    percent,
    said,
    spread,
    value,
)
from nbft.panels.wording import NONE, plural
from nbft.record.scorecard import Comparison, Confusion, Flips, MetricNote, Mistake, Score, Scorecard, Slice, System

_SHADES = 9
_RARE = 10
"""Confusions that are listed where there are too many labels for a matrix."""


def table(head: Iterable[str], rows: Iterable[str], name: str = "") -> str:
    """Returns a table of cells and rows that are HTML already."""
    kind = f' class="{name}"' if name else ""
    return f"<table{kind}><thead><tr>{''.join(head)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def th(words: str, align: str = "left") -> str:
    """Returns a cell of the head."""
    return f'<th align="{align}">{text(words)}</th>'


def td(inner: str, align: str = "left", name: str = "") -> str:
    """Returns a cell; what is in it is HTML already."""
    kind = f' class="{name}"' if name else ""
    return f'<td align="{align}"{kind}>{inner}</td>'


def scores_table(card: Scorecard) -> str:
    """Returns systems by metrics: values with intervals, the best one bold, baselines grey (in italics without styles)."""
    metrics = metrics_of(card)
    if not metrics:
        return ""
    best = {metric.name: best_of(card, metric) for metric in metrics}
    head = [th(""), *(th(_titled(metric), "right") for metric in metrics)]
    has_speed = any(system.rows_per_s for system in card.systems)
    head += [th("rows/s", "right")] if has_speed else []
    rows = [_system(system, metrics, best, has_speed) for system in card.systems]
    return table(head, rows, "nbft-scores")


def _titled(metric: MetricNote) -> str:
    return name_of(metric.name) + (" ↓" if metric.lower_is_better else "")


def _system(system: System, metrics: Sequence[MetricNote], best: dict[str, set[str]], has_speed: bool) -> str:
    is_baseline = system.kind == BASELINE
    name = f"<i>{text(system.name)}</i>" if is_baseline else f"<b>{text(system.name)}</b>"
    about = f"<br><small>{text(cut(system.about, 160))}</small>" if system.about else ""
    shown = (_score(system.scores.get(metric.name), system.name in best[metric.name]) for metric in metrics)
    cells = [td(name + about), *(td(score, "right") for score in shown)]
    if has_speed:
        cells.append(td(f"<small>{_speed(system)}</small>", "right"))
    kind = ' class="nbft-baseline"' if is_baseline else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _speed(system: System) -> str:
    speed = system.rows_per_s
    return NONE if not speed else f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}"


def _score(score: Score | None, is_best: bool = False) -> str:
    if score is None or score.value is None:
        return NONE
    shown = f"<b>{value(score.value)}</b>" if is_best else value(score.value)
    lines = "".join(f"<br><small>{part}</small>" for part in (interval(score), spread(score)) if part)
    return f"{shown}{lines}"


def tests_table(comparisons: Sequence[Comparison]) -> str:
    """Returns the test behind each verdict."""
    heads = ("", "metric", "difference", "95% interval", "p", "p, adjusted", "test")
    rows = []
    for one in comparisons:
        ends = interval(Score(one.difference, one.low, one.high)) or NONE
        cells = [td(f"{text(one.a)} − {text(one.b)}"), td(text(name_of(one.metric)))]
        cells += [
            td(shown, "right") for shown in (f"{one.difference:+.4g}", ends, p_value(one.p), p_value(one.p_adjusted))
        ]
        rows.append(f"<tr>{''.join(cells)}{td(text(one.test))}</tr>")
    return table((th(head, "right" if 2 <= i <= 5 else "left") for i, head in enumerate(heads)), rows, "nbft-tests")


def p_value(p: float | None) -> str:
    """Returns a probability with what matters of it."""
    return NONE if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def slices_of(card: Scorecard, room: Room) -> dict[str, tuple[list[Slice], int]]:
    """Returns the slices of each kind that are shown, and how many are not: those with the fewest rows."""
    found: dict[str, list[Slice]] = {}
    for one in card.slices:
        found.setdefault(one.by, []).append(one)
    shown = {}
    for by, some in found.items():
        kept = {id(one) for one in sorted(some, key=lambda one: -one.rows)[: room.slices]}
        shown[by] = ([one for one in some if id(one) in kept], len(some) - len(kept))
    return shown


def slices_table(slices: Sequence[Slice], systems: Sequence[str], metrics: Sequence[str], room: Room) -> str:
    """Returns slices by systems, a column for each metric of each system."""
    columns = [(system, metric) for metric in metrics for system in systems]
    names = [f"{system}: {name_of(metric)}" if len(systems) > 1 else name_of(metric) for system, metric in columns]
    rows = []
    for one in slices:
        scores = (one.scores.get(system, {}).get(metric) for system, metric in columns)
        cells = [td(text(cut(one.value, room.letters // 4))), td(f"{one.rows:,}", "right")]
        rows.append(f"<tr>{''.join([*cells, *(td(_score(score), 'right') for score in scores)])}</tr>")
    by = slices[0].by if slices else ""
    return table([th(by), th("rows", "right"), *(th(name, "right") for name in names)], rows)


def confusion_table(found: Confusion, room: Room) -> str:
    """Returns counts and shares of each label's rows, shaded in one hue; a list of the commonest where there are many labels."""
    if len(found.labels) > room.labels:
        return _commonest(found, room)
    rows = []
    for place, (label, counts) in enumerate(zip(found.labels, found.counts, strict=True)):
        total = sum(counts)
        cells = [_cell(count, total, is_right=column == place) for column, count in enumerate(counts)]
        rows.append(f'<tr><th align="left">{text(cut(label, 32))}</th>{"".join(cells)}{td(f"{total:,}", "right")}</tr>')
    heads = [th("expected ↓  said →"), *(th(cut(label, 32), "right") for label in found.labels), th("rows", "right")]
    return table(heads, rows, "nbft-confusion")


def _cell(count: int, total: int, *, is_right: bool) -> str:
    share = count / total if total else 0.0
    shown = f"<b>{count:,}</b>" if is_right else f"{count:,}"
    part = f"<br><small>{percent(share)}</small>" if total else ""
    names = f"nbft-shade-{round(share * _SHADES)}" + (" nbft-right" if is_right else "")
    return td(shown + part, "right", names)


def _commonest(found: Confusion, room: Room) -> str:
    size = range(len(found.labels))
    pairs = [(found.counts[i][j], i, j) for i in size for j in size if i != j and found.counts[i][j]]
    rows = []
    for count, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:_RARE]:
        names = (td(text(cut(found.labels[place], room.letters // 4))) for place in (i, j))
        share = percent(count / sum(found.counts[i]))
        rows.append(f"<tr>{''.join(names)}{td(f'{count:,}', 'right')}{td(share, 'right')}</tr>")
    return table([th("expected"), th("said"), th("rows", "right"), th("of the label", "right")], rows)


def mistakes_table(mistakes: Sequence[Mistake], room: Room) -> str:
    """Returns the mistakes that a system is surest of."""
    is_sure = any(one.confidence is not None for one in mistakes)
    heads = [th("row", "right"), th("input"), th("expected"), th("said"), *([th("sure", "right")] if is_sure else [])]
    rows = []
    for one in mistakes:
        cells = [td(f"{one.row:,}", "right"), *_words((one.input, one.reference, one.prediction), room)]
        sure = percent(one.confidence) if one.confidence is not None else NONE
        rows.append(f"<tr>{''.join(cells)}{td(sure, 'right') if is_sure else ''}</tr>")
    return table(heads, rows, "nbft-rows")


def flips_table(flips: Flips, room: Room) -> str:
    """Returns rows that the one system has right and the other wrong: of each side some."""
    rows = []
    for winner in (flips.a, flips.b):
        for one in [row for row in flips.rows if row.won_by == winner][: room.flips]:
            cells = [td(f"{one.row:,}", "right"), *_words((one.input, one.reference), room)]
            cells += [td(f"<b>{text(one.won_by)}</b>"), *_words((one.right, one.wrong), room)]
            rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = [th("row", "right"), *map(th, ("input", "expected", "right is", "which says", "the other says"))]
    return table(heads, rows, "nbft-rows") if rows else ""


def _words(texts: Iterable[str], room: Room) -> list[str]:
    letters = (room.letters, room.letters // 2, room.letters // 2)
    return [td(text(cut(words, most))) for words, most in zip(texts, letters, strict=False)]


def flips_line(flips: Flips) -> str:
    """Returns how many rows each alone has right."""
    won = f"{flips.a} alone is right on {plural(flips.won_by_a, 'row')}"
    return f"{won}, {flips.b} alone on {flips.won_by_b:,}."


def score_line(system: System, metrics: Sequence[MetricNote]) -> list[str]:
    """Returns a system's row in plain text."""
    return [system.name, *(said(system.scores.get(metric.name)) for metric in metrics)]
