"""A spec -> everything that trains: task, rows, tokenizer, model, TrainingArguments, trainer."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerBase, TrainingArguments, set_seed
from transformers.trainer_callback import DefaultFlowCallback, PrinterCallback, ProgressCallback
from transformers.utils.logging import disable_progress_bar

from nbft.data.dropped import Dropped
from nbft.data.load import Loader, Splits, read_training
from nbft.engine.commands import refused
from nbft.engine.data_check import check_up_data, get_ready
from nbft.engine.devices import choose_precision, device_name, length_multiple
from nbft.engine.functions import make_loss, make_scorer, preprocessing
from nbft.engine.schedule import Schedule
from nbft.engine.tokenising import checked_limit, tokenise
from nbft.engine.trainer import RunTrainer, trainer_class
from nbft.errors import NbftError
from nbft.functions import load_functions, notes_on
from nbft.record.events import PhaseStarted, Planned
from nbft.record.folder import RunFolder
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec
from nbft.tasks import TASKS
from nbft.tasks.base import Features, Task
from nbft.tasks.infer import task_of
from nbft.tasks.pretrained import model_limit
from nbft.tasks.tokenizers import load_tokenizer, told_of_new

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


@dataclass
class Built:
    """What a run trains with."""

    trainer: RunTrainer
    task: Task
    tokenizer: PreTrainedTokenizerBase
    splits: Splits
    features: dict[str, Features]
    metrics: list[str]
    """Names that can be monitored, `eval/loss` first among those computed; empty without validation rows."""
    precision: str
    notes: list[str]


def build(spec: RunSpec, folder: RunFolder, record: EventWriter) -> Built:
    """Loads the data and the model and makes the trainer; says each phase. Raises DataError and ModelError."""
    functions = load_functions(spec, folder)
    task, splits = load_rows(spec, folder, record)
    record.say(PhaseStarted(phase="tokenising"))
    tokenizer = load_tokenizer(task.spec, task.texts(splits.train), folder.tokenizer)
    task.prepare_tokenizer(tokenizer)
    features, notes = tokenise(spec, task, splits, tokenizer, lambda: get_ready(splits.present))
    record.say(PhaseStarted(phase="loading the model"))
    set_seed(spec.seed)
    model = _load_model(task, tokenizer)
    precision = record.state.plan.precision if record.state.plan else choose_precision(spec.train.precision)
    task.pad_to_multiple_of = length_multiple(precision, task.model_limit)
    trainer = trainer_class(task.trainer_base)(
        model=model,
        args=_arguments(spec, task, folder, precision),
        train_dataset=features["train"].rows,
        eval_dataset=features["validation"].rows if "validation" in features else None,
        data_collator=task.collator(tokenizer),
        processing_class=tokenizer,
    )
    trainer.judge_by(task, make_scorer(task, functions), make_loss(spec, functions) or task.loss())
    trainer.validation = features.get("validation")
    _make_ours(trainer, spec, folder, record, features["train"].lengths)
    names = [*(f"eval/{name.removeprefix('$')}" for name in task.metrics), "eval/loss"]
    metrics = names if "validation" in features else []
    all_notes = [*splits.notes, *told_of_new(spec, tokenizer), *task.notes, *notes, *notes_on(functions, folder)]
    built = Built(trainer, task, tokenizer, splits, features, metrics, precision, all_notes)
    check_up_data(built, folder, record)
    return built


def load_rows(spec: RunSpec, folder: RunFolder, record: EventWriter) -> tuple[Task, Splits]:
    """Returns the task, its labels known, and the rows of each split; raises DataError where they don't fit together."""
    disable_progress_bar()  # the record says how far things are
    record.say(PhaseStarted(phase="loading the data"))
    sources = read_training(spec.data, folder.variables)
    name, why = task_of(spec, sources[0].splits["train"].column_names)
    spec = spec.model_copy(update={"task": name})
    task = TASKS[name](spec, record.warn)
    task.notes += [why] if why else []
    functions = load_functions(spec, folder)
    task.preprocess = preprocessing(spec, functions)
    task.model_limit = model_limit(spec.model)
    checked_limit(spec.data.max_tokens, task.model_limit)
    splits = Loader(task, spec.data, spec.split_seed, folder.variables, Dropped(folder.dropped), functions).load(
        sources
    )
    others = {name: rows for name, rows in splits.present.items() if name != "train"}
    task.learn_labels(splits.train, others)
    return task, splits


def _load_model(task: Task, tokenizer: PreTrainedTokenizerBase) -> Any:
    loader = logging.getLogger("transformers.modeling_utils")
    level = loader.level
    loader.setLevel(logging.ERROR)  # a new head is what fine-tuning is about, not a warning
    try:
        return task.load_model(tokenizer)
    finally:
        loader.setLevel(level)


def _arguments(spec: RunSpec, task: Task, folder: RunFolder, precision: str) -> TrainingArguments:
    train = spec.train
    kind, more = task.arguments()
    at_once = rows_at_once(spec)
    has_gpu = torch.cuda.is_available()
    args = kind(
        output_dir=str(folder.checkpoints),
        per_device_train_batch_size=at_once,
        per_device_eval_batch_size=spec.evaluate.batch_size or 2 * at_once,
        gradient_accumulation_steps=train.gradient_accumulation,
        num_train_epochs=train.epochs,
        learning_rate=train.learning_rate,
        lr_scheduler_type=SCHEDULES[train.schedule],
        warmup_steps=train.warmup,  # below 1 it is a share of the steps
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm,
        label_smoothing_factor=train.label_smoothing,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=not has_gpu and not torch.backends.mps.is_available(),
        dataloader_pin_memory=has_gpu,
        seed=spec.seed,
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="no",
        logging_nan_inf_filter=False,  # it would log 0 for a loss that is not a number
        disable_tqdm=True,
        report_to="none",
        label_names=list(task.label_names),
        **more,
    )
    args._n_gpu = min(args.n_gpu, 1)  # noqa: SLF001 - there is no public switch that keeps DataParallel off
    return args


def rows_at_once(spec: RunSpec) -> int:
    """Returns the rows of one pass; raises NbftError where a batch can't be split into equal passes."""
    size, passes = spec.train.batch_size, spec.train.gradient_accumulation
    if size % passes:
        raise NbftError(
            f"A batch of {size} rows can't be split into {passes} equal passes.",
            f"Let batch_size be a multiple of {passes}, as {size - size % passes or passes}.",
            "train.gradient_accumulation",
        )
    return size // passes


def _make_ours(trainer: RunTrainer, spec: RunSpec, folder: RunFolder, record: EventWriter, lengths: list[int]) -> None:
    """Takes the stock callbacks out: Control decides when to log, evaluate, save and stop."""
    for callback in (DefaultFlowCallback, PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    trainer.record = record
    trainer.run = folder.run
    trainer.keep_checkpoints = spec.save.keep
    trainer.schedule = Schedule(trainer.args, _total_steps(spec.train.epochs, _steps_per_epoch(trainer)), record.state)
    trainer.protected_steps = lambda: {record.state.early_stopping.best_step} - {None}  # pyright: ignore[reportAttributeAccessIssue]
    trainer.row_lengths = lengths


def _steps_per_epoch(trainer: RunTrainer) -> int:
    return max(-(-len(trainer.get_train_dataloader()) // trainer.args.gradient_accumulation_steps), 1)


def _total_steps(epochs: float, per_epoch: int) -> int:
    return math.ceil(epochs * per_epoch)


def plan(built: Built, spec: RunSpec, step: int) -> Planned:
    """Returns what the run is going to do, from `step` on, for as many epochs as its user has set by now."""
    trainer = built.trainer
    per_epoch = _steps_per_epoch(trainer)
    changed = trainer.record.state.schedule
    epochs = changed[-1].epochs if changed else spec.train.epochs
    weights = [(p.numel(), p.requires_grad) for p in trainer.accelerator.unwrap_model(trainer.model).parameters()]
    rows: dict[str, Dataset] = built.splits.present
    return Planned(
        total_steps=_total_steps(epochs, per_epoch),
        steps_per_epoch=per_epoch,
        epochs=epochs,
        rows={name: len(split) for name, split in rows.items()},
        device=device_name(),
        precision=built.precision,
        parameters=sum(count for count, _ in weights),
        trained_parameters=sum(count for count, is_trained in weights if is_trained),
        metrics=built.metrics,
        labels=built.task.labels[:100],
        task=built.task.name,
        step=step,
        notes=built.notes,
        refused=refused(built.task, can_evaluate=bool(built.metrics)),
    )
