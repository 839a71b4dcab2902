"""What `%ft_label` is to label: a variable of the notebook, or any source that a run could read."""

from __future__ import annotations

import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbft.errors import DataError, NbftError
from nbft.labelling.rows import FrameRows, Rows, rows_of
from nbft.launch.process import start_process
from nbft.notebook.line import Line
from nbft.record.folder import RunFolder
from nbft.spec.guess import closest, listed

EXAMPLE = "%ft_label $df --labels positive,negative"
POLL_S = 0.05


@dataclass
class Source:
    """What is labelled, and what it is called."""

    name: str
    rows: Rows
    notes: list[str]
    file: Path | None = None


def find_source(asked: Line, names: dict[str, Any]) -> Source:
    """Returns what a line names: `$variable`, or a source that a worker reads; raises NbftError."""
    if not asked.name:
        raise NbftError("%ft_label needs to know what to label.", f"As in: {EXAMPLE}")
    if asked.more:
        fix = "Write the labels without blanks between them, or in quotes:  --labels 'very good,bad'"
        raise NbftError(
            f"%ft_label takes one source, not {len(asked.more) + 1}: {asked.name} {' '.join(asked.more)}", fix
        )
    if not asked.name.startswith("$"):
        return _from_worker(asked.name, names)
    name = asked.name[1:]
    if name not in names:
        rows = [f"${known}" for known, value in names.items() if not known.startswith("_") and rows_of(value)]
        close = closest(name, [known[1:] for known in rows])
        fix = f"Did you mean ${close}?" if close else f"Variables that hold rows: {listed(rows) or 'none'}."
        raise NbftError(f"There is no variable {name!r} in this notebook.", fix)
    rows = rows_of(names[name])
    if rows is None:
        kind = type(names[name]).__name__
        raise NbftError(
            f"${name} is of the type {kind}, which holds no rows.", "A pandas DataFrame can, or a list of dicts."
        )
    notes = (
        [] if rows.is_in_place else [f"${name} can't be written to: its labels are in a copy, `.frame` of the result."]
    )
    return Source(name, rows, notes)


def _from_worker(name: str, names: dict[str, Any]) -> Source:
    """Reads a source as a run would, in a process of its own."""
    if rows_of(names.get(name)) is not None and not Path(name).exists():
        raise NbftError(f"There is no file {name!r}.", f"Did you mean the variable ${name}?")
    import pandas as pd

    with tempfile.TemporaryDirectory(prefix="nbft-rows-") as scratch:
        folder = RunFolder(Path(scratch))
        request = folder.path / "request.json"
        request.write_text(json.dumps({"data": name}), encoding="utf-8")
        worker = start_process(folder, "--rows", str(request))
        try:
            while worker.poll() is None:
                time.sleep(POLL_S)
        finally:  # an interrupt ends the worker too
            if worker.poll() is None:
                worker.kill()
        told = json.loads(request.read_text(encoding="utf-8"))
        if "error" in told:
            raise DataError(told["error"]["what"], told["error"]["fix"])
        file = folder.path / "rows.parquet"
        if not file.is_file():
            raise DataError(
                f"{name} could not be read.", folder.log.read_text(encoding="utf-8", errors="replace")[-600:]
            )
        frame = pd.read_parquet(file)
    path = Path(name).expanduser()
    called = re.sub(r"[^\w-]+", "-", path.name.split(".")[0]).strip("-_") or "labels"
    return Source(
        called, FrameRows(frame, is_in_place=False), told["notes"], path.absolute() if path.exists() else None
    )
