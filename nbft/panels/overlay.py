"""Several runs in one picture: a plot for each metric, a line for each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nbft.panels.plots import COLOURS, DASHES, Line, Plot, plots_of, short
from nbft.panels.wording import sentence
from nbft.record.state import RunState

TITLES = {"train/loss": "Training loss", "eval/loss": "Validation loss"}


@dataclass(frozen=True)
class Overlay:
    """What is drawn: the plots, and a state that holds the curves of all runs under names of their own."""

    plots: list[Plot]
    state: RunState


def overlay(states: Mapping[str, RunState], metrics: Iterable[str] | None = None) -> Overlay:
    """Returns the curves of several runs laid over each other, each run in one colour; `draw(plot, it.state)` draws them.

    Without `metrics` there are the losses, every evaluation metric of any of the runs, and the small plots.
    """
    both = RunState(run=" and ".join(states))
    for run, state in states.items():
        both.curves.update({name_in(run, metric): curve for metric, curve in state.curves.items()})
    wanted = list(metrics) if metrics is not None else None
    known = _plots_by_metric(states.values())
    names = wanted if wanted is not None else list(known)
    plots = [_plot(metric, known.get(metric), states) for metric in names]
    return Overlay([plot for plot in plots if plot.lines], both)


def name_in(run: str, metric: str) -> str:
    """Returns under which name a run's metric stands among the curves of several runs."""
    return f"{run}: {metric}"


def ghost(plots: Iterable[Plot], run: str, state: RunState) -> list[Plot]:
    """Returns the plots with the same curves of another run behind them."""
    return [replace(plot, lines=(*_ghosts(plot, run, state), *plot.lines)) for plot in plots]


def _ghosts(plot: Plot, run: str, state: RunState) -> list[Line]:
    return [
        replace(
            line,
            metric=name_in(run, line.metric),
            label=f"{run} {line.label}" if len(plot.lines) > 1 else run,
            dash=DASHES.index((2, 3)),
            style="mean" if line.style == "noisy" else "plain",
            is_ghost=True,
        )
        for line in plot.lines
        if line.metric in state.curves
    ]


def _plots_by_metric(states: Iterable[RunState]) -> dict[str, Plot]:
    """Returns in which plot of a single run each metric stands, in the order of drawing: small ones last."""
    plots = [plot for state in states for plot in plots_of(state)]
    return {line.metric: plot for plot in sorted(plots, key=lambda plot: plot.is_small) for line in plot.lines}


def _plot(metric: str, known: Plot | None, states: Mapping[str, RunState]) -> Plot:
    lines = tuple(
        Line(name_in(run, metric), run, i % len(COLOURS), i % len(DASHES), _style(metric, known))
        for i, (run, state) in enumerate(states.items())
        if metric in state.curves
    )
    title = TITLES.get(metric, sentence(short(metric)))
    if known is None:
        return Plot(title, lines)
    title = known.title if known.is_small and len(known.lines) == 1 else _of(known, title)
    return replace(known, title=title, lines=lines)


def _of(known: Plot, title: str) -> str:
    return f"{known.title}, {title.removesuffix(' bytes').lower()}" if known.is_small else title


def _style(metric: str, known: Plot | None) -> str:
    style = next((line.style for line in known.lines if line.metric == metric), "dots") if known else "dots"
    return "mean" if style == "noisy" else style
