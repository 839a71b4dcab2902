"""The Trainer with what it lacks: whole checkpoints, a loss guard, evaluation that leaves training's random numbers alone."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from transformers import Trainer

from nbft.engine.batches import LengthBatches
from nbft.engine.checkpoints import WholeCheckpoints
from nbft.engine.schedule import Schedule, apply, follow
from nbft.errors import TrainingError
from nbft.record.events import CheckpointSaved
from nbft.record.examination import Examination
from nbft.record.writer import EventWriter
from nbft.tasks.base import Features, Sample, Task

_CAUSES = (
    "Likely causes: a learning rate that is too high (try a tenth of it), fp16 (try precision: bf16 or fp32), "
    "or rows with values out of range. The last good checkpoint stands."
)


Score = Callable[[Any, Features], "dict[str, float]"]
"""Takes an EvalPrediction and the features it is of; returns the metrics."""


class RunTrainer(WholeCheckpoints, LengthBatches, Trainer):
    """transformers' Trainer, keeping a run's record."""

    record: EventWriter
    task: Task
    validation: Features | None = None
    """What an evaluation is on that names no rows."""
    judged: Features | None = None
    """What the present evaluation is on."""
    samples: list[Sample]
    """What the model said in the last evaluation."""
    examination: Examination | None = None
    """What the last evaluation looked like from close by."""
    schedule: Schedule
    """The learning rate of every step, whatever the user changes meanwhile."""
    batch_rows = 0
    """Rows of the step that is being made."""
    batch_tokens = 0
    """Tokens of it, without padding."""

    def set_initial_training_values(self, args: Any, dataloader: Any) -> Any:
        """Returns what the loop begins with: no last epoch, since the plan's last step can move; it is Control that ends it."""
        known = super().set_initial_training_values(args, dataloader)
        planned = self.record.state.total_steps
        _, *between, _ = known
        return (sys.maxsize, *between, planned) if planned else known

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Makes the learning rate follow the run's own schedule."""
        if self.lr_scheduler is None:
            self.lr_scheduler = follow(optimizer or self.optimizer, self.schedule)  # pyright: ignore[reportArgumentType] - the optimizer is made by now
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def reschedule(self) -> None:
        """Gives the next step the learning rate that the schedule has for it by now."""
        apply(self.lr_scheduler, self.schedule)  # pyright: ignore[reportArgumentType] - it was made by `follow`

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Makes one pass; raises TrainingError at the first loss that is not a finite number."""
        self.batch_rows += len(inputs["input_ids"])
        mask = inputs.get("attention_mask")
        self.batch_tokens += int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
        loss = super().training_step(model, inputs, num_items_in_batch)
        if not bool(torch.isfinite(loss)):
            raise self._not_finite("The loss", loss.item())
        return loss

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        scaled = self.args.fp16  # its scaler skips steps whose gradients overflow, and halves the scale
        if norm is not None and not scaled and not math.isfinite(float(norm)):
            raise self._not_finite("The gradient", float(norm))
        return norm

    def _not_finite(self, what: str, value: float) -> TrainingError:
        shown = "not a number" if math.isnan(value) else "infinite"
        return TrainingError(f"{what} is {shown} at step {self.state.global_step + 1}.", _CAUSES)

    def judge_by(self, task: Task, score: Score, loss: Callable[..., Any] | None) -> None:
        """Takes the task's ways: what is kept of the logits, the metrics, and the loss where it is not the model's own."""
        self.task = task
        self.samples = []
        self.preprocess_logits_for_metrics = task.reduce
        self.compute_metrics = lambda prediction: self._judge(score, prediction)
        if loss is not None:
            self.compute_loss_func = loss
        # transformers takes any model with **kwargs for one whose loss does, and then sums the passes of a step up
        self.model_accepts_loss_kwargs = task.loss_counts_items

    def _judge(self, score: Score, prediction: Any) -> dict[str, float]:
        assert self.judged is not None
        values = score(prediction, self.judged)
        model = self.accelerator.unwrap_model(self.model)
        self.samples = self.task.samples(prediction.predictions, self.judged, model, self.processing_class)  # pyright: ignore[reportArgumentType] - always a tokenizer here
        self.examination = self.task.examine(prediction.predictions, prediction.label_ids, self.judged)
        return values

    def evaluate_on(self, features: Features, split: str) -> dict[str, float]:
        """Evaluates on a split of its own and returns {`test_f1`: value}."""
        self.judged = features
        return self.evaluate(features.rows, metric_key_prefix=split)  # pyright: ignore[reportArgumentType] - datasets are data sets to it

    def evaluate(self, eval_dataset: Any = None, **kwargs: Any) -> dict[str, float]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Evaluates; the random numbers of training go on as if it had not happened."""
        if eval_dataset is None:
            self.judged = self.validation
        with torch.random.fork_rng():
            return super().evaluate(eval_dataset, **kwargs)

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[Any, Any, Any]:
        """Returns loss, outputs and labels of a batch; the outputs are written tokens (B, L) where the task generates."""
        if prediction_loss_only or not self.task.generates:
            return super().prediction_step(model, inputs, prediction_loss_only, ignore_keys)
        loss, _, _ = super().prediction_step(model, inputs, True, ignore_keys)
        inputs = self._prepare_inputs(inputs)
        with torch.inference_mode():
            written = self.task.generate(self.accelerator.unwrap_model(model), inputs, self.processing_class)  # pyright: ignore[reportArgumentType] - always a tokenizer here
        return loss, written, inputs["labels"]

    def sample_now(self) -> list[Sample]:
        """Returns what the model writes by now; the random numbers of training go on as if it had not happened."""
        model, features = self.accelerator.unwrap_model(self.model), self.validation
        was_training = model.training
        model.eval()
        with torch.random.fork_rng():
            written = self.task.samples(None, features, model, self.processing_class)  # pyright: ignore[reportArgumentType] - a task that writes to prompts looks at no features
        model.train(was_training)
        return written

    def on_checkpoint_saved(self, step: int, seconds: float, size_bytes: int, removed: list[int]) -> None:
        """Says that the checkpoint stands."""
        self.record.say(CheckpointSaved(step=step, seconds=seconds, size_bytes=size_bytes, removed=removed))

    def on_checkpoint_failed(self, step: int, error: str, needed_bytes: int, free_bytes: int) -> None:
        """Warns; training goes on with the checkpoints before."""
        self.record.warn(
            f"The checkpoint of step {step} could not be saved: {error}. Training goes on; the one before it stands.",
            f"A checkpoint needs {needed_bytes / 1e6:.0f} MB and {free_bytes / 1e6:.0f} MB are free: make room.",
        )


@cache
def trainer_class(base: type[Trainer]) -> type[RunTrainer]:
    """Returns the run's trainer on top of a task's own (TRL's, say)."""
    return RunTrainer if base is Trainer else type("RunTrainer", (RunTrainer, base), {})
