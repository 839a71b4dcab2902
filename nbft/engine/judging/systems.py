"""What can be judged: runs, a run's base, folders and hub ids of models, adapters; each answers the same rows."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from transformers import AutoConfig, TrainerCallback, set_seed

from nbft.data.dropped import PRIVATE
from nbft.engine.evaluation import evaluating_trainer
from nbft.engine.judging.replies import of_all_rows, with_replies
from nbft.engine.judging.rows import Judged, names_in, spec_of, task_for
from nbft.engine.tokenising import make_features
from nbft.errors import ModelError
from nbft.record.folder import RunFolder
from nbft.spec.sections import Model, RunSpec, Tokenizer
from nbft.tasks.base import Features, Task
from nbft.tasks.by_row import ByRow, by_row
from nbft.tasks.chat import Chat
from nbft.tasks.pretrained import model_limit
from nbft.tasks.tokenizers import load_tokenizer

Heard = Callable[[int, int], None]
"""Takes the batches that are done and all of them."""


@dataclass(frozen=True)
class Asked:
    """A system by its name."""

    name: str
    kind: str
    """run, base, model or adapter."""
    place: str
    """The run's folder, or the model's folder or hub id."""
    about: str = ""
    series: str = ""
    """The name of the series that a run is judged with, where it is."""


@dataclass(frozen=True)
class Answered:
    """A system's answers, and what it took."""

    asked: Asked
    answers: ByRow
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class Writing:
    """How systems write their answers, where they write any."""

    generate: dict[str, Any] = field(default_factory=dict)
    """What differs from each run's own `generate`."""
    seed: int | None = None
    """What is drawn by chance starts from it; from the run's seed if left out."""
    replies: bool = False
    """Whether chat models write their answers too, which no metric of theirs needs."""


def answers_of(asked: Asked, judged: Judged, first: RunFolder, heard: Heard, writing: Writing) -> Answered:
    """Loads the system and lets it answer the rows; raises ModelError where it can't."""
    task, tokenizer_of, note = _task_of(asked, judged, first, writing)
    tokenizer = load_tokenizer(tokenizer_of)
    task.prepare_tokenizer(tokenizer)
    limit = min(n for n in (tokenizer.model_max_length, task.model_limit or 10**9) if n)
    rows = judged.rows.remove_columns([name for name in PRIVATE if name in judged.rows.column_names])
    features = make_features(task, rows, tokenizer, limit if limit < 10**6 else None, "test")
    features = _by_length(features)
    with tempfile.TemporaryDirectory() as scratch:
        set_seed(task.spec.seed)
        trainer = evaluating_trainer(task, model_of(task, tokenizer, asked), tokenizer, scratch)
        if writing.seed is not None:
            task.spec = task.spec.model_copy(update={"seed": writing.seed})
        started = time.monotonic()
        found = _evaluated(trainer, task, features, heard)
        answers = by_row(task, found.predictions, found.label_ids, features)
        if isinstance(task, Chat):
            answers = of_all_rows(answers, features.example_of, len(rows))
        if isinstance(task, Chat) and writing.replies:
            model = trainer.accelerator.unwrap_model(trainer.model)
            answers, said = with_replies(answers, task, rows, model, tokenizer, heard)
            note = " ".join(part for part in (note, said) if part)
        seconds = time.monotonic() - started
    return Answered(asked, answers, seconds, note)


def _evaluated(trainer: Any, task: Task, features: Features, heard: Heard) -> Any:
    """Returns what an evaluation kept of the features: an EvalPrediction."""
    trainer.add_callback(_Progress(heard))
    kept: list[Any] = []

    def keep(prediction: Any) -> dict[str, float]:
        kept.append(prediction)
        return {}

    trainer.judge_by(task, lambda *_: {}, task.loss())
    trainer.compute_metrics = keep
    trainer.evaluate_on(features, "test")
    return kept[0]


def _task_of(asked: Asked, judged: Judged, first: RunFolder, writing: Writing) -> tuple[Task, RunSpec, str]:
    """Returns the system's task, the spec that names its tokenizer, and what is to be said of it."""
    folder, spec, tokenizer_of, source = spec_of_system(asked, first)
    if spec.task != judged.task.spec.task:
        raise ModelError(
            f"{asked.name} was trained for {spec.task}, the first system for {judged.task.spec.task}.", "", "runs"
        )
    if writing.generate:
        spec = spec.model_copy(update={"generate": spec.generate.model_copy(update=writing.generate)})
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    task = task_for(spec, folder, config)
    task.preprocess = None  # the rows went through it
    task.settle_as(judged.task)
    task.model_limit = model_limit(spec.model)
    task.take_labels(_labels(names_in(config), judged.task.labels, asked), {judged.split: judged.rows})
    return task, tokenizer_of, _note_on(asked, spec, judged)


def spec_of_system(asked: Asked, first: RunFolder) -> tuple[RunFolder, RunSpec, RunSpec, str]:
    """Returns the run's folder, the system's spec, the spec that names its tokenizer, and where its config lies."""
    folder = RunFolder(Path(asked.place)) if asked.kind in ("run", "base") else first
    trained = spec_of(folder)
    own = trained.model_copy(update={"model": Model(name=str(folder.model)), "tokenizer": Tokenizer()})
    if asked.kind == "run":
        return folder, own, own, str(folder.model)
    if asked.kind == "base":
        return folder, trained.model_copy(update={"tokenizer": Tokenizer()}), own, str(folder.model)
    name = _base_of_adapter(asked.place) if asked.kind == "adapter" else asked.place
    spec = own.model_copy(update={"model": Model(name=name)})
    return (folder, spec, own, str(folder.model)) if asked.kind == "adapter" else (folder, spec, spec, name)


def _note_on(asked: Asked, spec: RunSpec, judged: Judged) -> str:
    """Returns what is to be said of a system that was never trained, or that learnt to read rows otherwise."""
    if asked.kind == "run":
        return _reads_otherwise(spec, judged.trained, asked.name)
    if asked.kind == "base" and not _has_own_head(spec):
        return f"{asked.name} has a new head of random weights: it was never trained."
    return ""


def _labels(own: list[str], wanted: list[str], asked: Asked) -> list[str]:
    """Returns a model's labels in its own order; one without the labels of the task can't be judged by them."""
    if not wanted or set(own) == set(wanted):
        return own if wanted else wanted
    what = f"{asked.name} knows the labels {', '.join(own[:10])}; the rows have {', '.join(wanted[:10])}."
    raise ModelError(what, "Name a model that was trained on the same labels.", "runs")


def _has_own_head(spec: RunSpec) -> bool:
    return spec.task in ("translation", "summarization", "text-generation", "chat", "fill-mask")


def _reads_otherwise(spec: RunSpec, first: RunSpec, name: str) -> str:
    differs = [key for key in ("preprocess", "clean") if getattr(spec.data, key) != getattr(first.data, key)]
    keys = " and ".join(f"data.{key}" for key in differs)
    return f"{name} was trained with other {keys}: it was judged on rows as the first run reads them." if keys else ""


def _base_of_adapter(folder: str) -> str:
    try:
        from peft import PeftConfig
    except ImportError:
        raise ModelError(f"{folder} is an adapter, which needs PEFT.", "pip install 'nbft[peft]'", "runs") from None
    return str(PeftConfig.from_pretrained(folder).base_model_name_or_path)


def _by_length(features: Features) -> Features:
    """Returns the features in the order of their lengths, so that little of a batch is padding; they know their rows."""
    if not features.example_of:
        features = replace(features, example_of=list(range(len(features.lengths))))
    return features.select(sorted(range(len(features.lengths)), key=features.lengths.__getitem__))


def model_of(task: Task, tokenizer: Any, asked: Asked) -> Any:
    """Returns the system's model, with its adapter where it is one."""
    model = task.load_model(tokenizer)
    if asked.kind == "adapter":
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, asked.place)
    return model


class _Progress(TrainerCallback):
    """Tells how many batches are done."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._done = 0

    def on_prediction_step(self, args: Any, state: Any, control: Any, **said: Any) -> None:
        """Counts a batch."""
        self._done += 1
        self._heard(self._done, len(said["eval_dataloader"]))
