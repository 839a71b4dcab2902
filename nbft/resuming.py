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
from nbft.launch.series import add_seeds, seeds_of
from nbft.record.folder import RunFolder, find_folder, find_series, folders_of_series
from nbft.run import Run
from nbft.spec.load import LoadedSpec
from nbft.spec.scalars import spell

MOST_SHOWN = 4


def run_to_resume(loaded: LoadedSpec, name: str, dry_run_steps: int = 0) -> Run | None:
    """Returns the newest run of that name, None where there is none; raises RunError where it was asked something else.

    Of a series it is the first seed's run; seeds that are new in the spec are added to the series.
    """
    try:
        folder = _first(name) or find_folder(name)
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
    if loaded.spec.seeds:
        add_seeds(folder, loaded.spec.every_seed)
    return run


def _first(name: str) -> RunFolder | None:
    series = find_series(name)
    there = folders_of_series(series) if series else {}
    return (
        next((there[seed] for seed in seeds_of(next(iter(there.values()))) if seed in there), None) if there else None
    )


def _differences(run: Run, loaded: LoadedSpec, dry_run_steps: int) -> Iterator[str]:
    seeds, asked = seeds_of(run.folder), loaded.spec.every_seed
    spec = loaded.spec.of_seed(asked[0]) if asked else loaded.spec
    before, now = _flat(run.spec.model_dump(mode="json")), _flat(spec.model_dump(mode="json"))
    resolved = json.loads(run.folder.resolved.read_text(encoding="utf-8"))
    is_wider = bool(seeds) and asked[:1] == seeds[:1] and set(seeds) <= set(asked)
    before["seeds"], now["seeds"] = (asked, asked) if is_wider else (seeds or None, asked or None)
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
