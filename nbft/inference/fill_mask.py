"""What a masked language model would put in a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbft.errors import DataError
from nbft.inference.base import Loaded, reading_as_trained

TOP = 5
"""Guesses given for each gap."""
GAPS = ("[MASK]", "<mask>")
"""What a user may write for the tokenizer's own mask."""


@dataclass(frozen=True)
class Guess:
    """A word for a gap."""

    word: str
    probability: float

    def __repr__(self) -> str:
        return f"{self.word!r} {self.probability:.3f}"


@dataclass(frozen=True)
class Filled:
    """A text whose gaps were guessed."""

    text: str
    """The text with the likeliest guess in each gap."""
    gaps: tuple[tuple[Guess, ...], ...]
    """The likeliest guesses for each gap, the best first."""

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """Those for the first gap."""
        return self.gaps[0]

    def __repr__(self) -> str:
        return f"Filled({self.text!r}, {'; '.join(', '.join(map(repr, guesses)) for guesses in self.gaps)})"


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one text."""
    return isinstance(inputs, str)


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns a transformers pipeline."""
    from transformers import pipeline

    options = {"trust_remote_code": False, **kwargs}
    return reading_as_trained(pipeline("fill-mask", model=loaded.folder, tokenizer=loaded.folder, **options), loaded)


def predict(loaded: Loaded, inputs: list[str], batch_size: int) -> list[Filled]:
    """Returns the guesses for each text; raises DataError for a text without a gap, and for one that is too long."""
    parts = (inputs[i : i + batch_size] for i in range(0, len(inputs), batch_size))
    return [filled for part in parts for filled in _batch(loaded.model, loaded.tokenizer, part)]


def _batch(model: Any, tokenizer: Any, texts: list[str]) -> Iterator[Filled]:
    import torch

    texts = [_with_masks(text, tokenizer.mask_token) for text in texts]
    batch = tokenizer(texts, padding=True, return_tensors="pt", verbose=False)
    _refuse_too_long(batch["input_ids"].shape[1], model.config)
    with torch.inference_mode():
        scores = model(**batch.to(model.device)).logits
    for text, ids, row in zip(texts, batch["input_ids"], scores, strict=True):
        likely = row[ids == tokenizer.mask_token_id].float().softmax(dim=-1).topk(TOP)  # (gaps, TOP)
        gaps = tuple(
            tuple(Guess(tokenizer.decode([token]).strip(), share) for token, share in zip(tokens, shares, strict=True))
            for tokens, shares in zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
        )
        yield Filled(_filled(text, tokenizer.mask_token, gaps), gaps)


def _with_masks(text: str, mask: str) -> str:
    for gap in GAPS:
        text = text.replace(gap, mask)
    if mask not in text:
        raise DataError(f"There is no gap in {text[:60]!r}.", f"Write {mask} for the word to be guessed.")
    return text


def _refuse_too_long(tokens: int, config: Any) -> None:
    """A gap may stand behind the length that training cut at; only the model's own limit counts."""
    limit = getattr(config, "max_position_embeddings", None) or tokens
    if "roberta" in config.model_type or config.model_type == "camembert":  # their positions begin behind the padding's
        limit -= (config.pad_token_id or 0) + 1
    if tokens > limit:
        raise DataError(f"A text of {tokens} tokens is too long: the model reads {limit}.", "Cut it around its gap.")


def _filled(text: str, mask: str, gaps: tuple[tuple[Guess, ...], ...]) -> str:
    for guesses in gaps:
        text = text.replace(mask, guesses[0].word, 1)
    return text
