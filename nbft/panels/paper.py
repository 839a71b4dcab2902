"""A run's curves as a matplotlib figure, for papers and slides: the same lines, colours and marks as everywhere."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import replace

from nbft.errors import RunError
from nbft.panels.plots import BYTES, COLOURS, DASHES, Line, Plot, bands_of, marks_of, plots_of, short
from nbft.panels.points import SMOOTHED_OVER, finite, smoothed
from nbft.panels.wording import number, sentence, tick
from nbft.record.state import RunState

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter
except ImportError as error:
    raise RunError("Figures need matplotlib.", "Install it:  pip install 'nbft[plot]'") from error

MAX_COLUMNS = 3
HEIGHT = 0.72
"""Of an axes, as a share of its width."""
GREY = "#757575"
TEXT = 8
"""Points of the letters, as papers set their captions."""
MAX_DOTS = 60


class PaperFigure(Figure):
    """A figure that a notebook shows as it is, whether or not pyplot was ever imported."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=144)
        return picture.getvalue()


def paper_figure(
    state: RunState,
    metrics: Iterable[str] | None = None,
    *,
    log: bool = False,
    smoothing: float = SMOOTHED_OVER,
    width: float = 7.0,
) -> PaperFigure:
    """Returns the figure, `width` inches wide; without `metrics` it has the losses and all evaluation metrics.

    `log` sets losses, learning rate and gradient norm on a logarithmic axis, `smoothing` is the share of the points that
    the mean of a noisy curve goes over. Raises RunError for a metric without points.
    """
    plots = _main(state) if metrics is None else _chosen(state, list(metrics))
    if not plots:
        raise RunError(f"{state.run or 'The run'} has no points to draw yet.")
    columns = min(len(plots), MAX_COLUMNS)
    rows = math.ceil(len(plots) / columns)
    figure = PaperFigure(figsize=(width, rows * HEIGHT * width / columns), layout="constrained")
    for place, plot in enumerate(plots, 1):
        axes = figure.add_subplot(rows, columns, place)
        _draw(axes, plot, state, smoothing)
        if log and plot.can_be_log:
            axes.set_yscale("log")
        elif plot.from_zero:
            axes.set_ylim(bottom=0)
    return figure


def _main(state: RunState) -> list[Plot]:
    plots = [_only(plot, list(state.curves)) for plot in plots_of(state) if not plot.is_small]
    return [plot for plot in plots if plot.lines]


def _chosen(state: RunState, metrics: list[str]) -> list[Plot]:
    unknown = [name for name in metrics if name not in state.curves]
    if unknown:
        known = ", ".join(state.curves) or "none yet"
        raise RunError(f"{state.run or 'The run'} has no curve {unknown[0]!r}.", f"It has: {known}")
    plots = [plot for plot in (_only(plot, metrics) for plot in plots_of(state)) if plot.lines]
    drawn = {line.metric for plot in plots for line in plot.lines}
    others = [Plot(sentence(short(name)), (Line(name, short(name), 0),)) for name in metrics if name not in drawn]
    return [*plots, *others]


def _only(plot: Plot, metrics: list[str]) -> Plot:
    return replace(plot, lines=tuple(line for line in plot.lines if line.metric in metrics))


def _draw(axes: Axes, plot: Plot, state: RunState, smoothing: float) -> None:
    for start, end in bands_of(state):
        axes.axvspan(start, end, color=GREY, alpha=0.08, linewidth=0)
    for line in plot.lines:
        _draw_line(axes, line, state, smoothing)
    _draw_marks(axes, plot, state)
    axes.set_title(plot.title, loc="left", fontsize=TEXT + 1, fontweight="bold")
    axes.set_xlabel("step", fontsize=TEXT)
    axes.tick_params(labelsize=TEXT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=GREY, alpha=0.2, linewidth=0.6)
    axes.set_xlim(0, max(step for line in plot.lines for step, _ in state.curves[line.metric]) * 1.02)
    if plot.unit == BYTES:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, BYTES)))
    if len(plot.lines) > 1:
        axes.legend(frameon=False, fontsize=TEXT)


def _draw_line(axes: Axes, line: Line, state: RunState, smoothing: float) -> None:
    points = finite(state.curves.get(line.metric))
    colour, dash = COLOURS[line.colour], DASHES[line.dash]
    if line.style == "noisy":
        axes.plot(*_columns(points), color=colour, alpha=0.3, linewidth=0.6)
        points = smoothed(points, smoothing)
    dotted = line.style == "dots" and len(points) <= MAX_DOTS
    axes.plot(
        *_columns(points),
        color=colour,
        linestyle=(0, tuple(length / 2 for length in dash)) if dash else "-",
        linewidth=1.4,
        marker="o" if dotted else None,
        markersize=3,
        label=line.label,
    )


def _columns(points: list[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [step for step, _ in points], [value for _, value in points]


def _draw_marks(axes: Axes, plot: Plot, state: RunState) -> None:
    names = [line.metric for line in plot.lines]
    for mark in marks_of(state):
        if mark.kind == "stop":
            axes.axvline(mark.step, color="black", linewidth=1.2)
        if mark.kind != "best":
            continue
        axes.axvline(mark.step, color=GREY, linewidth=0.8, linestyle=(0, (3, 4)))
        if mark.metric in names and mark.value is not None:
            axes.plot([mark.step], [mark.value], "o", markersize=8, markerfacecolor="none", markeredgecolor="black")
            words = f"{mark.label} {number(mark.value)}"
            axes.annotate(
                words, (mark.step, 1), xycoords=("data", "axes fraction"), fontsize=TEXT, ha="right", va="bottom"
            )
