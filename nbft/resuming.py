"""`--resume`: the same cell or command again goes on with the run it started, instead of starting another."""

from __future__ import annotations

import filecmp
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbft.errors import RunError
from nbft.launch.prepare import keep_variables
from nbft.record.folder import RunFolder, find_folder
from nbft.run import Run
from nbft.spec.load import LoadedSpec
from nbft.spec.scalars import spell

MOST_SHOWN = 4


def run_to_resume(loaded: LoadedSpec, name: str, dry_run_steps: int = 0) -> Run | None:
    """Returns the newest run of that name, None where there is none; raises RunError where it was asked something else."""
    try:
        folder = find_folder(name)
    except RunError:
        return None
    run = Run(folder)
    found = [*_differences(run, loaded, dry_run_steps), *_other_rows(folder, loaded)]
    if found:
        more = [f"and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
        raise RunError(
            f"{run.name} was asked something else: {'; '.join([*found[:MOST_SHOWN], *more])}.",
            f"Start anew by leaving --resume out, or go on with that run as it is:  %ft_resume {run.name}",
        )
    return run


def _differences(run: Run, loaded: LoadedSpec, dry_run_steps: int) -> Iterator[str]:
    before, now = _flat(run.spec.model_dump(mode="json")), _flat(loaded.spec.model_dump(mode="json"))
    resolved = json.loads(run.folder.resolved.read_text(encoding="utf-8"))
    before["--dry-run-steps"], now["--dry-run-steps"] = resolved.get("dry_run_steps", 0), dry_run_steps
    for path in now:
        if before.get(path) != now[path]:
            yield f"{path} is {_said(before.get(path))} there and {_said(now[path])} here"


def _said(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "left out" if value in (None, 0) else spell(value)


def _flat(data: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        found.update(_flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value})
    return found


def _other_rows(folder: RunFolder, loaded: LoadedSpec) -> Iterator[str]:
    """Variables of the notebook that hold something else by now."""
    with tempfile.TemporaryDirectory() as scratch:
        keep_variables(loaded, RunFolder(Path(scratch)))
        fresh = RunFolder(Path(scratch)).variables
        for file in sorted([*fresh.rglob("*.parquet"), *fresh.rglob("*.py")]):
            kept = folder.variables / file.relative_to(fresh)
            if not kept.is_file() or not filecmp.cmp(file, kept, shallow=False):
                name = file.relative_to(fresh).parts[0]
                yield f"${name.partition('.')[0]} holds something else there"
