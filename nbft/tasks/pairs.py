"""Pairs of texts as tokens: what is read and what is to be written, for encoder-decoders and for decoders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from nbft.tasks.language_model import IGNORED, padded, up_to


@dataclass(frozen=True)
class Pairs:
    """How pairs become rows."""

    is_decoder: bool
    """Whether source and target stand in one sequence, one behind the other."""
    joint: str = ""
    """What stands between a decoder's prompt and its answer."""

    def targets(self, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
        """Returns the tokens of what is to be written, the token that ends it included."""
        end: Any = tokenizer.eos_token_id
        if self.is_decoder:
            joined = [self.joint + text for text in texts]
            bare: Any = tokenizer(joined, add_special_tokens=False, verbose=False)["input_ids"]
            return [[*ids, end] for ids in bare]
        rows: Any = tokenizer(text_target=list(texts), verbose=False)["input_ids"]
        return [[*ids, end] if end is not None and end not in ids else list(ids) for ids in rows]

    def cut(self, tokenizer: PreTrainedTokenizerBase, text: str, limit: int) -> list[int]:
        """Returns a target without its end, closed as a whole one is."""
        if self.is_decoder:
            whole = self.targets(tokenizer, [text])[0]
            return [*whole[: limit - 1], whole[-1]]
        cut: Any = tokenizer(text_target=text, truncation=True, max_length=limit)["input_ids"]
        return list(cut)

    def row(self, source: list[int], target: list[int]) -> dict[str, list[int]]:
        """Returns input_ids and labels; a decoder learns nothing of what it reads."""
        if self.is_decoder:
            return {"input_ids": [*source, *target], "labels": [*[IGNORED] * len(source), *target]}
        return {"input_ids": source, "labels": target}


def target_limit(lengths: Sequence[int], model_limit: int | None) -> int:
    """Returns the longest target's tokens, at most twice the 99th percentile, rounded up to a multiple of 8."""
    longest = min(max(lengths), 2 * float(np.percentile(lengths, 99)))
    return min(math.ceil(longest / 8) * 8, model_limit or 1_000_000)


def pad_of(tokenizer: PreTrainedTokenizerBase) -> int:
    """Returns the padding token; every tokenizer that nbft loads has one."""
    pad: Any = tokenizer.pad_token_id
    return int(pad)


def prompts_of(batch: Mapping[str, Any]) -> list[list[int]]:
    """Returns what a decoder read before its answers, of a padded batch with labels."""
    is_prompt = batch["attention_mask"].bool() & (batch["labels"] == IGNORED)
    return [ids[mask].tolist() for ids, mask in zip(batch["input_ids"], is_prompt, strict=True)]


def collate(
    rows: Sequence[Mapping[str, Any]],
    pad: int,
    decoder_inputs: Callable[[torch.Tensor], torch.Tensor] | None,
    multiple: int | None = None,
) -> dict[str, torch.Tensor]:
    """Returns a padded batch: input_ids, attention_mask, labels and, for encoder-decoders, decoder_input_ids (B, T)."""
    if decoder_inputs is None:
        return padded(rows, pad, multiple)
    batch = padded([{"input_ids": row["input_ids"], "labels": row["input_ids"]} for row in rows], pad, multiple)
    width = up_to(max(len(row["labels"]) for row in rows), multiple)
    batch["labels"] = torch.tensor([[*row["labels"], *[IGNORED] * (width - len(row["labels"]))] for row in rows])
    return {**batch, "decoder_input_ids": decoder_inputs(batch["labels"])}
