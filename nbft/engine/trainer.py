"""The Trainer with what it lacks: whole checkpoints, a loss guard, evaluation that leaves training's random numbers alone."""

from __future__ import annotations

import math
from typing import Any

import torch
from transformers import Trainer

from nbft.engine.batches import LengthBatches
from nbft.engine.checkpoints import WholeCheckpoints
from nbft.errors import TrainingError
from nbft.record.events import CheckpointSaved
from nbft.record.writer import EventWriter

_CAUSES = (
    "Likely causes: a learning rate that is too high (try a tenth of it), fp16 (try precision: bf16 or fp32), "
    "or rows with values out of range. The last good checkpoint stands."
)


class RunTrainer(WholeCheckpoints, LengthBatches, Trainer):
    """transformers' Trainer, keeping a run's record."""

    record: EventWriter
    batch_rows = 0
    """Rows of the step that is being made."""
    batch_tokens = 0
    """Tokens of it, without padding."""

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

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Evaluates; the random numbers of training go on as if it had not happened."""
        with torch.random.fork_rng():
            return super().evaluate(*args, **kwargs)

    def on_checkpoint_saved(self, step: int, seconds: float, size_bytes: int, removed: list[int]) -> None:
        """Says that the checkpoint stands."""
        self.record.say(CheckpointSaved(step=step, seconds=seconds, size_bytes=size_bytes, removed=removed))

    def on_checkpoint_failed(self, step: int, error: str, needed_bytes: int, free_bytes: int) -> None:
        """Warns; training goes on with the checkpoints before."""
        self.record.warn(
            f"The checkpoint of step {step} could not be saved: {error}. Training goes on; the one before it stands.",
            f"A checkpoint needs {needed_bytes / 1e6:.0f} MB and {free_bytes / 1e6:.0f} MB are free: make room.",
        )
