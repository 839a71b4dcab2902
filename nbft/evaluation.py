"""Evaluating a finished run: from its record where the numbers stand there, else by a worker of its own."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbft.errors import DataError, RunError
from nbft.launch.prepare import write_parquet
from nbft.launch.process import start_process

if TYPE_CHECKING:
    from nbft.run import Run

Values = dict[str, "float | None"]
POLL_S = 0.05


def evaluate_run(run: Run, data: Any = None, split: str | None = None) -> Values:
    """Returns the metrics of the run's best model, named after their split; raises DataError and RunError."""
    if not (run.folder.model / "config.json").is_file():
        raise RunError(f"{run.name} has no model yet: it is {run.status}.")
    if data is not None:
        return _by_worker(run, data)
    tested = [e for e in run.state.evaluations if e.split == "test"]
    if tested and split in (None, "test"):
        return dict(tested[-1].values)
    if split == "test":
        raise RunError(f"{run.name} has no test rows.", "Name some:  run.evaluate('test.csv')")
    if run.best is None:
        raise RunError(f"{run.name} held out no rows to evaluate on.", "Name some:  run.evaluate('test.csv')")
    return run.best


def _by_worker(run: Run, data: Any) -> Values:
    """Lets a process of its own evaluate, so that the kernel loads no torch and its memory is free afterwards."""
    run.folder.evaluations.mkdir(exist_ok=True)
    request = run.folder.evaluations / f"{time.time_ns()}.json"
    source = str(data) if isinstance(data, str | Path) else f"${_keep(run, data, request.stem)}"
    request.write_text(json.dumps({"data": source}), encoding="utf-8")
    worker = start_process(run.folder, "--evaluate", str(request))
    while worker.poll() is None:
        time.sleep(POLL_S)
    answer = json.loads(request.read_text(encoding="utf-8"))
    if "error" in answer:
        raise DataError(answer["error"]["what"], answer["error"]["fix"])
    if "values" not in answer:
        raise RunError(f"The evaluation of {run.name} ended without a word.", f"Its last lines: {run.folder.log}")
    return answer["values"]


def _keep(run: Run, data: Any, name: str) -> str:
    variable = f"evaluation_{name}"
    write_parquet(data, run.folder.variables / f"{variable}.parquet", "data")
    return variable
