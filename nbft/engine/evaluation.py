"""A finished run's best model against other rows."""

from __future__ import annotations

import json
import tempfile
import traceback
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, Trainer, TrainingArguments

from nbft.data.sources import read_source
from nbft.engine.functions import Score, make_scorer, preprocessing
from nbft.errors import NbftError
from nbft.functions import load_functions
from nbft.record.folder import RunFolder
from nbft.spec.metric_names import metric_names
from nbft.spec.sections import RunSpec
from nbft.tasks import TASKS
from nbft.tasks.base import Task
from nbft.tasks.pretrained import load_tokenizer

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
    spec = RunSpec.model_validate(json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"])
    spec = spec.model_copy(update={"model": str(folder.model)})
    task = TASKS[spec.task](spec, print)
    functions = load_functions(spec, folder)
    task.preprocess = preprocessing(spec, functions)
    found = read_source(source, folder.variables)
    rows = task.standardise(found.splits.get("test", found.splits["train"]), "test")
    config = AutoConfig.from_pretrained(str(folder.model), trust_remote_code=False)
    names = {int(i): str(name) for i, name in (config.id2label or {}).items()}
    task.take_labels([names[i] for i in sorted(names)], {"test": rows})
    tokenizer = load_tokenizer(str(folder.model))
    features = task.features(rows, tokenizer, tokenizer.model_max_length)
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(task, spec, scratch, make_scorer(task, spec, functions), tokenizer)
        metrics = trainer.evaluate(features.rows, metric_key_prefix="test")  # pyright: ignore[reportArgumentType]
    wanted = [*metric_names(spec), "loss"]
    return {f"test/{name}": metrics[f"test_{name}"] for name in wanted if f"test_{name}" in metrics}


def _trainer(task: Task, spec: RunSpec, scratch: str, score: Score, tokenizer: Any) -> Trainer:
    return Trainer(
        model=task.load_model(spec.model),
        args=TrainingArguments(
            output_dir=scratch,
            per_device_eval_batch_size=spec.evaluate.batch_size or ROWS_AT_ONCE,
            use_cpu=not torch.cuda.is_available() and not torch.backends.mps.is_available(),
            dataloader_pin_memory=torch.cuda.is_available(),
            disable_tqdm=True,
            report_to="none",
            label_names=["labels"],
        ),
        data_collator=task.collator(tokenizer),
        processing_class=tokenizer,
        compute_metrics=score,
        preprocess_logits_for_metrics=task.reduce,
    )
