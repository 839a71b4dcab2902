"""What a language model writes after a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbft.inference.base import Loaded, reading_as_trained
from nbft.spec.sections import Generate

MAX_NEW_TOKENS = 50
"""Written after a prompt where `generate.max_new_tokens` is left out."""
_SHOWN = 60


@dataclass(frozen=True)
class Completion:
    """What the model wrote after a prompt."""

    text: str
    """The continuation alone."""
    prompt: str

    def __repr__(self) -> str:
        return f"Completion({self.text[:_SHOWN]!r}{'…' if len(self.text) > _SHOWN else ''})"


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one prompt."""
    return isinstance(inputs, str)


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns a transformers pipeline that writes as the spec's `generate` says."""
    from transformers import pipeline

    options = {"trust_remote_code": False, **how_to_write(loaded.spec.generate), **kwargs}
    return reading_as_trained(
        pipeline("text-generation", model=loaded.folder, tokenizer=loaded.folder, **options), loaded
    )


def predict(loaded: Loaded, inputs: list[str], batch_size: int) -> list[Completion]:
    """Returns a completion for each prompt."""
    spec = loaded.spec
    written = continue_texts(loaded.model, loaded.tokenizer, inputs, spec.generate, batch_size, spec.seed)
    return [Completion(text, prompt) for text, prompt in zip(written, inputs, strict=True)]


def how_to_write(generate: Generate) -> dict[str, Any]:
    """Returns the options of `model.generate` that a spec asks for."""
    options: dict[str, Any] = {"max_new_tokens": generate.max_new_tokens or MAX_NEW_TOKENS, "num_beams": generate.beams}
    if generate.temperature:
        return {**options, "do_sample": True, "temperature": generate.temperature, "top_k": 0, "top_p": 1.0}
    return {**options, "do_sample": False, "temperature": None, "top_k": None, "top_p": None}


def continue_texts(
    model: Any, tokenizer: Any, prompts: Sequence[str], generate: Generate, batch_size: int, seed: int
) -> list[str]:
    """Returns what the model writes after each prompt; the random numbers of the process stay as they were.

    What is drawn by chance is drawn for each prompt alone, from `seed`, whatever stands beside it.
    """
    import torch

    texts: list[str] = []
    at_once = 1 if generate.temperature else batch_size
    with torch.random.fork_rng(), torch.no_grad():  # what a model caches in inference mode, training couldn't use
        for start in range(0, len(prompts), at_once):
            torch.manual_seed(seed)
            texts += _continue(model, tokenizer, list(prompts[start : start + at_once]), how_to_write(generate))
    return texts


def _continue(model: Any, tokenizer: Any, prompts: list[str], options: dict[str, Any]) -> Iterator[str]:
    import torch

    limit = getattr(model.config, "max_position_embeddings", None)
    room = max(limit - options["max_new_tokens"], limit // 2) if limit else None
    rows = [prompt_tokens(tokenizer, prompt)[-(room or 0) :] for prompt in prompts]  # what is too long loses its start
    width = max(map(len, rows))
    if limit:
        options = {**options, "max_new_tokens": min(options["max_new_tokens"], limit - width)}
    pad = next((n for n in (tokenizer.pad_token_id, tokenizer.eos_token_id) if n is not None), 0)
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=model.device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=model.device)
    written = model.generate(input_ids=ids, attention_mask=mask, pad_token_id=pad, **options)[:, width:].tolist()
    for row, new in zip(rows, written, strict=True):
        yield _added_text(tokenizer, row, new)


def prompt_tokens(tokenizer: Any, prompt: str) -> list[int]:
    """Returns the prompt's tokens with what the tokenizer puts before a text, without what it puts behind one."""
    start, _ = frame_of(tokenizer)
    ids = [*start, *tokenizer(prompt, add_special_tokens=False, verbose=False)["input_ids"]]
    first = next((n for n in (tokenizer.bos_token_id, tokenizer.eos_token_id) if n is not None), 0)
    return ids or [first]


def frame_of(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Returns the tokens that the tokenizer puts before a text and behind it."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a")["input_ids"]
    start = next(i for i in range(len(whole)) if whole[i : i + len(bare)] == bare)
    return whole[:start], whole[start + len(bare) :]


def _added_text(tokenizer: Any, before: list[int], new: list[int]) -> str:
    """Decoders treat a text's first space in their own ways: the text is what comes to the prompt's by the new tokens."""
    start = tokenizer.decode(before, skip_special_tokens=True)
    whole = tokenizer.decode([*before, *new], skip_special_tokens=True)
    return whole[len(start) :] if whole.startswith(start) else tokenizer.decode(new, skip_special_tokens=True)
