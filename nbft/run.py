"""Run: what a cell returns. Follows a run's folder, sends commands, and uses the model once there is one."""

from __future__ import annotations

import json
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbft.errors import RunError, RunFailed, SpecError
from nbft.functions import preprocessed
from nbft.launch.base import Worker
from nbft.launch.process import how_ended, kill_group, start_process
from nbft.record import events as word
from nbft.record.asks import Asks
from nbft.record.data_check import DataCheck, read_check
from nbft.record.events import Command, Event, event_from, to_dict
from nbft.record.folder import RunFolder, find_folder, list_folders
from nbft.record.history import history_rows
from nbft.record.journal import Follower, append
from nbft.record.lock import holder, is_held
from nbft.record.state import RunState
from nbft.spec.annotated import annotated, write_spec
from nbft.spec.load import LoadedSpec
from nbft.spec.sections import RunSpec
from nbft.spec.yaml_text import read_yaml

if TYPE_CHECKING:
    import pandas as pd

START_S = 60.0
"""A worker that has said nothing for so long after its launch never will."""
POLL_S = 0.1
EXIT_S = 10.0


class Run(Asks):
    """A run, living or over; all it knows it reads from the run's folder."""

    def __init__(self, folder: RunFolder, worker: Worker | None = None) -> None:
        self.folder = folder
        self._worker = worker
        self._state = RunState(run=folder.run)
        self._seen = Follower(folder.events)
        self._told = Follower(folder.events)
        """Follows apart from `_seen`, so that a state that is only looked at piles nothing up."""
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        best = self.best
        shown = ", ".join(f"{name} {value:.4g}" for name, value in (best or {}).items() if value is not None)
        return f"<Run {self.name}: {self.status}, step {self._state.step} of {self._state.total_steps}" + (
            f", best {shown}>" if shown else ">"
        )

    @property
    def name(self) -> str:
        """The run's full name (`reviews-001`)."""
        return self.folder.run

    @cached_property
    def spec(self) -> RunSpec:
        """What the run was asked to do, every default filled in."""
        return RunSpec.model_validate(json.loads(self.folder.resolved.read_text(encoding="utf-8"))["spec"])

    def follow(self) -> list[Event]:
        """Returns the events that came since the last call; they are in the state already."""
        with self._lock:
            events = _events_of(self._told)
            self._see_new()
            return events

    def _see_new(self) -> None:
        for event in _events_of(self._seen):
            self._state.see(event)

    @property
    def state(self) -> RunState:
        """All that the run's record says by now."""
        with self._lock:
            self._see_new()
        return self._state

    @property
    def is_alive(self) -> bool:
        """Whether a worker has the run, or was started a moment ago and is about to take it."""
        if self._worker is not None and self._worker.poll() is None:
            return True
        if is_held(self.folder.lock):
            return True
        never_started = self._worker is None and not self.folder.events.exists()
        return never_started and time.time() - self.folder.path.stat().st_mtime < START_S

    @property
    def status(self) -> str:
        """queued, running, paused, finished, stopped or failed; true even when the worker died without a word."""
        alive = self.is_alive  # asked first: a worker says its last word before it lets go of the run
        state = self.state
        return state.status if alive or state.is_over else "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless the run is resumed."""
        return self.status in ("finished", "stopped", "failed")

    @property
    def death(self) -> str | None:
        """How the worker died without a word: the signal, the last step, and the line that resumes; else None."""
        if self.status != "failed" or self._state.is_over:
            return None
        state = self._state
        code = self._worker.poll() if self._worker else None
        at = f"after step {state.step} of {state.total_steps}" if state.total_steps else "before the first step"
        kept = f"from the checkpoint of step {state.checkpoints[-1]}" if state.checkpoints else "from the beginning"
        return (
            f"The worker of {self.name} ended without a word {at}{how_ended(code)}.\n"
            f"Its last lines: {self.folder.log}\n"
            f"To go on {kept}:  %ft_resume {self.name}   (or: nbft resume {self.name})"
        )

    def send(self, command: Command) -> None:
        """Asks something of the worker; raises RunError where there is none to hear it."""
        if self.is_over:
            raise RunError(f"{self.name} is {self.status}: nobody is there to hear that.")
        append(self.folder.commands, {**to_dict(command), "time": time.time()})

    def resume(self) -> Run:
        """Goes on: after a pause, or with a new worker from the last whole checkpoint where the run was cut off."""
        status = self.status
        if status == "finished":
            raise RunError(f"{self.name} is finished: there is nothing to resume.", "Start a new run to train further.")
        if status in ("running", "queued", "paused"):
            self.send(word.Resume())
        else:
            self._worker = start_process(self.folder)
        return self

    def kill(self) -> None:
        """Ends the worker at once; what it did since the last checkpoint is lost."""
        if self._worker is not None and self._worker.poll() is None:
            self._worker.kill()
        elif is_held(self.folder.lock) and (pid := holder(self.folder.lock).get("pid")):
            kill_group(int(pid))

    def wait(self, timeout_s: float | None = None) -> Run:
        """Waits for the end of the run; raises RunFailed where it ends without a model, TimeoutError after `timeout_s`."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self.is_over:
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"{self.name} is still {self.status} after {timeout_s:g} s.")
            time.sleep(POLL_S)
        self._await_exit()
        self.raise_failure()
        return self

    def _await_exit(self) -> None:
        """A worker that has said its last word still gives its memory back."""
        until = time.monotonic() + EXIT_S
        while self._worker is not None and self._worker.poll() is None and time.monotonic() < until:
            time.sleep(POLL_S)

    def raise_failure(self) -> None:
        """Raises the error that ended the run, shown at its place in the spec; does nothing where there was none."""
        if self.death:
            raise RunFailed(self.death)
        end = self.state.end
        if end is None or end.outcome != "failed":
            return
        error = end.error or {}
        if error.get("path"):
            raise self._explain(error)
        raise RunFailed(f"{self.name} failed: {end.reason}", str(error.get("fix") or f"Its log: {self.folder.log}"))

    def _explain(self, error: dict[str, Any]) -> SpecError:
        resolved = json.loads(self.folder.resolved.read_text(encoding="utf-8"))
        text = resolved.get("typed") or self.folder.spec.read_text(encoding="utf-8")
        places = read_yaml(text, first_line=int(resolved.get("first_line", 1)))
        return LoadedSpec(self.spec, text, str(resolved.get("name", self.name)), _places=places).explain(error)

    def save_spec(self, path: str | Path, *, resolved: bool = False, force: bool = False) -> Path:
        """Writes the spec as it was typed, comments kept, or `resolved`; raises RunError where another file is there."""
        typed, plan = self.folder.spec.read_bytes().decode(), self.state.plan
        return write_spec(Path(path), annotated(self.spec, typed, plan) if resolved else typed, force=force)

    def report(self, path: str | Path | None = None) -> Path:
        """Writes all that is known of the run as one HTML file (`<run>.html` here) and returns its path."""
        from nbft.report import write_report

        return write_report(self, path)

    @property
    def metrics(self) -> dict[str, float | None]:
        """The newest value of every metric of validation and test."""
        return {name: value for evaluation in self.state.evaluations for name, value in evaluation.values.items()}

    @property
    def best(self) -> dict[str, float | None] | None:
        """The metrics of the evaluation whose model was kept; None where none was made."""
        best = self.state.best
        return dict(best.values) if best else None

    @property
    def history(self) -> pd.DataFrame:
        """Step, epoch and every metric, a row for each step at which something was measured."""
        import pandas as pd

        return pd.DataFrame(history_rows(_events_of(Follower(self.folder.events))))

    @property
    def predictions(self) -> pd.DataFrame:
        """What its newest evaluation (`%ft_eval`) predicted, a row a row of the data; raises RunError where there is none."""
        from nbft.evaluation import newest_predictions

        return newest_predictions(self.folder)

    def plot(self, metrics: list[str] | None = None, **how: Any) -> Any:
        """Returns the curves as a matplotlib figure for a paper; `how`: log, smoothing (a share), width (inches)."""
        from nbft.panels.paper import paper_figure

        return paper_figure(self.state, metrics, **how)

    @property
    def data_check(self) -> DataCheck | None:
        """What the check-up found in the run's data; None as long as they were not looked at."""
        return read_check(self.folder.data_check)

    @property
    def task(self) -> str:
        """The task's name, also where the spec left it out; empty as long as it isn't known."""
        return self.spec.task or (self.state.plan.task if self.state.plan else "")

    def load_model(self) -> Any:
        """Returns the best model, ready to predict."""
        from nbft.inference import load_model

        return load_model(self._model_folder(), self.task)

    def pipeline(self, **kwargs: Any) -> Any:
        """Returns a transformers pipeline with the best model; keyword arguments are the pipeline's."""
        from nbft.inference import make_pipeline

        return make_pipeline(self._model_folder(), self.spec, self.task, **kwargs)

    def predict(self, inputs: Any, batch_size: int = 32) -> Any:
        """Returns what the best model says of a text (of {question, context}; of messages), or a list of it for a list."""
        from nbft.inference import predict

        folder = self._model_folder()
        return predict(folder, self.spec, self.task, preprocessed(inputs, self.spec, self.folder), batch_size)

    def _model_folder(self) -> str:
        if not (self.folder.model / "config.json").is_file():
            raise RunError(f"{self.name} has no model yet: it is {self.status}.")
        return str(self.folder.model)

    def evaluate(self, data: Any = None, split: str | None = None) -> dict[str, float | None]:
        """Returns the metrics of the best model on the test rows (validation where there are none), or on `data`."""
        from nbft.evaluation import evaluate_on

        self._model_folder()  # raises where there is none
        if data is not None:
            return evaluate_on(self.folder, data)
        tested = [e for e in self.state.evaluations if e.split == "test"]
        if tested and split in (None, "test"):
            return dict(tested[-1].values)
        if split == "test" or self.best is None:
            held_out = "no test rows" if split == "test" else "no rows to evaluate on"
            raise RunError(f"{self.name} held out {held_out}.", "Name some:  run.evaluate('test.csv')")
        return self.best


def _events_of(journal: Follower) -> list[Event]:
    """Returns what came since the journal was last read."""
    return [event for data in journal.read() if (event := event_from(data)) is not None]


def start_run(loaded: LoadedSpec, name: str | None = None, *, dry_run_steps: int = 0) -> Run:
    """Makes the run's folder and starts its worker; returns at once. A dry run ends after so many steps."""
    from nbft.launch.prepare import prepare_folder

    folder = prepare_folder(loaded, name, dry_run_steps=dry_run_steps)
    return Run(folder, start_process(folder))


def open_run(name: str) -> Run:
    """Returns a run by its full name, its name alone (the newest), or its folder; raises RunError."""
    return Run(find_folder(str(name)))


def runs() -> list[Run]:
    """Returns all runs, the newest first."""
    return [Run(folder) for folder in list_folders()]
