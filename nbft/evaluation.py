"""Evaluating a run's best model on other rows, by a worker of its own: the kernel loads no torch, its memory stays free."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from nbft.errors import DataError, RunError
from nbft.launch.prepare import write_parquet
from nbft.launch.process import start_process
from nbft.record.events import Values
from nbft.record.folder import RunFolder

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
