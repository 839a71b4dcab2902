"""A worker that stays: it holds a run's model and the one it began from, and answers questions until nobody asks any more."""

from __future__ import annotations

import json
import os
import shutil
import time
import traceback
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoTokenizer, set_seed

from nbft.engine.attending import Attended, attend
from nbft.errors import NbftError
from nbft.functions import preprocessed
from nbft.inference import base as inference
from nbft.inference import predict_with
from nbft.inference.base import Loaded
from nbft.inference.told import told
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower, append
from nbft.spec.sections import RunSpec
from nbft.tasks.pretrained import load_model

LOOK_EVERY_S = 0.03
_SETTINGS = ("num_labels", "id2label", "label2id", "problem_type")


def answer(folder: RunFolder, request: Path) -> int:
    """Answers `asked.jsonl` in `said.jsonl`, both beside the request, until the asker is gone or has been silent for long."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    run = RunFolder(Path(asked["run"]))
    started_in = json.loads(run.resolved.read_text(encoding="utf-8")).get("started_in", "")
    if started_in and Path(started_in).is_dir():
        os.chdir(started_in)  # where paths in a spec start
    models = Models(run, str(asked["task"]))
    questions, heard = Follower(folder.path / "asked.jsonl"), time.monotonic()
    while os.getppid() == asked["parent"] and time.monotonic() - heard < asked["idle_s"] and folder.path.is_dir():
        for question in questions.read():
            for system in question["systems"]:
                append(
                    folder.path / "said.jsonl",
                    {"id": question["id"], "system": system, **_try(models, question, system)},
                )
            heard = time.monotonic()
        time.sleep(LOOK_EVERY_S)
    shutil.rmtree(folder.path, ignore_errors=True)
    return 0


def _try(models: Models, question: dict[str, Any], system: str) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        if question["do"] == "attend":
            found = {"maps": models.attend(question["input"], Path(question["file"]))}
        else:
            found = {"said": told(models.predict(question["input"], system))}
        return {**found, "seconds": round(time.perf_counter() - started, 3)}
    except NbftError as error:
        return {"error": {"what": error.what, "fix": error.fix}}
    except Exception as error:  # one question that fails doesn't end the worker
        traceback.print_exc()
        return {"error": {"what": f"{type(error).__name__}: {error}", "fix": ""}}


class Models:
    """A run's model (`tuned`) and the one that its training began from (`base`), each loaded when it is first asked."""

    def __init__(self, run: RunFolder, task: str) -> None:
        self.run = run
        self.task = task
        spec = RunSpec.model_validate(json.loads(run.resolved.read_text(encoding="utf-8"))["spec"])
        self.spec = spec.model_copy(update={"task": task})

    @cached_property
    def tuned(self) -> Loaded:
        """The run's best model."""
        return inference.loaded(str(self.run.model), self.spec, self.task)

    @cached_property
    def base(self) -> Loaded:
        """The model before training: the spec's, with the head (drawn from the run's seed) that training began with."""
        tuned, tokenizer = self.tuned, AutoTokenizer.from_pretrained(str(self.run.model), trust_remote_code=False)
        config, heads = tuned.model.config, self.task in ("text-classification", "token-classification")
        settings = {
            name: getattr(config, name) for name in _SETTINGS if heads and getattr(config, name, None) is not None
        }
        if self.task == "question-answering":
            settings = {"num_labels": 2}
        if heads:
            settings["ignore_mismatched_sizes"] = True
        kind = inference.model_class(config, self.task)
        set_seed(self.spec.seed)
        with inference.without_progress_bars():
            model = load_model(kind, self.spec.model, tokenizer, **settings).eval()
        model.config.task_specific_params = (
            config.task_specific_params if hasattr(config, "task_specific_params") else None
        )
        if getattr(tuned.model, "generation_config", None) is not None:
            model.generation_config = tuned.model.generation_config
        return Loaded(model, tokenizer, self.spec, self.task, str(self.run.model))

    @cached_property
    def eager(self) -> Loaded:
        """The run's model in the implementation that gives its attention weights."""
        model = inference.load_model(str(self.run.model), self.task, attn_implementation="eager")
        return Loaded(model, self.tuned.tokenizer, self.spec, self.task, str(self.run.model))

    def predict(self, given: Any, system: str) -> Any:
        """Returns what a system says of one input."""
        model = self.tuned if system == "tuned" else self.base
        return predict_with(model, preprocessed(given, self.spec, self.run))

    def attend(self, given: Any, file: Path) -> list[dict[str, Any]]:
        """Writes the attention of one input into a file of numpy arrays; returns what they are of."""
        found: list[Attended] = attend(self.eager, preprocessed(given, self.spec, self.run))
        np.savez(file, **{f"weights{i}": one.weights for i, one in enumerate(found)})  # pyright: ignore[reportArgumentType] - arrays by name
        return [{"name": one.name, "rows": one.rows, "columns": one.columns, "left_out": one.left_out} for one in found]
