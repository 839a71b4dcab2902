"""A series: runs of one spec that differ in their seed alone. Whoever ends one of them starts the next."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbft.launch.process import ProcessWorker, start_process
from nbft.record.events import RunEnded, Stop, StopNow
from nbft.record.folder import NUMBERED, RunFolder, folders_of_series, seed_suffix
from nbft.record.journal import Follower
from nbft.spec.seeds import text_of_seed


def seeds_of(folder: RunFolder) -> list[int]:
    """Returns the seeds of the series that a run is of, in the order of training; empty for a run alone."""
    return [int(seed) for seed in _resolved(folder).get("seeds") or ()]


def add_seeds(folder: RunFolder, seeds: Sequence[int]) -> None:
    """Lets the series of a run have these seeds, which begin with its own."""
    for one in folders_of_series(series_of(folder), folder.path.parent).values():
        resolved = _resolved(one)
        if resolved.get("seeds") != list(seeds):
            staged = one.path / "resolved.json.tmp"
            _write(staged, resolved | {"seeds": list(seeds)})
            staged.replace(one.resolved)


def series_of(folder: RunFolder) -> str:
    """Returns the full name (`reviews-001`) of the series that a run is of."""
    match = NUMBERED.match(folder.run)
    return f"{match['name']}-{match['number']}" if match else folder.run


def start_next(folder: RunFolder, began: float) -> ProcessWorker | None:
    """Starts the next run of the series whose run has ended, unless it was stopped, failed or was the last.

    `began` is the time since which commands to stop count.
    """
    if not seeds_of(folder) or not _goes_on(folder, began):
        return None
    wanted = next_seed(folder)
    return start_process(folder_of_seed(folder, wanted)) if wanted is not None else None


def _goes_on(folder: RunFolder, began: float) -> bool:
    """A Stop that came too late for its run still holds for the series."""
    stops = [said for said in Follower(folder.commands).read() if said.get("kind") in (Stop.__name__, StopNow.__name__)]
    stops = [said for said in stops if float(said.get("time", 0.0)) >= began]
    return bool(stops[-1].get("series_goes_on")) if stops else outcome_of(folder) == "finished"


def next_seed(folder: RunFolder) -> int | None:
    """Returns the first seed behind that of a run that is not finished yet; None where there is none."""
    seeds, own = seeds_of(folder), int(_resolved(folder)["spec"]["seed"])
    return first_unfinished(folder, seeds[seeds.index(own) + 1 :])


def first_unfinished(sibling: RunFolder, seeds: Sequence[int]) -> int | None:
    """Returns the first of some seeds of a run's series that has no finished run; None where all have one."""
    there = folders_of_series(series_of(sibling), sibling.path.parent)
    left = (seed for seed in seeds if seed not in there or outcome_of(there[seed]) != "finished")
    return next(left, None)


def outcome_of(folder: RunFolder) -> str:
    """Returns how a run ended by its record: finished, stopped or failed; empty where it did not."""
    said = [event for event in Follower(folder.events).read() if event.get("kind") in ("RunStarted", "RunEnded")]
    return str(said[-1].get("outcome", "")) if said and said[-1]["kind"] == RunEnded.__name__ else ""


def folder_of_seed(sibling: RunFolder, seed: int) -> RunFolder:
    """Returns the folder of another seed of a run's series; made from the run's own where it is not there."""
    place = sibling.path.parent / f"{series_of(sibling)}{seed_suffix(seed)}"
    if (place / "spec.yaml").is_file():
        return RunFolder(place)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".series-") as scratch:
        made = RunFolder(Path(scratch) / "run")
        made.path.mkdir()
        _fill(sibling, made, place, seed)
        made.path.rename(place)  # whole or not at all
    return RunFolder(place)


def _fill(sibling: RunFolder, made: RunFolder, place: Path, seed: int) -> None:
    resolved = _resolved(sibling)
    spec = resolved["spec"]
    spec["seed"] = seed
    for section in (spec["model"], spec["tokenizer"]):
        if str(section["name"] or "").startswith(str(sibling.variables)):  # a model of the notebook
            section["name"] = str(place / Path(section["name"]).relative_to(sibling.path))
    text = text_of_seed(sibling.spec.read_bytes().decode(), seed, spec["data"]["split_seed"])
    made.spec.write_text(text, encoding="utf-8", newline="")
    _write(made.resolved, resolved)
    if sibling.variables.is_dir():
        ignore = shutil.ignore_patterns("evaluation_*")
        shutil.copytree(sibling.variables, made.variables, copy_function=_link, ignore=ignore)


def _link(source: str, target: str) -> None:
    """Rows and weights of the notebook are never written again: one copy on the disk is enough."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _write(file: Path, resolved: dict[str, Any]) -> None:
    file.write_text(json.dumps(resolved, indent=1, ensure_ascii=False), encoding="utf-8")


def _resolved(folder: RunFolder) -> dict[str, Any]:
    return json.loads(folder.resolved.read_text(encoding="utf-8"))
