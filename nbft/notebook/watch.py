"""Watching a run from a cell: until its end, or in the background once the cell is let go."""

from __future__ import annotations

import time
from contextlib import suppress

from nbft.errors import RunError, RunFailed
from nbft.notebook.dashboard import Dashboard
from nbft.notebook.following import Following, hear_beside_cells
from nbft.notebook.front_ends import is_colab
from nbft.notebook.plain import PlainDashboard
from nbft.notebook.series_dashboard import PlainSeries, SeriesDashboard
from nbft.notebook.waiting import Waiting, can_click
from nbft.run import START_S, Run
from nbft.series import Series

POLL_S = 0.33
DEAF = "In this kernel the buttons act after the cell. Until then: interrupt the kernel, or run in a terminal: nbft stop {}"
COLAB = "Colab does not show what changes after its cell. To see it, run: %ft_attach {}"


def watch(run: Run | Series, variable: str, *, background: bool = False, keep_live: bool = False) -> None:
    """Shows the dashboard of a run or a series and waits for the end, unless it is to go on in the background.

    The first interrupt stops the run and keeps the best; the second ends the worker. Raises what ended a failed run.
    """
    if not can_click():
        _watch_plainly(run, background=background)
        return
    kind = SeriesDashboard if isinstance(run, Series) else Dashboard
    dashboard = kind(run, variable, keep_live=keep_live, waits=not background)  # pyright: ignore[reportArgumentType]
    dashboard.show()
    if background or not _wait(run, dashboard):
        _follow(run, dashboard)
        return
    dashboard.finish()
    run.raise_failure()


def _watch_plainly(run: Run | Series, *, background: bool) -> None:
    dashboard = PlainSeries(run) if isinstance(run, Series) else PlainDashboard(run)
    dashboard.show()
    if not background:
        _wait(run, dashboard)
        dashboard.finish()
        run.raise_failure()


def _wait(run: Run | Series, dashboard: Dashboard | PlainDashboard) -> bool:
    """Returns whether the run is over; False where the user let the cell go."""
    obeyed = 0
    with Waiting() as waiting:
        if isinstance(dashboard, Dashboard):
            dashboard.charts.can_hear = waiting.hears_buttons
            dashboard.controls.say("" if waiting.hears_buttons else DEAF.format(run.name))
        while dashboard.refresh() and not dashboard.is_let_go:
            waiting.poll(POLL_S)
            while obeyed < waiting.interrupts:
                obeyed += 1
                _interrupt(run, first=obeyed == 1)
    if obeyed > 1 and run.death:
        again = f"To go on from its last checkpoint:  %ft_resume {run.name}"
        dashboard.finish()
        raise RunFailed(f"{run.name} was ended by the second interrupt, at step {run.state.step:,}.", again)
    return not dashboard.is_let_go


def _interrupt(run: Run | Series, *, first: bool) -> None:
    with suppress(RunError):  # over in the meantime
        if first:
            run.stop()
        else:
            run.kill()


def _follow(run: Run | Series, dashboard: Dashboard) -> None:
    dashboard.controls.let_go()
    dashboard.controls.say(COLAB.format(run.name) if is_colab() else "")
    dashboard.charts.can_hear = dashboard.hears_beside_cells = True
    hear_beside_cells(dashboard.view)

    def refresh() -> bool:
        goes_on = dashboard.refresh()
        if not goes_on:
            dashboard.finish()
        return goes_on

    Following(refresh, name=f"nbft-{run.name}")


def until_taken_up(run: Run, attempt: int) -> None:
    """Waits until a resumed run's new worker has said its first word, which ends what the record said before."""
    until = time.monotonic() + START_S
    while run.state.attempt <= attempt and run.is_alive and time.monotonic() < until:
        time.sleep(POLL_S)
