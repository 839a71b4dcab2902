"""The charts of a dashboard: drawn by a script in the page, or as plain SVG where no script runs."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from nbft.errors import NbftError
from nbft.panels.base import Panel, Send, html
from nbft.panels.overlay import Overlay, ghost, name_in
from nbft.panels.plots import DASHES, Line, Plot, bands_of, marks_of, plots_of
from nbft.panels.svg import draw
from nbft.record.state import RunState

if TYPE_CHECKING:
    from nbft.panels.live_chart import LiveChart

LIVE_EVERY_S = 0.25
STILL_EVERY_S = 2.0
"""A picture is sent whole, some 20 kB each time."""
HELLO_WITHIN_S = 6.0
"""How long the page may take to load the script before pictures stand in for it."""


@dataclasses.dataclass(frozen=True)
class OtherRuns:
    """The runs that can be laid behind the curves: their names, and how one of them is read."""

    names: Callable[[], Sequence[str]] = tuple
    load: Callable[[str], RunState] = RunState


class ChartsPanel(Panel):
    """Every curve of a run over steps; at most four updates a second, of new points only.

    Another run that the page asks for is laid behind them.
    """

    def __init__(self, send: Send, others: OtherRuns | None = None) -> None:
        super().__init__(send)
        self._others = others or OtherRuns()
        self._state: RunState | None = None
        self._ghost: tuple[str, RunState] | None = None
        self._lock = threading.RLock()  # the page's choice may come in another thread
        self.can_hear = True
        """Whether messages of the page arrive now; where they don't, its silence tells nothing."""
        self._chart = _live_chart()
        if self._chart is not None:
            self._chart.compare = self._compare
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
            with self._lock:
                self._show_live(state)
        self._show_still(state, now)

    def _show_live(self, state: RunState) -> None:
        if self._chart is None:
            return
        if self._state is None:
            self._chart.others = list(self._others.names())
        self._state = state
        plots, curves = plots_of(state), dict(state.curves)
        if self._ghost is not None:
            name, other = self._ghost
            plots = ghost(plots, name, other)
            curves.update({name_in(name, metric): curve for metric, curve in other.curves.items()})
        _fill(self._chart, plots, dataclasses.replace(state, curves=curves))

    def _compare(self, name: str) -> None:
        """Lays the run of that name behind the curves; an empty name takes it away."""
        with self._lock:
            try:
                self._ghost = (name, self._others.load(name)) if name else None
            except NbftError:  # its folder went away since the list was made
                self._ghost = None
            if self._chart is not None:
                self._chart.ghost = self._ghost[0] if self._ghost else ""
            if self._state is not None:
                self._show_live(self._state)

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


def live_overlay(overlay: Overlay) -> LiveChart | None:
    """Returns a live chart of several runs, as a widget; None where the page can't have one."""
    chart = _live_chart()
    if chart is not None:
        show_overlay(chart, overlay)
    return chart


def show_overlay(chart: LiveChart, overlay: Overlay) -> None:
    """Brings a live chart of several runs up to their states; their newest points are drawn, whether or not they go on."""
    _fill(chart, overlay.plots, overlay.state, is_over=True)


def _fill(chart: LiveChart, plots: list[Plot], state: RunState, *, is_over: bool | None = None) -> None:
    """Brings a live chart up to the state, of which `plots` are drawn."""
    about = (plots, marks_of(state), bands_of(state), state.total_steps)
    if chart.about != about:
        chart.about = about
        with chart.hold_sync():
            chart.plots = [_plot(plot) for plot in plots]
            chart.marks = [dataclasses.asdict(mark) for mark in about[1]]
            chart.bands = [list(band) for band in about[2]]
            chart.total_steps = state.total_steps
    drawn = [line.metric for plot in plots for line in plot.lines if line.metric in state.curves]
    curves = {name: state.curves[name] for name in drawn}
    chart.follow(curves, is_over=state.is_over if is_over is None else is_over)


def _plot(plot: Plot) -> dict[str, Any]:
    return {
        "title": plot.title,
        "lines": [_line(line) for line in plot.lines],
        "small": plot.is_small,
        "unit": plot.unit,
        "log": plot.can_be_log,
        "zero": plot.from_zero,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "metric": line.metric,
        "label": line.label,
        "colour": line.colour,
        "dash": list(DASHES[line.dash]),
        "style": line.style,
        "ghost": line.is_ghost,
    }
