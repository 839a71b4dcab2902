"""What a classifier says of texts that somebody labels by hand: answered batch by batch, while they are looked at."""

from __future__ import annotations

import json
import os
import shutil
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbft.errors import DataError, NbftError
from nbft.functions import preprocessed
from nbft.inference.base import loaded
from nbft.inference.text_classification import Labels, Number, Prediction, predict
from nbft.record.folder import RunFolder
from nbft.record.journal import append
from nbft.spec.sections import RunSpec

AT_ONCE = 32
TASK = "text-classification"


def answer(folder: RunFolder, request: Path) -> int:
    """Writes `said.jsonl` beside the request, or `error` into it; returns the worker's exit code."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    try:
        _guess(asked, folder.path)
        return 0
    except NbftError as error:
        asked["error"], code = error.to_record(), 78
    except Exception as error:
        traceback.print_exc()
        asked["error"], code = {"what": f"{type(error).__name__}: {error}"}, 1
    if folder.path.is_dir():
        request.write_text(json.dumps(asked), encoding="utf-8")
    return code


def _guess(asked: dict[str, Any], place: Path) -> None:
    texts = json.loads((place / "texts.json").read_text(encoding="utf-8"))
    run = RunFolder(Path(asked["run"])) if asked["run"] else None
    spec = _spec(run, asked["model"])
    model = loaded(asked["model"], spec, TASK)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # batches of like lengths hold little padding
    for start in range(0, len(order), AT_ONCE):
        if os.getppid() != asked["parent"]:  # the notebook's kernel is gone: nobody will read it
            shutil.rmtree(place, ignore_errors=True)
            return
        batch = order[start : start + AT_ONCE]
        inputs: list[Any] = [texts[i] for i in batch]
        said = predict(model, preprocessed(inputs, spec, run) if run else inputs, AT_ONCE)
        append(place / "said.jsonl", {"texts": batch, "probabilities": _probabilities(said, asked["model"])})


def _spec(run: RunFolder | None, model: str) -> RunSpec:
    """Returns what a run's model was trained by; another model's texts are read as they are."""
    if run is None:
        return RunSpec.model_validate({"model": model, "task": TASK, "data": {"train": "none.csv"}})
    return RunSpec.model_validate(json.loads(run.resolved.read_text(encoding="utf-8"))["spec"])


def _probabilities(said: Sequence[Prediction | Labels | Number], model: str) -> list[dict[str, float]]:
    found = [one.probabilities for one in said if not isinstance(one, Number)]
    if len(found) < len(said):
        raise DataError(f"The model in {Path(model).name!r} foretells a number, not labels.")
    return found
