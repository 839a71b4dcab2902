"""Series: what a cell with `seeds` returns, runs of one spec that differ in their seed alone. It reads their folders."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbft.errors import RunError
from nbft.launch.prepare import prepare_folder
from nbft.launch.process import start_process
from nbft.launch.series import first_unfinished, folder_of_seed, seeds_of, series_of
from nbft.panels.overlay import overlay
from nbft.panels.picture import images
from nbft.panels.series_page import SeedRow, SeriesTable
from nbft.panels.wording import plural
from nbft.record import events as word
from nbft.record.asks import Asks
from nbft.record.events import Command
from nbft.record.folder import find_series, folders_of_series, runs_root
from nbft.record.state import RunState, is_better_lower
from nbft.resuming import run_to_resume
from nbft.run import POLL_S, START_S, Run, open_run, start_run
from nbft.spec.load import LoadedSpec, read_spec
from nbft.spec.sections import RunSpec

if TYPE_CHECKING:
    import pandas as pd

BETWEEN_S = 5.0
"""From the last word of one seed to the folder of the next it takes a moment."""


class Series(Asks):
    """The runs of one spec with several seeds, living or over, trained one after another; `name` is `reviews-001`."""

    def __init__(self, name: str, root: Path | None = None, first: Run | None = None) -> None:
        self.name = name
        self._root = root or runs_root()
        self._runs: dict[int, Run] = {first.spec.seed: first} if first else {}
        self._lock = threading.RLock()
        self._see_new()

    @property
    def seeds(self) -> list[int]:
        """All seeds, in the order in which they are trained."""
        return seeds_of(next(iter(self._see_new().values())).folder)

    def _see_new(self) -> dict[int, Run]:
        """Returns the runs by their seeds; each Run is made once, for it reads on where it was."""
        with self._lock:
            for seed, folder in folders_of_series(self.name, self._root).items():
                if seed not in self._runs:
                    self._runs[seed] = Run(folder)
            if not self._runs:
                raise RunError(f"There is no series {self.name!r} in {self._root}.")
            return dict(self._runs)

    @property
    def runs(self) -> list[Run]:
        """The runs that have been started, in the order of the seeds."""
        found = self._see_new()
        return [found[seed] for seed in self.seeds if seed in found]

    @property
    def spec(self) -> RunSpec:
        """What the first seed's run was asked to do; the others' specs differ in `seed`."""
        return self.runs[0].spec

    @property
    def current(self) -> Run:
        """The run that is at work; where none is, the one that was last."""
        found = self.runs
        going = [run for run in found if not run.is_over]
        newest = max(range(len(found)), key=lambda i: (found[i].state.updated or 0.0, i))
        return going[0] if going else found[newest]

    @property
    def state(self) -> RunState:
        """What the record of the current run says by now."""
        return self.current.state

    @property
    def is_over(self) -> bool:
        """Whether no seed is trained and none will be, unless the series is resumed."""
        before = len(self.runs)
        if any(run.is_alive for run in self.runs):
            return False
        return len(self.runs) == before  # a worker makes the next seed's folder before it goes

    @property
    def status(self) -> str:
        """queued, running, paused, finished, stopped or failed."""
        if not self.is_over:
            status = self.current.status
            return "running" if status in ("finished", "stopped", "failed") else status
        last = self.current.status
        is_whole = len(self.runs) == len(self.seeds) and all(run.is_over for run in self.runs)
        return last if is_whole or last != "finished" else "stopped"

    @property
    def finished(self) -> list[Run]:
        """The runs that came to their end, early stopping included: those of which mean and spread are made."""
        return [run for run in self.runs if run.status == "finished"]

    def send(self, command: Command) -> None:
        """Asks something of the run at work; a Stop ends the series too, unless it says `series_goes_on`."""
        until = time.monotonic() + BETWEEN_S
        while not self.is_over and time.monotonic() < until:
            going = [run for run in self.runs if not run.is_over]
            if going:
                going[0].send(command)
                return
            time.sleep(POLL_S)
        raise RunError(f"{self.name} is {self.status}: nobody is there to hear that.")

    def stop(self, *, series_goes_on: bool = False) -> None:
        """Ends the present run after its step, keeping its best model, and starts no other seed unless it goes on."""
        self.send(word.Stop(series_goes_on=series_goes_on))

    def resume(self) -> Series:
        """Goes on with the first seed that is not finished, from its last whole checkpoint; then with those behind it.

        Returns once a worker has taken it up.
        """
        if not self.is_over:
            self.send(word.Resume())
            return self
        seed = first_unfinished(self.runs[0].folder, self.seeds)
        if seed is None:
            raise RunError(f"{self.name} is finished: there is nothing to resume.", "Start a new one to train further.")
        folder = folder_of_seed(self.runs[0].folder, seed)
        attempt = Run(folder).state.attempt
        self._runs[seed] = run = Run(folder, start_process(folder))
        until = time.monotonic() + START_S
        while run.state.attempt <= attempt and run.is_alive and time.monotonic() < until:
            time.sleep(POLL_S)
        return self

    def kill(self) -> None:
        """Ends the worker at once; what it did since the last checkpoint is lost, and no other seed is started."""
        for run in self.runs:
            run.kill()

    @property
    def death(self) -> str | None:
        """How the worker died without a word; else None."""
        return self.current.death

    def wait(self, timeout_s: float | None = None) -> Series:
        """Waits for the end of the last seed; raises RunFailed where one fails, TimeoutError after `timeout_s`."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self.is_over:
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"{self.name} is still {self.status} after {timeout_s:g} s.")
            time.sleep(POLL_S)
        self.raise_failure()
        return self

    def raise_failure(self) -> None:
        """Raises the error that ended a run and so the series; does nothing where there was none."""
        self.current.raise_failure()

    @property
    def best(self) -> Run:
        """The run whose kept model scored best on the validation rows, never on the test rows; raises RunError."""
        judged = [(run.state.early_stopping, run) for run in self.runs if _has_model(run)]
        known = [(rule.best, rule.monitor, run) for rule, run in judged if rule.best is not None]
        if not known:
            why = "has no evaluation yet" if self.spec.data.validation is None else "held out no validation rows"
            raise RunError(f"{self.name} {why}, so none of its runs is the best.", f"Take one:  {self.runs[0].name}")
        choose = min if is_better_lower(known[0][1]) else max
        return choose(known, key=lambda one: one[0])[2]

    @property
    def scores(self) -> pd.DataFrame:
        """A row for each run: seed, run, status, and every metric of the kept model on validation and test rows."""
        import pandas as pd

        return pd.DataFrame(
            [{"seed": row.seed, "run": row.run, "status": row.status, **row.values} for row in self.table.rows]
        )

    @property
    def mean(self) -> dict[str, float]:
        """Every metric's mean over the finished runs."""
        return {metric: found.mean for metric, found in self.table.spreads.items()}

    @property
    def spread(self) -> dict[str, float | None]:
        """Every metric's sample standard deviation over the finished runs; None for one run alone."""
        return {metric: found.deviation for metric, found in self.table.spreads.items()}

    @property
    def summary(self) -> pd.DataFrame:
        """A row for each metric: mean, spread, the ends of the 95% t-interval of the mean, and how many seeds."""
        import pandas as pd

        rows = [
            {"metric": name, "mean": s.mean, "spread": s.deviation, "low": s.low, "high": s.high, "seeds": s.n}
            for name, s in self.table.spreads.items()
        ]
        return pd.DataFrame(rows)

    @property
    def table(self) -> SeriesTable:
        """The scores of every seed by now, also of those that are still to come."""
        found = self._see_new()
        rows = tuple(_row(seed, found.get(seed)) for seed in self.seeds)
        return SeriesTable(self.name, rows, self.state.early_stopping.monitor)

    def __repr__(self) -> str:
        return f"<Series {self.table.sentence()}>"

    def output(self) -> dict[str, str]:
        """Returns table and curves as the data of a cell's output: static, small, without styles."""
        table = self.table
        laid_over = overlay({run.name: run.state for run in self.runs})
        pictures = images(laid_over.plots, laid_over.state)
        html = f"<div>{table.to_html()}{f'<p>{pictures}</p>' if pictures else ''}</div>"
        return {"text/html": html, "text/plain": table.to_text()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.output()


def _has_model(run: Run) -> bool:
    return (run.folder.model / "config.json").is_file()


def _row(seed: int, run: Run | None) -> SeedRow:
    if run is None:
        return SeedRow(seed, "", "to come")
    state = run.state
    tested = [evaluation for evaluation in state.evaluations if evaluation.split == "test"]
    values = {**(state.best.values if state.best else {}), **(tested[-1].values if tested else {})}
    return SeedRow(
        seed, run.name, run.status, values, state.ended - state.started if state.ended and state.started else None
    )


def start_series(loaded: LoadedSpec, name: str | None = None, *, dry_run_steps: int = 0) -> Series:
    """Makes the folder of the first seed's run and starts its worker, which starts the next one; returns at once."""
    folder = prepare_folder(loaded, name, dry_run_steps=dry_run_steps)
    return Series(series_of(folder), folder.path.parent, Run(folder, start_process(folder)))


def open_series(name: str) -> Series:
    """Returns a series by its full name (`reviews-001`), or the newest one of a name; raises RunError."""
    found = find_series(name)
    if found is None:
        raise RunError(f"{name} is no series: {open_run(name).name} is a run alone.")
    return Series(found)


def find(name: str) -> Run | Series:
    """Returns what goes by the name: a series where its newest run is one of several seeds, else a run; raises RunError."""
    found = find_series(name)
    return Series(found) if found else open_run(name)


def to_resume(loaded: LoadedSpec, name: str, dry_run_steps: int = 0) -> Run | Series | None:
    """Returns the newest run or series of that name to go on with, None where there is none; raises RunError."""
    run = run_to_resume(loaded, name, dry_run_steps)
    return Series(series_of(run.folder), run.folder.path.parent) if run and loaded.spec.seeds else run


def stop(what: Run | Series, *, only_this_seed: bool = False) -> str:
    """Ends a run, or a series with the run at work, and returns in a sentence what is done; raises RunError."""
    if isinstance(what, Run):
        if only_this_seed:
            raise RunError(f"{what.name} is one run, no series.", "Leave --this-seed out.")
        what.stop()
        return f"{what.name} stops after this step and keeps the best model."
    run, to_come = what.current, len(what.seeds) - len(what.runs)
    what.stop(series_goes_on=only_this_seed)
    said = f"{run.name} stops after this step and keeps the best model."
    if only_this_seed:
        return f"{said} {what.name} goes on with the next seed."
    more = f" The {plural(to_come, 'seed')} to come {'is' if to_come == 1 else 'are'} not started." if to_come else ""
    return f"{said}{more} To go on:  %ft_resume {what.name}   (or: nbft resume {what.name})"


def finetune(spec: Any, name: str | None = None, *, wait: bool = True, **options: Any) -> Any:
    """Starts a run from YAML text, a path or a dict, and waits for its end; `options` are those of read_spec.

    Returns the Run; of a spec with `seeds` the Series.
    """
    loaded = read_spec(spec, **options)
    started = start_series(loaded, name) if loaded.spec.seeds else start_run(loaded, name)
    return started.wait() if wait else started
