"""The charts of a dashboard: drawn by a script in the page, or as plain SVG where no script runs."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from nbft.panels.base import Panel, Send, html
from nbft.panels.plots import DASHES, Line, Plot, marks_of, plots_of
from nbft.panels.svg import draw
from nbft.record.state import RunState

if TYPE_CHECKING:
    from nbft.panels.live_chart import LiveChart

LIVE_EVERY_S = 0.25
STILL_EVERY_S = 2.0
"""A picture is sent whole, some 20 kB each time."""
HELLO_WITHIN_S = 6.0
"""How long the page may take to load the script before pictures stand in for it."""


class ChartsPanel(Panel):
    """Loss and metrics over steps; at most four updates a second, of new points only."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self.can_hear = True
        """Whether messages of the page arrive now; where they don't, its silence tells nothing."""
        self._chart = _live_chart()
        self._still: widgets.HTML | None = None
        self._first_shown = float("inf")
        self._shown_at = self._still_at = float("-inf")
        self.widget = widgets.VBox([self._chart] if self._chart else [])
        self.widget.add_class("nbft-charts")

    def show(self, state: RunState) -> None:
        """Sends what is new, if the last update is long enough ago."""
        now = time.monotonic()
        self._first_shown = min(self._first_shown, now)
        if now - self._shown_at >= LIVE_EVERY_S or state.is_over:
            self._shown_at = now
            self._show_live(state)
        self._show_still(state, now)

    def _show_live(self, state: RunState) -> None:
        if self._chart is None:
            return
        plots = plots_of(state)
        with self._chart.hold_sync():
            self._chart.plots = [_plot(plot) for plot in plots]
            self._chart.marks = [dataclasses.asdict(mark) for mark in marks_of(state)]
            self._chart.total_steps = state.total_steps
        drawn = [line.metric for plot in plots for line in plot.lines if line.metric in state.curves]
        self._chart.follow({name: state.curves[name] for name in drawn}, is_over=state.is_over)

    def _show_still(self, state: RunState, now: float) -> None:
        """Puts pictures in the chart's place while the page does not draw, and the chart back when it does."""
        if self._chart is not None and self._chart.is_heard:
            if self._still is not None:
                self.widget.children, self._still = [self._chart], None
            return
        if self._chart is not None and not (self.can_hear and now - self._first_shown > HELLO_WITHIN_S):
            return
        if self._still is None:
            self._still = html("nbft-chart", "nbft-still")
            self.widget.children = [self._still]
        if now - self._still_at >= STILL_EVERY_S or state.is_over:
            self._still_at = now
            self._still.value = "".join(draw(plot, state) for plot in plots_of(state))


def _live_chart() -> LiveChart | None:
    try:
        from nbft.panels.live_chart import LiveChart
    except ImportError:
        return None
    chart = LiveChart()
    chart.add_class("nbft-chart")
    return chart


def _plot(plot: Plot) -> dict[str, Any]:
    return {"title": plot.title, "lines": [_line(line) for line in plot.lines]}


def _line(line: Line) -> dict[str, Any]:
    return {
        "metric": line.metric,
        "label": line.label,
        "colour": line.colour,
        "dash": list(DASHES[line.dash]),
        "style": line.style,
    }
