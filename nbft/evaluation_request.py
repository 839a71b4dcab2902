"""What an evaluation is asked: which systems, on which rows; and a key that tells the same question again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbft
from nbft.errors import NbftError, RunError
from nbft.evaluation_rows import as_it_is
from nbft.functions import packed
from nbft.launch.series import outcome_of
from nbft.record.folder import RunFolder, find_folder, find_series, folders_of_series
from nbft.spec.judged_metrics import wrong_metrics

BASE = "base"
"""Stands for the first run's model as it was before training."""


def systems_of(names: Sequence[str]) -> list[dict[str, str]]:
    """Returns what each name stands for: a run, a series' finished runs, `base`, a model, an adapter; raises RunError."""
    if not names:
        raise RunError("There is nothing to evaluate.", "Name a run, as in: nbft eval reviews")
    found = [one for name in dict.fromkeys(names) if name != BASE for one in _seeds_of(name) or [_system(name)]]
    run = next((one for one in found if one["kind"] == "run"), None)
    if run is None:
        raise RunError(
            f"There is no run among {', '.join(names)}.", "Name one first: it says how the rows are read and judged."
        )
    if BASE in names:
        about = f"{_model_of(RunFolder(Path(run['place'])))} before it was trained"
        found.append({"name": BASE, "kind": "base", "place": run["place"], "about": about})
    found.remove(run)
    return [run, *found]


def _seeds_of(name: str) -> list[dict[str, str]]:
    """Returns the finished runs of a series, two or more; nothing where the name is another's."""
    series = find_series(name)
    folders = folders_of_series(series).values() if series else ()
    finished = [_system(folder.run) for folder in folders if outcome_of(folder) == "finished"]
    return [{**one, "series": name} for one in finished] if len(finished) > 1 else []


def _system(name: str) -> dict[str, str]:
    path = Path(name).expanduser()
    if (path / "adapter_config.json").is_file():
        return {"name": path.name, "kind": "adapter", "place": str(path.absolute()), "about": f"the adapter {name}"}
    if (path / "config.json").is_file() and not (path / "spec.yaml").is_file():
        return {"name": path.name, "kind": "model", "place": str(path.absolute()), "about": f"the model {name}"}
    try:
        folder = find_folder(name)
    except RunError:
        if "/" in name and not path.exists():
            return {"name": name, "kind": "model", "place": name, "about": f"the model {name} of the hub"}
        raise
    if not (folder.model / "config.json").is_file():
        raise RunError(f"{folder.run} has no model yet.", "Evaluate it when its first evaluation is done.")
    return {
        "name": name if "/" not in name else folder.run,
        "kind": "run",
        "place": str(folder.path),
        "about": folder.run,
    }


def _model_of(folder: RunFolder) -> str:
    model = json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"]["model"]
    kind = (model.get("from_scratch") or {}) if not isinstance(model.get("from_scratch"), str) else {}
    return model.get("name") or f"a new {kind.get('model_type', '')} model".replace("  ", " ")


def taken_apart(metrics: Sequence[Any] | None, functions: Mapping[str, Any]) -> tuple[list[str] | None, dict[str, Any]]:
    """Returns the metrics by name, functions as `$name`, and the functions; raises NbftError for a function without a name."""
    named = dict(functions)
    names: list[str] = []
    for metric in metrics or ():
        if callable(metric):
            name = str(getattr(metric, "__name__", ""))
            if not name.isidentifier():
                raise NbftError("A metric needs a name, and this function has none.", "Write it with   def mine(...):")
            named[name] = metric
        names.append(f"${metric.__name__}" if callable(metric) else str(metric))
    return names or None, named


def refuse_wrong(metrics: Sequence[str] | None, functions: Mapping[str, Any], *, trusts: bool) -> None:
    """Raises NbftError for the first metric that can't be had."""
    known = functions or None  # else it is a function of the run's own folder that is meant
    for _, (what, fix) in wrong_metrics(metrics or (), known, trusts=trusts):
        raise NbftError(what, fix, "metrics")


_OF_HARNESS = ("data", "metrics", "by", "generate", "baselines")
"""What the harness brings itself."""


def refuse_harness(options: Mapping[str, Any], data: Any) -> None:
    """Raises NbftError where tasks of lm-evaluation-harness can't be asked: it isn't installed, or brings it itself."""
    given = [name for name in _OF_HARNESS if options.get(name) is not None] + (["data"] if data is not None else [])
    if given:
        what = f"The harness brings rows and metrics of its own: {given[0]} can do nothing."
        raise NbftError(what, "Leave it out, or evaluate it apart.", given[0])
    if find_spec("lm_eval") is None:
        raise NbftError("lm-evaluation-harness is not installed.", 'pip install "nbft[harness]"', "harness")
    folder = options.get("harness_tasks")
    if folder and not Path(folder).expanduser().is_dir():
        raise NbftError(f"There is no folder {folder!r} of tasks.", f"Paths start at {Path.cwd()}.", "harness_tasks")


def key_of(request: dict[str, Any], rows: str, functions: Mapping[str, Any]) -> str:
    """Returns what the same request on the same rows and weights, by the same functions and scripts, has in common."""
    stamps = [_stamp(one) for one in request["systems"]]
    resolved = Path(request["systems"][0]["place"]) / "resolved.json"
    told = {name: value for name, value in request.items() if name not in ("time", "about", "started_in", "data")}
    metrics = [_stamp_of_metric(name, functions) for name in request.get("metrics") or ()]
    known = [told, rows, stamps, metrics, resolved.read_text(encoding="utf-8"), nbft.__version__]
    text = json.dumps(known, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _stamp(system: dict[str, str]) -> list[Any]:
    place = Path(system["place"])
    folder = place / "model" if system["kind"] == "run" else place
    if system["kind"] == "base" or not folder.is_dir():
        return [system["name"]]
    files = sorted(folder.glob("*.safetensors"))
    return [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]


def _stamp_of_metric(name: str, functions: Mapping[str, Any]) -> str:
    """Returns what tells whether a metric's code is as it was: a function's content, a script's size and time."""
    if name.startswith("$") and name[1:] in functions:
        return hashlib.sha256(packed(name[1:], functions[name[1:]])).hexdigest()
    return as_it_is(name) if Path(name).expanduser().exists() else name
