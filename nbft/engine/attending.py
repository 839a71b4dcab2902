"""Which tokens a model looks at: softmax(QK^T / sqrt(d_k)) of every head (Vaswani et al. 2017), as transformers gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nbft.errors import ModelError, RunError
from nbft.inference.base import Loaded
from nbft.inference.text_to_text import encode, kept_prompt, write

MAX_TOKENS = 64
"""Of a sentence whose map is shown; more can't be read in a picture."""


@dataclass(frozen=True)
class Attended:
    """The weights (L, H, R, C) of one kind of attention: each row adds up to 1 over the columns."""

    name: str
    """self, encoder, decoder or cross."""
    rows: list[str]
    """The tokens that look."""
    columns: list[str]
    """The tokens that are looked at."""
    weights: np.ndarray
    left_out: int = 0
    """Tokens behind MAX_TOKENS that were not read."""


def attend(loaded: Loaded, given: Any) -> list[Attended]:
    """Returns the attention of a model, loaded with the eager implementation, on one input; raises ModelError."""
    model, tokenizer = loaded.model, loaded.tokenizer
    if getattr(model.config, "is_encoder_decoder", False):
        return _both(loaded, given)
    texts = texts_of(given)
    whole = tokenizer(*texts)["input_ids"] if len(texts) < 3 else []
    batch = tokenizer(*texts, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    if batch["input_ids"].shape[1] == 0:
        raise RunError("The tokenizer makes no tokens of this text.", "Write another.")
    with torch.inference_mode():
        outputs = model(**batch, output_attentions=True)
    tokens = _tokens(tokenizer, batch["input_ids"][0].tolist())
    left_out = max(len(whole) - len(tokens), 0)
    return [Attended("self", tokens, tokens, _stacked(outputs.attentions, model), left_out)]


def _both(loaded: Loaded, given: Any) -> list[Attended]:
    """Lets the model write first: what it writes is what its decoder looks from."""
    model, tokenizer = loaded.model, loaded.tokenizer
    prompt = kept_prompt(model.config, loaded.task)
    source, cut = encode(tokenizer, [texts_of(given)[0]], prompt, MAX_TOKENS)
    whole, _ = encode(tokenizer, [texts_of(given)[0]], prompt, None)
    written = write(model, tokenizer, source, loaded.spec.seed, max_new_tokens=MAX_TOKENS - 1)[0].tolist()
    start = model.generation_config.decoder_start_token_id or model.config.decoder_start_token_id
    target = [start, *(token for token in written if token != tokenizer.pad_token_id)]
    with torch.inference_mode():
        outputs = model(
            input_ids=torch.tensor(source), decoder_input_ids=torch.tensor([target]), output_attentions=True
        )
    read, said = _tokens(tokenizer, source[0]), _tokens(tokenizer, target)
    left_out = len(whole[0]) - len(source[0]) if cut else 0
    return [
        Attended("encoder", read, read, _stacked(outputs.encoder_attentions, model), left_out),
        Attended("decoder", said, said, _stacked(outputs.decoder_attentions, model)),
        Attended("cross", said, read, _stacked(outputs.cross_attentions, model), left_out),
    ]


def texts_of(given: Any) -> tuple[str, ...]:
    """Returns the text, or the two texts, of an input as `predict` takes it."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Mapping):
        if "messages" in given:
            return ("\n".join(str(message.get("content", "")) for message in given["messages"]),)
        given = [given[name] for name in ("question", "context", "text", "text_pair") if given.get(name)]
    if isinstance(given, Sequence) and 1 <= len(given) <= 2:
        return tuple(map(str, given))
    raise RunError(
        f"This is no text and no pair of texts: {repr(given)[:80]}", 'As in: %ft_attention NAME "a sentence"'
    )


def _stacked(attentions: Any, model: Any) -> np.ndarray:
    kept = [layer for layer in attentions or () if layer is not None]
    if not kept:
        kind = getattr(model.config, "model_type", type(model).__name__)
        raise ModelError(f"A {kind} model gives no attention weights.", "Models such as bert, gpt2 and marian do.")
    shapes = {tuple(layer.shape) for layer in kept}
    if len(shapes) > 1 or len(kept[0].shape) != 4:
        raise ModelError("The layers of this model attend in different ways, which can't be shown side by side.")
    return torch.stack([layer[0].float() for layer in kept]).numpy()


def _tokens(tokenizer: Any, ids: list[int]) -> list[str]:
    """Returns tokens as people can read them; bytes of a byte-level vocabulary are put together where they are text."""
    return [tokenizer.decode([token]).strip() or str(tokenizer.convert_ids_to_tokens(token)) for token in ids]
