"""TRL's SFTTrainer for rows that are tokenised and masked already. Imports TRL: load it only where a chat is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from datasets import Dataset
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from nbft.tasks.language_model import reduce_tokens


@dataclass
class ChatArguments(SFTConfig):
    """TRL's arguments with transformers' defaults where TRL has its own."""

    bf16: bool | None = False
    gradient_checkpointing: bool | None = None  # pyright: ignore[reportIncompatibleVariableOverride] - None is no to both
    max_length: int | None = None
    dataset_kwargs: dict[str, Any] | str | None = field(default_factory=lambda: {"skip_prepare_dataset": True})


class ChatTrainer(SFTTrainer):
    """TRL's trainer, without its model card, its second pass in evaluations, and its own numbers in the log."""

    def __init__(self, *, train_dataset: Dataset | None = None, **kwargs: Any) -> None:
        # TRL asks for rows to train on, also of a trainer that only evaluates
        rows = Dataset.from_dict({"input_ids": [[0]], "labels": [[0]]}) if train_dataset is None else train_dataset
        super().__init__(train_dataset=rows, **kwargs)

    def _send_telemetry(self) -> None:
        """Says nothing to anybody."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Returns TRL's loss on a GPU, where it scores only what is learnt; on a CPU the model's own, which is the same.

        There TRL's scores every token, and takes three times as long with a vocabulary of 16,000.
        """
        on_cpu = self.args.device.type == "cpu"
        how: Any = super(SFTTrainer, self) if on_cpu else super()
        return how.compute_loss(model, inputs, return_outputs, num_items_in_batch)

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[Any, Any, Any]:
        """Returns loss, logits (B, T, V) and labels of a batch, from one pass through the model."""
        inputs = self._prepare_inputs(inputs)
        labels = inputs.pop("labels")  # given labels, the model of some versions of TRL makes no logits
        given: Any = self.compute_loss_func
        with torch.no_grad(), self.compute_loss_context_manager():
            outputs = model(**inputs, use_cache=False)
            loss = given(outputs, labels) if given else _mean_loss(outputs.logits, labels)
        return loss.detach(), None if prediction_loss_only else outputs.logits, labels

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Logs what transformers' Trainer logs."""
        for values in self._metrics.values():
            values.clear()
        super(SFTTrainer, self).log(logs, start_time)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super(SFTTrainer, self)._save_checkpoint(model, trial)


def _mean_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    loss, count, _ = reduce_tokens(logits, labels, shift=True).sum(dim=0)
    return loss / count.clamp(min=1)
