"""Evaluating models by a worker of its own: the kernel loads no torch, its memory stays free."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbft.errors import DataError, ModelError, RunError
from nbft.evaluation_request import key_of, refuse_harness, refuse_wrong, systems_of, taken_apart
from nbft.evaluation_rows import asked_rows
from nbft.functions import keep_functions
from nbft.launch.prepare import write_parquet
from nbft.launch.process import start_process
from nbft.record.demands import gate
from nbft.record.events import Stop, Values, event_from, to_dict
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower, append
from nbft.record.scorecard import Scorecard, from_json
from nbft.record.state import RunState
from nbft.spec.evaluation import generate_of
from nbft.spec.sources import called

if TYPE_CHECKING:
    import pandas as pd

POLL_S = 0.05


def evaluate_on(folder: RunFolder, data: Any) -> Values:
    """Returns {`test/f1`: value} on a source's name or rows of the notebook; raises DataError and RunError."""
    folder.evaluations.mkdir(exist_ok=True)
    request = folder.evaluations / f"{time.time_ns()}.json"
    source = str(data) if isinstance(data, str | Path) else f"${_keep(folder, data, request.stem)}"
    request.write_text(json.dumps({"data": source}), encoding="utf-8")
    worker = start_process(folder, "--evaluate", str(request))
    while worker.poll() is None:
        time.sleep(POLL_S)
    answer = json.loads(request.read_text(encoding="utf-8"))
    if "error" in answer:
        raise DataError(answer["error"]["what"], answer["error"]["fix"])
    if "values" not in answer:
        raise RunError(f"The evaluation of {folder.run} ended without a word.", f"Its last lines: {folder.log}")
    return answer["values"]


def _keep(folder: RunFolder, data: Any, name: str) -> str:
    variable = f"evaluation_{name}"
    write_parquet(data, folder.variables / f"{variable}.parquet", "data")
    return variable


class Evaluation:
    """Systems judged side by side; its folder keeps a record as a run's does, and the scorecard once it is done."""

    def __init__(
        self, folder: RunFolder, worker: Any = None, demands: Sequence[str] = (), notes: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.demands = list(demands)
        self._notes = list(notes)
        self.state = RunState()
        self._worker = worker
        self._journal = Follower(folder.events)

    def follow(self) -> RunState:
        """Returns the state by now: phase, batches done, how it ended."""
        for data in self._journal.read():
            event = event_from(data)
            if event is not None:
                self.state.see(event)
        return self.state

    @property
    def is_over(self) -> bool:
        """Whether the scorecard is there, or will never be."""
        is_dead = self._worker is not None and self._worker.poll() is not None
        return self.follow().is_over or is_dead or (self._worker is None and self._file.is_file())

    def stop(self) -> None:
        """Ends it after the present batch."""
        append(self.folder.commands, to_dict(Stop(time=time.time())))

    def kill(self) -> None:
        """Ends its worker at once."""
        if self._worker is not None and self._worker.poll() is None:
            self._worker.kill()

    def wait(self, timeout_s: float | None = None) -> Evaluation:
        """Waits for the scorecard; raises what went wrong, TimeoutError after `timeout_s`."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self.is_over:
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"The evaluation is still {self.state.phase} after {timeout_s:g} s.")
            time.sleep(POLL_S)
        self.raise_failure()
        return self

    def raise_failure(self) -> None:
        """Raises what ended the evaluation without a scorecard; does nothing where there is one."""
        if self._file.is_file():
            return
        end = self.follow().end
        if end is None or not end.error:
            raise RunError("The evaluation ended without a word.", f"Its last lines: {self.folder.log}")
        kinds = {"DataError": DataError, "ModelError": ModelError}
        raise kinds.get(str(end.error.get("type")), RunError)(str(end.error["what"]), str(end.error.get("fix", "")))

    @property
    def _file(self) -> Path:
        return self.folder.path / "scorecard.json"

    @cached_property
    def scorecard(self) -> Scorecard:
        """All that was found, whether the demands are met among it."""
        self.raise_failure()
        card = from_json(json.loads(self._file.read_text(encoding="utf-8")))
        gates = [gate(demand, card.systems[0]) for demand in self.demands]
        return dataclasses.replace(card, gates=gates, notes=[*card.notes, *self._notes])

    @property
    def scores(self) -> pd.DataFrame:
        """A row for each system and metric: value, low and high."""
        import pandas as pd

        rows = [
            {"system": system.name, "kind": system.kind, "metric": name, **dataclasses.asdict(score)}
            for system in self.scorecard.systems
            for name, score in system.scores.items()
        ]
        return pd.DataFrame(rows)

    @property
    def comparisons(self) -> pd.DataFrame:
        """A row for each pair of systems and metric: the difference, its interval, p, and the verdict."""
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(one) for one in self.scorecard.comparisons])

    @property
    def predictions(self) -> pd.DataFrame:
        """A row for each system and row of the data: input, reference, prediction, how sure it was, whether it is right."""
        import pandas as pd

        parts = [
            pd.read_parquet(self.folder.path / system.predictions).assign(system=system.name)
            for system in self.scorecard.systems
            if system.predictions
        ]
        return pd.concat(parts, ignore_index=True)

    def to_csv(self, path: str | Path) -> Path:
        """Writes the predictions and returns the file."""
        file = Path(path).expanduser()
        self.predictions.to_csv(file, index=False)
        return file

    def require(self, *demands: str) -> Evaluation:
        """Raises RunError where the first system does not meet a demand, as `accuracy >= 0.85`."""
        gates = [gate(demand, self.scorecard.systems[0]) for demand in demands] or self.scorecard.gates
        missed = [one for one in gates if not one.is_met]
        if missed:
            wanted = "\n".join(f"{one.demand} is not met: {one.found}." for one in missed)
            raise RunError(wanted)
        return self

    def __repr__(self) -> str:
        if not self._file.is_file():
            return f"<Evaluation {self.folder.run}: {self.follow().phase or 'starting'}>"
        first = self.scorecard.systems[0]
        told = ", ".join(f"{name} {score.value:.4g}" for name, score in first.scores.items() if score.value is not None)
        return f"<Evaluation of {', '.join(s.name for s in self.scorecard.systems)}: {first.name} {told}>"


def start_evaluation(systems: Sequence[str], data: Any = None, **options: Any) -> Evaluation:
    """Returns an evaluation that goes on in a process of its own, or the one that was made of the same question before.

    `options`: metrics (names, or functions of predictions and references), functions (by the names that `$name` among
    the metrics means), by (names), compare (pairs of systems), generate (a dict, as in a run's spec), baselines (True),
    require (demands), seed, trust_remote_code (False); harness (tasks of lm-evaluation-harness) and harness_tasks (a
    folder of more). `data` may be a dict with `source`, `columns`, `clean`, ...
    """
    asked = systems_of([str(name) for name in systems])
    first = RunFolder(Path(next(one["place"] for one in asked if one["kind"] == "run")))
    demands = options.pop("require", None) or ()
    options["metrics"], functions = taken_apart(options.get("metrics"), options.pop("functions", None) or {})
    refuse_wrong(options["metrics"], functions, trusts=bool(options.get("trust_remote_code")))
    if options.get("harness"):
        refuse_harness(options, data)
    if options.get("generate") is not None:
        options["generate"] = generate_of(options["generate"])
    rows = asked_rows(options.get("harness_tasks") if options.get("harness") else data, first)
    request = {
        "systems": asked,
        "data": rows.source,
        **{name: value for name, value in options.items() if value is not None},
    }
    place = RunFolder(first.evaluations / key_of(request, rows.key, functions))
    kept = place.path / "scorecard.json"
    if "://" not in str(rows.source) and kept.is_file():
        return Evaluation(place, None, demands, rows.notes(kept))
    shutil.rmtree(place.path, ignore_errors=True)
    place.path.mkdir(parents=True)
    keep_functions(functions, place)
    named = called(rows.source) if rows.source else ""
    about = "rows of the notebook" if named.startswith("$") else named or None
    request |= {"time": time.time(), "about": about, "started_in": str(Path.cwd())}
    file = place.path / "request.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    return Evaluation(place, start_process(place, "--judge", str(file)), demands)


def evaluate(*systems: Any, data: Any = None, **options: Any) -> Evaluation:
    """Judges runs, `base`, models and adapters side by side on the first run's test rows, or on `data`; waits for the end.

    The options are those of start_evaluation; `require` raises RunError where a demand is not met.
    """
    names = [getattr(system, "name", system) for system in systems]
    found = start_evaluation(names, data, **options).wait()
    return found.require() if options.get("require") else found


def newest_predictions(run: RunFolder) -> pd.DataFrame:
    """Returns what the run predicted in the newest evaluation that it leads; raises RunError where there is none."""
    cards = sorted(run.evaluations.glob("*/scorecard.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for found in (Evaluation(RunFolder(card.parent)) for card in cards):
        own = next((system for system in found.scorecard.systems if system.kind == "run"), None)
        if own and own.predictions:
            return found.predictions.query("system == @own.name").reset_index(drop=True)
    raise RunError(f"{run.run} was not evaluated yet.", f"Evaluate it first:  %ft_eval {run.run}")
