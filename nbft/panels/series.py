"""The head of a series' dashboard: which seed of how many is trained, the scores so far, and the time that is left."""

from __future__ import annotations

from nbft.panels.base import html, text
from nbft.panels.series_page import SeriesTable, left
from nbft.panels.wording import plural
from nbft.record.state import RunState

MOST = 6
"""Metrics beside each other while it goes on; all of them are there at the end."""


class SeriesPanel:
    """Shows the table of a series above the dashboard of the run at work."""

    def __init__(self) -> None:
        self.widget = html("nbft-series-box")

    def show(self, table: SeriesTable, run: str, state: RunState) -> None:
        """Brings the table up to the record; what was shown before sends nothing."""
        self.widget.value = head(table, run, state)


def head(table: SeriesTable, run: str, state: RunState) -> str:
    """Returns the line and the table as HTML."""
    eta = state.progress.eta_s if state.progress and not state.is_over else None
    done = f"{table.done} of {plural(len(table.rows), 'seed')} finished"
    words = " · ".join(part for part in (where(table, run), done, left(table.left_s(eta))) if part)
    return (
        f'<section class="nbft-card" aria-label="Seeds"><h4 class="nbft-title">{text(words)}</h4>'
        f"{table.rows_html(MOST)}</section>"
    )


def where(table: SeriesTable, run: str) -> str:
    """Returns `seed 43 (2 of 5)`."""
    place = table.place_of(run)
    return f"seed {table.rows[place - 1].seed} ({place} of {len(table.rows)})"
