"""Text generation: documents one after the other, the end of each a token of its own, cut to blocks of like length.

As GPT-3 was trained (Brown et al. 2020), documents in one block are not hidden from each other: the end-of-text token
between them is what tells the model to start anew. Neighbouring blocks share one token, so every token but the very
first is to be told from those before it exactly once, and the loss is over the same tokens however long the blocks are.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from nbft.data.rows import NothingLeft, cells
from nbft.errors import ModelError
from nbft.inference.text_generation import continue_texts, frame_of
from nbft.tasks.base import NO_LIMIT, Collate, Features, Sample
from nbft.tasks.language_model import IGNORED, TokenScores, padded
from nbft.tasks.plain_text import PlainText, refuse_wrong_model
from nbft.tasks.pretrained import load_model, read_config

MAX_BLOCK = 1024
"""Longer blocks are only made where data.max_tokens asks for them."""
MIN_BLOCK = 128
"""Blocks of little data are not made shorter than this."""
ENOUGH_BLOCKS = 128
"""Blocks are halved until there are so many: few steps an epoch teach little."""
_AT_ONCE = 256


class TextGeneration(TokenScores, PlainText):
    """Each row is a block; its labels are its own tokens."""

    name = "text-generation"
    writes_to_prompts = True
    loss_counts_items = True  # causal models divide by num_items_in_batch: several passes give the loss of one
    shift = True

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Refuses models that don't write from left to right, before anything is loaded."""
        fix = "Take one such as gpt2 or a llama; for models that read both ways there is   task: fill-mask"
        refuse_wrong_model(self.spec, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, "doesn't continue texts", fix)
        if getattr(read_config(self.spec.model), "is_encoder_decoder", False):
            raise ModelError("The model is an encoder-decoder: it writes a text for another text.", fix, "model")

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Makes sure of an end-of-text token: the separator, or what begins a text, where there is no other."""
        if tokenizer.eos_token is not None:
            return
        stand_in = tokenizer.sep_token or tokenizer.bos_token
        if stand_in is None:
            self.warn(
                "The tokenizer has no end-of-text token: documents follow each other without one, and the model won't "
                "learn where a text ends.",
                "Take another tokenizer, or learn one:   tokenizer: {train: bpe}",
            )
            return
        tokenizer.eos_token = stand_in
        self.notes.append(f"The tokenizer has no end-of-text token: {stand_in!r} ends each text.")

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the language model; refuses one that sees what comes after a token."""
        model = load_model(AutoModelForCausalLM, self.spec.model, tokenizer)
        if _sees_ahead(model):
            raise ModelError(
                f"The model, a {model.config.model_type}, sees the tokens that it should write.",
                "For models that read both ways there is   task: fill-mask",
                "model",
            )
        return model

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns blocks of input_ids and labels; the last is short, no token is lost."""
        tokens, is_start = self._stream(rows, tokenizer)
        is_first = self._block is None
        self._block = block = max(max_tokens or self._fitting(len(tokens), tokenizer), 2)
        starts = range(0, max(len(tokens) - 1, 1), block - 1)
        labels = np.where(is_start, IGNORED, tokens)
        table = {
            "input_ids": [tokens[i : i + block] for i in starts],
            "labels": [labels[i : i + block] for i in starts],
        }
        learnt = [bool((row[1:] != IGNORED).any()) for row in table["labels"]]
        table = {
            name: [row for row, keep in zip(values, learnt, strict=True) if keep] for name, values in table.items()
        }
        if not any(learnt):
            raise NothingLeft("The texts are too short: there is no token to be learnt from the ones before it.")
        if is_first:
            self._say(len(rows), len(tokens), len(table["labels"]))
        lengths = [len(row) for row in table["input_ids"]]
        return Features(Dataset.from_dict(table), lengths, 0, block, rows)

    def _stream(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
        """Returns the tokens (N,) of all documents, and which of them only open a document: nobody has to guess those."""
        start, end = frame_of(tokenizer)
        end = end or ([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id])
        parts, opens = [], []
        texts = cells(rows, "text")
        while some := list(islice(texts, _AT_ONCE)):
            for ids in tokenizer(some, add_special_tokens=False, return_attention_mask=False, verbose=False)[
                "input_ids"
            ]:
                parts.append(np.asarray([*start, *ids, *end], dtype=np.int64))
                opens.append(np.arange(len(parts[-1])) < len(start))
        return np.concatenate(parts), np.concatenate(opens)

    def _fitting(self, tokens: int, tokenizer: PreTrainedTokenizerBase) -> int:
        limits = [n for n in (self.model_limit, tokenizer.model_max_length) if n and n < NO_LIMIT]
        block = min(MAX_BLOCK, *limits) if limits else MAX_BLOCK
        while block >= 2 * MIN_BLOCK and tokens < ENOUGH_BLOCKS * block:
            block //= 2
        return block

    def _say(self, documents: int, tokens: int, blocks: int) -> None:
        many = f"The {documents:,} training texts follow each other" if documents > 1 else "The training text was cut"
        joined = ", an end-of-text token after each, cut" if documents > 1 else ""
        self.notes.append(
            f"{many}{joined} to {blocks:,} block{'s' * (blocks > 1)} of {self._block:,} tokens; none of the {tokens:,} "
            "tokens is lost."
        )

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that fills short blocks up with tokens that nobody sees."""
        pad = cast("int", next((n for n in (tokenizer.pad_token_id, tokenizer.eos_token_id) if n is not None), 0))
        return lambda rows: padded(rows, pad, self.pad_to_multiple_of)

    def samples(self, outputs: Any, features: Features, model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Sample]:
        """Returns the spec's prompts with what the model writes after them."""
        prompts = self.spec.generate.prompts or []
        generate, seed = self.spec.generate, self.spec.seed
        written = continue_texts(model, tokenizer, prompts, generate, len(prompts), seed) if prompts else []
        return [Sample(prompt, text) for prompt, text in zip(prompts, written, strict=True)]


@torch.no_grad()
def _sees_ahead(model: PreTrainedModel) -> bool:
    """Whether what the model says of a token depends on the token after it."""
    was_training = model.training
    model.eval()
    ids = torch.tensor([[1, 2], [1, 3]], device=model.device)
    first, second = model(input_ids=ids).logits[:, 0].float()
    model.train(was_training)
    return not torch.allclose(first, second, atol=1e-3 * float(first.abs().max()))
