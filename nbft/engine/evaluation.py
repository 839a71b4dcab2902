"""A finished run's best model against other rows."""

from __future__ import annotations

import json
import tempfile
import traceback
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from nbft.data.dropped import Dropped
from nbft.data.load import Loader
from nbft.engine.functions import make_scorer, preprocessing
from nbft.engine.tokenising import make_features
from nbft.engine.trainer import RunTrainer, trainer_class
from nbft.errors import NbftError
from nbft.functions import load_functions
from nbft.record.events import Planned, event_from
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower
from nbft.spec.sections import Model, RunSpec, Tokenizer
from nbft.tasks import TASKS
from nbft.tasks.base import Task
from nbft.tasks.tokenizers import load_tokenizer

ROWS_AT_ONCE = 32


def answer(folder: RunFolder, request: Path) -> int:
    """Writes `values`, or `error`, into the request's file; returns the worker's exit code."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    try:
        asked["values"] = evaluate_model(folder, str(asked["data"]))
        code = 0
    except NbftError as error:
        asked["error"], code = error.to_record(), 78
    except Exception as error:
        traceback.print_exc()
        asked["error"], code = {"what": f"{type(error).__name__}: {error}", "fix": f"Its log: {folder.log}"}, 1
    request.write_text(json.dumps(asked), encoding="utf-8")
    return code


def evaluate_model(folder: RunFolder, source: str) -> dict[str, float]:
    """Returns {`test/f1`: value} on a source's test split, or on all its rows where it has none."""
    resolved = RunSpec.model_validate(json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"])
    name = resolved.task or _task_said(folder)
    changes = {"model": Model(name=str(folder.model)), "tokenizer": Tokenizer(), "task": name}
    spec = resolved.model_copy(update=changes)
    task = TASKS[name](spec, print)
    functions = load_functions(spec, folder)
    task.preprocess = preprocessing(spec, functions)
    config = AutoConfig.from_pretrained(str(folder.model), trust_remote_code=False)
    task.trained_as(config)
    rows = Loader(task, spec.data, spec.split_seed, folder.variables, Dropped(None), functions).read(source, "test")
    names = {int(i): str(label) for i, label in (config.id2label or {}).items()}
    task.take_labels([names[i] for i in sorted(names)], {"test": rows})
    tokenizer = load_tokenizer(spec)
    task.prepare_tokenizer(tokenizer)
    features = make_features(task, rows, tokenizer, tokenizer.model_max_length, "test")
    with tempfile.TemporaryDirectory() as scratch:
        trainer = evaluating_trainer(task, task.load_model(tokenizer), tokenizer, scratch)
        trainer.judge_by(task, make_scorer(task, functions), task.loss())
        found = trainer.evaluate_on(features, "test")
    wanted = [*(name.removeprefix("$") for name in task.metrics), "loss"]
    return {f"test/{name}": found[f"test_{name}"] for name in wanted if f"test_{name}" in found}


def _task_said(folder: RunFolder) -> str:
    """Returns the task that a run's plan names, where its spec left it out."""
    planned = [e for data in Follower(folder.events).read() if isinstance(e := event_from(data), Planned)]
    return planned[-1].task


def evaluating_trainer(task: Task, model: Any, tokenizer: Any, scratch: str) -> RunTrainer:
    """Returns the task's trainer over a model that is only evaluated; it may write into `scratch`."""
    kind, more = task.arguments()
    return trainer_class(task.trainer_base)(
        model=model,
        args=kind(
            output_dir=scratch,
            per_device_eval_batch_size=task.spec.evaluate.batch_size or ROWS_AT_ONCE,
            use_cpu=not torch.cuda.is_available() and not torch.backends.mps.is_available(),
            dataloader_pin_memory=torch.cuda.is_available(),
            disable_tqdm=True,
            report_to="none",
            label_names=list(task.label_names),
            **more,
        ),
        data_collator=task.collator(tokenizer),
        processing_class=tokenizer,
    )
