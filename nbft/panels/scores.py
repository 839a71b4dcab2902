"""The scores of a run as a table: of its best evaluation, of its last one, and on the test rows."""

from __future__ import annotations

from dataclasses import dataclass

from nbft.panels.base import text
from nbft.panels.plots import short
from nbft.panels.wording import number
from nbft.record.state import Evaluation, RunState


@dataclass(frozen=True)
class Scores:
    """A row for each metric, a column for each evaluation."""

    columns: list[str]
    rows: list[tuple[str, list[str]]]


def scores(state: RunState) -> Scores:
    """Returns the scores; without rows where nothing was evaluated."""
    evaluations = _shown(state)
    names = list(dict.fromkeys(short(name) for _, evaluation in evaluations for name in evaluation.values))
    values = [{short(name): value for name, value in e.values.items()} for _, e in evaluations]
    rows = [(name, [number(column.get(name)) for column in values]) for name in names]
    return Scores([title for title, _ in evaluations], rows)


def _shown(state: RunState) -> list[tuple[str, Evaluation]]:
    made = [e for e in state.evaluations if e.split == "eval"]
    tests = [e for e in state.evaluations if e.split == "test"]
    shown = [(f"best, step {state.best.step:,}", state.best)] if state.best else []
    if made and made[-1] is not state.best:
        shown.append((f"last, step {made[-1].step:,}", made[-1]))
    return [*shown, *(("test", test) for test in tests[-1:])]


def to_html(table: Scores) -> str:
    """Returns the table as HTML; empty where there are no scores."""
    if not table.rows:
        return ""
    head = "".join(f'<th align="right">{text(title)}</th>' for title in table.columns)
    body = "".join(f"<tr>{_cells(name, values)}</tr>" for name, values in table.rows)
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(name: str, values: list[str]) -> str:
    return f'<th align="left">{text(name)}</th>' + "".join(f'<td align="right">{text(value)}</td>' for value in values)


def to_text(table: Scores) -> str:
    """Returns the table as aligned lines; empty where there are no scores."""
    if not table.rows:
        return ""
    lines = [["", *table.columns], *([name, *values] for name, values in table.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    first, *others = widths
    return "\n".join(
        "  ".join([name.ljust(first), *(cell.rjust(w) for cell, w in zip(cells, others, strict=True))]).rstrip()
        for name, *cells in lines
    )
