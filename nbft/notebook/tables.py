"""Tables that magics show: the runs there are, and the metrics of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from nbft.panels import wording
from nbft.panels.base import text
from nbft.run import Run


def listing(found: Sequence[Run]) -> dict[str, str]:
    """Returns the runs as the data of a cell's output."""
    if not found:
        return {"text/plain": "No run has been started here yet."}
    return _table(["run", "status", "step", "best", "at step", "started", "took"], [_row(run) for run in found])


def _row(run: Run) -> list[str]:
    state = run.state
    rule = state.early_stopping
    started = datetime.fromtimestamp(state.started).astimezone().strftime("%Y-%m-%d %H:%M") if state.started else ""
    return [
        run.name,
        run.status,
        f"{state.step:,} of {state.total_steps:,}" if state.total_steps else wording.NONE,
        f"{rule.monitor} {wording.number(rule.best)}" if rule.best is not None else wording.NONE,
        f"{rule.best_step:,}" if rule.best_step is not None else wording.NONE,
        started,
        wording.took(state),
    ]


def metrics(name: str, values: Mapping[str, float | None]) -> dict[str, str]:
    """Returns the metrics of a run as the data of a cell's output."""
    return _table([name, "value"], [[metric, wording.number(value)] for metric, value in values.items()])


def _table(head: list[str], rows: list[list[str]]) -> dict[str, str]:
    cells = "".join("<tr>" + "".join(f'<td align="left">{text(cell)}</td>' for cell in row) + "</tr>" for row in rows)
    heads = "".join(f'<th align="left">{text(cell)}</th>' for cell in head)
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in [head, *rows]]
    return {
        "text/html": f"<table><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>",
        "text/plain": "\n".join(lines),
    }
