"""What can be known of a run before it trains (`--check`), and what a few measured steps foretell of it (`--plan`)."""

from __future__ import annotations

import json
import time
import traceback
from pathlib import Path
from typing import Any

from nbft.engine.attempt import BYTES_A_PARAMETER, first_rule, refuse_too_little_room
from nbft.engine.build import build, load_rows, plan, rows_at_once
from nbft.engine.checkpoints import room_needed
from nbft.engine.data_check import look_at_data
from nbft.engine.devices import device_name, is_out_of_memory, less_memory
from nbft.engine.mask import look_at_mask
from nbft.engine.probe import foretell
from nbft.errors import DataError, NbftError
from nbft.functions import load_functions, notes_on
from nbft.record.folder import RunFolder
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec
from nbft.tasks.pretrained import count_parameters
from nbft.tasks.tokenizers import load_tokenizer

BYTES_A_TRAINED_PARAMETER = 16
"""The weight, its gradient, and AdamW's two numbers, in float32."""

Found = dict[str, Any]


def answer(folder: RunFolder, request: Path) -> int:
    """Writes `found`, or `error`, into the request's file; returns the worker's exit code."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    spec = RunSpec.model_validate(json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"])
    record, code = EventWriter(folder), 0
    try:
        if "data" in asked:
            asked["found"] = look_at_data(spec, folder, record)
        elif "mask" in asked:
            asked["found"] = look_at_mask(spec, folder, record, int(asked["mask"]))
        else:
            look = _measure if asked["plan"] else _look
            asked["found"] = look(spec, folder, record, Path(asked["runs"]))
        asked["found"]["warnings"] = [f"{w.message} {w.fix}".rstrip() for w in record.state.warnings]
    except Exception as error:
        asked["error"], code = _told(error, spec)
    request.write_text(json.dumps(asked), encoding="utf-8")
    return code


def _told(error: Exception, spec: RunSpec) -> tuple[dict[str, Any], int]:
    if is_out_of_memory(error):
        batch = spec.train.batch_size
        error = NbftError(f"The {batch} longest rows don't fit into memory.", less_memory(batch), "train.batch_size")
    if isinstance(error, NbftError):
        return error.to_record(), 78
    traceback.print_exc()
    return {"type": "", "what": f"{type(error).__name__}: {error}", "fix": ""}, 1


def _look(spec: RunSpec, folder: RunFolder, record: EventWriter, runs: Path) -> Found:
    """Reads the rows, the tokenizer and the model's config; loads no weights."""
    rows_at_once(spec)
    task, splits = load_rows(spec, folder, record)
    if not spec.tokenizer.train:
        load_tokenizer(spec)
    metrics = [f"eval/{name.removeprefix('$')}" for name in task.metrics]  # raises for what the task can't compute
    functions = load_functions(spec, folder)
    parameters = count_parameters(spec.model, spec.tokenizer.vocabulary if spec.tokenizer.train else None)
    return {
        "rows": {name: len(rows) for name, rows in splits.present.items()},
        "labels": task.labels,
        "task": task.name,
        "metrics": [*metrics, "eval/loss"],
        "device": device_name(),
        "memory_bytes": parameters * BYTES_A_TRAINED_PARAMETER,
        "notes": [*splits.notes, *task.notes, *notes_on(functions, folder)],
        **_sizes(spec, parameters, runs),
    }


def _sizes(spec: RunSpec, parameters: int, runs: Path) -> Found:
    model_bytes = parameters * BYTES_A_PARAMETER
    place = next(path for path in (runs, *runs.parents) if path.is_dir())
    refuse_too_little_room(place, model_bytes, spec.save.keep)
    return {"parameters": parameters, "disk_bytes": room_needed(model_bytes, spec.save.keep)}


def _measure(spec: RunSpec, folder: RunFolder, record: EventWriter, runs: Path) -> Found:
    """Loads everything, takes a few steps and counts what the whole run comes to."""
    started = time.perf_counter()
    built = build(spec, folder, record)
    planned = plan(built, spec, 0)
    first_rule(spec, built)
    sizes = _sizes(spec, planned.parameters, runs)
    loading_s = time.perf_counter() - started
    if len(built.features["train"].lengths) < 1:
        raise DataError("There are no rows to learn from.", "", "data.train")
    return {
        "rows": planned.rows,
        "labels": planned.labels,
        "task": planned.task,
        "metrics": planned.metrics,
        "device": f"{planned.device}, {planned.precision}",
        "total_steps": planned.total_steps,
        "steps_per_epoch": planned.steps_per_epoch,
        "tokens_per_epoch": sum(built.features["train"].lengths),
        "longest_tokens": max(built.features["train"].lengths),
        "loading_s": loading_s,
        "notes": planned.notes,
        **sizes,
        **foretell(built, spec, planned),
    }
