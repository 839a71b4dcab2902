"""Fill-mask: a model that reads both ways guesses words that were hidden; for making it at home in a domain.

Of the tokens a share is chosen; of those 80% become the mask, 10% another token, and 10% stay (Devlin et al. 2019). In
training the choice is drawn anew in every epoch, from (seed, epoch, row) alone, so a run that was killed and resumed
sees the same; in evaluation each row hides the same tokens every time, so the numbers can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import numpy as np
from datasets import Dataset
from torch import Tensor
from torch.nn import functional
from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerBase, TrainingArguments
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from nbft.data.rows import NothingLeft, cells
from nbft.errors import DataError, ModelError
from nbft.inference.text_generation import frame_of
from nbft.tasks.base import Collate, Features, default_limit
from nbft.tasks.language_model import IGNORED, TokenScores, padded
from nbft.tasks.plain_text import PlainText, refuse_wrong_model
from nbft.tasks.pretrained import load_model, read_config

MASKED, REPLACED = 0.8, 0.1
"""Shares of the chosen tokens that become the mask, and another token; the rest stays as it is."""
_AT_ONCE = 256
_BARE: Any = {"return_attention_mask": False, "return_token_type_ids": False}
_HEADS = ("MaskedLM", "ForPreTraining", "WithLMHead")


class FillMask(TokenScores, PlainText):
    """A row is a text, or a piece of one that is longer than the limit."""

    name = "fill-mask"
    shift = False

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Refuses models that don't guess words, and warns of one that has to learn it first."""
        fix = "Take one such as bert or roberta; for models that write there is   task: text-generation"
        refuse_wrong_model(self.spec, MODEL_FOR_MASKED_LM_MAPPING_NAMES, "can't guess a word from both its sides", fix)
        if not self.spec.fill_mask.share:
            raise DataError("A share of 0 hides no word.", "The usual share is 15%.", "fill_mask.share")
        heads = read_config(self.spec.model).architectures or []
        if self.spec.model.from_scratch is None and not any(kind in head for head in heads for kind in _HEADS):
            self.warn(
                f"{self.spec.model} comes without the head that guesses words: it gets a new one, with random weights.",
                "The first steps teach that head; a rate such as   train: {learning_rate: 5e-4}   shortens them.",
            )

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Refuses a tokenizer that can't hide a word."""
        if tokenizer.mask_token_id is None:
            raise ModelError(
                "The tokenizer has no mask token: it is not made for guessing hidden words.",
                "Take a model that is (bert, roberta), or learn a tokenizer:   tokenizer: {train: wordpiece}",
                "tokenizer",
            )

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns the model with its head over the vocabulary."""
        return load_model(AutoModelForMaskedLM, self.spec.model, tokenizer)

    def arguments(self) -> tuple[type[TrainingArguments], dict[str, Any]]:
        """Lets the collator see each row's number."""
        return TrainingArguments, {"remove_unused_columns": False}

    def loss(self) -> Callable[..., Tensor]:
        """Returns the mean over all hidden tokens of a step, however many passes it takes; few models do so themselves."""
        smoothing = self.spec.train.label_smoothing

        def loss(outputs: Any, labels: Tensor, num_items_in_batch: Any = None) -> Tensor:
            logits = outputs["logits"]
            hidden = labels != IGNORED
            total = functional.cross_entropy(
                logits[hidden].float(), labels[hidden], reduction="sum", label_smoothing=smoothing
            )
            count = hidden.sum() if num_items_in_batch is None else num_items_in_batch
            return total / count

        return loss

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns rows of input_ids; those of training with their `row` number, others masked already, with labels."""
        start, end = frame_of(tokenizer)
        frame = len(start) + len(end)
        texts = list(_tokenised(rows, tokenizer))
        lengths = [len(ids) + frame for ids in texts]
        wanted = max_tokens or default_limit(lengths, tokenizer, self.model_limit)
        self._block = limit = max(wanted, frame + 1)
        room = limit - frame
        pieces = [[*start, *ids[i : i + room], *end] for ids in texts for i in range(0, len(ids), room)]
        masking = Masking(tokenizer, self.spec.fill_mask.share, self.spec.split_seed)
        some = [row for row in pieces if masking.maskable(np.asarray(row)).any()]
        if not some:
            raise NothingLeft("The texts hold no token that could be hidden: the tokenizer knows none of their words.")
        if self.split == "train":
            self._say(len(texts), sum(length > limit for length in lengths), len(some))
            table = {"input_ids": some, "row": [self.first_feature + row for row in range(len(some))]}
        else:
            masked = [masking.mask(np.asarray(ids), 0, row) for row, ids in enumerate(some)]
            table = {"input_ids": [ids for ids, _ in masked], "labels": [labels for _, labels in masked]}
        return Features(Dataset.from_dict(table), [len(row) for row in some], 0, limit, rows)

    def _say(self, texts: int, longer: int, rows: int) -> None:
        parts = f"; {longer:,} of the {texts:,} training texts are longer and make several rows, {rows:,} in all"
        self.notes.append(f"Texts are read {self._block} tokens at a time{parts if longer else ': none is longer'}.")

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that hides tokens of the rows that are not masked yet, and pads."""
        return MaskingCollator(Masking(tokenizer, self.spec.fill_mask.share, self.spec.seed), self.pad_to_multiple_of)


class Masking:
    """Which tokens of a row are hidden, and by what."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, share: float, seed: int) -> None:
        self.share = share
        self.seed = seed
        self.mask_token = cast("int", tokenizer.mask_token_id)
        self.vocabulary = len(tokenizer)
        self.pad = cast("int", tokenizer.pad_token_id or 0)
        self._special = np.array(sorted(set(tokenizer.all_special_ids)))

    def maskable(self, ids: np.ndarray) -> np.ndarray:
        """Returns which tokens (T,) are a text's own."""
        return ~np.isin(ids, self._special)

    def mask(self, ids: np.ndarray, epoch: int, row: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns (input_ids, labels) of a row (T,), -100 where nothing is to be guessed; at least one token is."""
        chance = np.random.default_rng((self.seed, epoch, row))
        own = np.flatnonzero(self.maskable(ids))
        draws = chance.random(len(own))
        chosen = own[draws < self.share] if (draws < self.share).any() else own[[draws.argmin()]]
        labels = np.full_like(ids, IGNORED)
        labels[chosen] = ids[chosen]
        ways = chance.random(len(chosen))
        others = chance.integers(self.vocabulary, size=len(chosen))
        hidden = ids.copy()
        hidden[chosen[ways < MASKED]] = self.mask_token
        is_replaced = (ways >= MASKED) & (ways < MASKED + REPLACED)
        hidden[chosen[is_replaced]] = others[is_replaced]
        return hidden, labels


class MaskingCollator:
    """Makes a batch of rows; the engine tells it the epoch."""

    def __init__(self, masking: Masking, multiple: int | None = None) -> None:
        self.masking = masking
        self.multiple = multiple
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses what is hidden from now on."""
        self.epoch = epoch

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
        """Returns input_ids, attention_mask and labels (B, T)."""
        whole = [row if "labels" in row else self._masked(row) for row in rows]
        return padded(whole, self.masking.pad, self.multiple)

    def _masked(self, row: Mapping[str, Any]) -> dict[str, Any]:
        ids, labels = self.masking.mask(np.asarray(row["input_ids"]), self.epoch, int(row["row"]))
        return {"input_ids": ids, "labels": labels}


def _tokenised(rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> Iterable[list[int]]:
    """Yields the tokens of each text, without what the tokenizer puts around it."""
    texts = cells(rows, "text")
    while some := list(islice(texts, _AT_ONCE)):
        yield from tokenizer(some, add_special_tokens=False, verbose=False, **_BARE)["input_ids"]
