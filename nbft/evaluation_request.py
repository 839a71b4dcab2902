"""What an evaluation is asked: which systems, on which rows; and a key that tells the same question again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbft
from nbft.errors import NbftError, RunError
from nbft.functions import packed
from nbft.launch.prepare import write_parquet
from nbft.launch.series import outcome_of
from nbft.record.folder import RunFolder, find_folder, find_series, folders_of_series
from nbft.spec.judged_metrics import wrong_metrics
from nbft.spec.row_source import sources_in
from nbft.spec.sources import Source, share_or_source

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


def source_of_rows(data: Any, folder: RunFolder) -> tuple[str | None, str]:
    """Returns a source's name for rows of any kind, and what tells whether they are the same rows again."""
    if data is None:
        return None, _own_rows(folder)
    if isinstance(data, str | Path):
        return str(data), _as_it_is(str(data))
    folder.variables.mkdir(exist_ok=True)
    staged = folder.variables / "evaluation.parquet.tmp"
    write_parquet(data, staged, "data")
    content = hashlib.sha256(staged.read_bytes()).hexdigest()
    variable = f"evaluation_{content[:12]}"
    staged.replace(folder.variables / f"{variable}.parquet")
    return f"${variable}", content


def _own_rows(folder: RunFolder) -> str:
    """Returns what tells whether the files that a run reads are as they were."""
    section = json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"]["data"]
    named = [section.get(split) for split in ("train", "validation", "test")]
    given = [value for value in named if isinstance(share_or_source(value), Source)]
    return " ".join(_as_it_is(source.source) for value in given for source in sources_in(value))


def _as_it_is(source: str) -> str:
    """Returns a file's or folder's name with the sizes and times of its files; the name alone of what is elsewhere."""
    path = Path(source).expanduser()
    files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file()]
    return f"{path.absolute()} {stats}" if stats else source


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
    return _as_it_is(name) if Path(name).expanduser().exists() else name
