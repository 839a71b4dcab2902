"""A run's progress in a terminal: one tqdm bar, a line for each evaluation and warning, the scores at the end."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from tqdm import tqdm

from nbft.evaluation import Evaluation
from nbft.panels import samples
from nbft.panels.series import where
from nbft.record import events as word
from nbft.record.events import Event, Values
from nbft.record.state import RunState
from nbft.run import Run
from nbft.series import Series

LOOK_EVERY_S = 0.2
LOG_EVERY_S = 30
"""A bar that goes into a file is a new line each time."""


class _Interrupts:
    """Counts interrupts: the first asks the run to stop, the second ends it."""

    def __init__(self) -> None:
        self.count = 0
        self._before = signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    def restore(self) -> None:
        signal.signal(signal.SIGINT, self._before)


def watch(run: Run, *, started_here: bool = True) -> None:
    """Shows the run until it is over; an interrupt stops a run that was started here, and only the watching of others."""
    interrupts = _Interrupts()
    obeyed = 0
    pause_s = 0.1 if sys.stderr.isatty() else LOG_EVERY_S
    with tqdm(total=0, unit="step", dynamic_ncols=True, desc=run.name, mininterval=pause_s, maxinterval=pause_s) as bar:
        try:
            while True:
                over = run.is_over  # asked before the events are read, so that the last ones are shown too
                for event in run.follow():
                    _show(event, run.state, bar)
                if over or (interrupts.count and not started_here):
                    break
                if interrupts.count > obeyed:
                    obeyed = interrupts.count
                    _interrupt(run, obeyed, bar)
                time.sleep(LOOK_EVERY_S)
        finally:
            interrupts.restore()
    if run.is_over:
        _summary(run)


def watch_series(series: Series, *, started_here: bool = True) -> None:
    """Shows one run of a series after another, then the table of all; an interrupt does what it does to a run."""
    shown: set[str] = set()
    while True:
        is_over = series.is_over  # asked first, so that the last run is shown too
        current = series.current
        if current.name not in shown:
            shown.add(current.name)
            print(f"{series.name}: {where(series.table, current.name)}", file=sys.stderr)
            watch(current, started_here=started_here)
            if not current.is_over:
                return  # only the watching was interrupted
        if is_over:
            break
        time.sleep(LOOK_EVERY_S)
    print(series.table.to_text())


def follow(evaluation: Evaluation) -> Evaluation:
    """Shows an evaluation until its scorecard is there; an interrupt stops it. Raises what went wrong."""
    pause_s = 0.1 if sys.stderr.isatty() else LOG_EVERY_S
    with tqdm(total=0, unit="batch", dynamic_ncols=True, mininterval=pause_s, maxinterval=pause_s, leave=False) as bar:
        try:
            while not evaluation.is_over:
                state = evaluation.follow()
                bar.set_description(state.phase, refresh=False)
                if state.progress and state.progress.total:
                    bar.total, bar.n = state.progress.total, state.progress.done or 0
                bar.update(0)
                time.sleep(LOOK_EVERY_S)
        except KeyboardInterrupt:
            evaluation.stop()
    return evaluation.wait()


def _interrupt(run: Run, count: int, bar: tqdm) -> None:
    if count == 1:
        bar.write(
            "Interrupted: stops after this step and keeps the best model. Once more ends it at once.", file=sys.stderr
        )
        run.stop()
    else:
        run.kill()


def _show(event: Event, state: RunState, bar: tqdm) -> None:
    match event:
        case word.PhaseStarted():
            bar.set_description(f"{state.run}: {event.phase}", refresh=sys.stderr.isatty())
        case word.Planned():
            bar.reset(total=event.total_steps)
            bar.update(event.step)
            for note in event.notes:
                bar.write(f"  {note}", file=sys.stderr)
        case word.Progressed() | word.Measured():
            bar.update(max(event.step - bar.n, 0))
            loss = state.latest("train/loss")
            if loss is not None:
                bar.set_postfix(loss=f"{loss:.3f}", epoch=f"{state.epoch:.2f}", refresh=False)
        case word.Evaluated():
            bar.write(f"  step {event.step}: {_numbers(event.values)}", file=sys.stderr)
        case word.SampleMade():
            bar.write(samples.line(event), file=sys.stderr)
        case word.Warned():
            bar.write(f"  warning: {event.message} {event.fix}".rstrip(), file=sys.stderr)


def _numbers(values: Values) -> str:
    return ", ".join(f"{name} {'not a number' if v is None else f'{v:.4f}'}" for name, v in values.items())


def _summary(run: Run) -> None:
    state = run.state
    if state.end is None:
        return
    print(f"{run.name} {run.status}: {state.end.reason}")
    tested = [e for e in state.evaluations if e.split == "test"]
    judged = tested[-1] if tested else state.best
    if judged:
        print(f"  the model of step {judged.step}: {_numbers(judged.values)}")
    if state.end.has_model:
        print(f"  {run.folder.model}")
