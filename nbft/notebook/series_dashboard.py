"""The dashboard of a series: the table of its seeds, below it the dashboard of the run at work, one after another."""

from __future__ import annotations

import ipywidgets as widgets

from nbft.notebook.dashboard import Dashboard, Living
from nbft.notebook.following import hear_beside_cells
from nbft.notebook.plain import PlainDashboard, line
from nbft.notebook.snapshot import Snapshot, take_snapshot
from nbft.panels.base import close_tree
from nbft.panels.controls import ControlsPanel
from nbft.panels.series import SeriesPanel, where
from nbft.record.state import RunState
from nbft.run import Run
from nbft.series import Series


class SeriesDashboard(Dashboard):
    """Turns to the next run when one is over; at the end the table and all curves in one picture are left."""

    def __init__(self, series: Series, variable: str = "run", *, keep_live: bool = False, waits: bool = False) -> None:
        self.series = series
        self.head = SeriesPanel()
        super().__init__(series.current, f"{variable}.best", keep_live=keep_live, waits=waits)

    def _name(self, run: Run) -> str:
        return self.series.name

    def _controls(self, run: Run) -> ControlsPanel:
        is_last = run.spec.seed == self.series.seeds[-1]
        return ControlsPanel(run.send, self._let_go if self._waits else None, in_series=not is_last)

    def _parts(self) -> list[widgets.Widget]:
        style, *panels = super()._parts()
        return [style, self.head.widget, *panels]

    def refresh(self) -> bool:
        """Brings table and panels up to the record; returns whether there is more to come."""
        goes_on = not self.series.is_over  # asked first, so that the last words are shown too
        current = self.series.current
        if current is not self.run:
            self._turn_to(current)
        super().refresh()
        self.head.show(self.series.table, self.run.name, self._living.state())
        return goes_on

    def _turn_to(self, run: Run) -> None:
        hint, can_hear, old = self.controls.hint, self.charts.can_hear, self.panels
        self._take(run)
        self.controls.hint, self.charts.can_hear = hint, can_hear
        if self.is_let_go:
            self.controls.let_go()
        for panel in self.panels:
            panel.show(self._living.state())
        self.view.children = self._parts()
        if self.hears_beside_cells:
            hear_beside_cells(self.view)
        self._stand_in.begin_anew()
        for panel in old:
            close_tree(panel.widget)

    def _snapshot(self) -> Snapshot:
        return snapshot_of(self.series, self._living)


class PlainSeries(PlainDashboard):
    """One line that says which seed is trained and how far it is; at the end the static twin in its place."""

    def __init__(self, series: Series) -> None:
        self.series = series
        super().__init__(series.current)

    def refresh(self) -> bool:
        """Writes the line anew if the last one is old; returns whether there is more to come."""
        goes_on = not self.series.is_over
        current = self.series.current
        if current is not self.run:
            self.run, self._living = current, Living(current)
        super().refresh()
        return goes_on

    def _line(self, state: RunState) -> str:
        return f"{where(self.series.table, self.run.name)}, {line(state)}"

    def _twin(self) -> Snapshot:
        return snapshot_of(self.series, self._living)


def snapshot_of(series: Series, living: Living) -> Snapshot:
    """Returns the static twin of a series; of a run that failed all that is known of it."""
    state, output = living.state(), series.output()
    if state.status != "failed":
        return Snapshot(output["text/html"], output["text/plain"])
    failed = take_snapshot(state, living.run.folder)
    return Snapshot(f"{output['text/html']}{failed.html}", f"{output['text/plain']}\n\n{failed.text}")
