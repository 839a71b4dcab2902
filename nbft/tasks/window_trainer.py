"""How windows of question and context are trained on: padding is no place where an answer could be."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import Trainer

from nbft.inference.question_answering import null_scores, window_logits

POSITIONS = ("start_positions", "end_positions")


class WindowTrainer(Trainer):
    """A Trainer, or base of one, whose loss of a window doesn't depend on the windows beside it.

    The models' own loss lets starts and ends fall on padding, so that it changes with the length of the batch.
    """

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Returns the mean cross-entropy of starts and ends; with outputs, the logits of both (B, T) and of no answer (B,)."""
        wanted = torch.stack([inputs[name] for name in POSITIONS], dim=1)  # (B, 2)
        read = {name: value for name, value in inputs.items() if name not in POSITIONS}
        logits = window_logits(model, read)
        if self.compute_loss_func is not None:  # the user's
            loss = self.compute_loss_func({"logits": logits}, wanted, None)
        else:
            loss = cross_entropy(logits.flatten(0, 1), wanted.flatten())
        if not return_outputs:
            return loss
        tokenizer: Any = self.processing_class
        null = null_scores(logits, inputs["input_ids"], tokenizer.cls_token_id)
        return loss, {"loss": loss, "start_logits": logits[:, 0], "end_logits": logits[:, 1], "null": null}
