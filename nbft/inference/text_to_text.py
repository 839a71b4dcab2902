"""Text in, text out: prompts, generation and decoding, the same in evaluation and in prediction. Imports torch when called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbft.functions import preprocessed
from nbft.inference.base import Loaded
from nbft.record.folder import RunFolder

PLACE = "{text}"
"""Where a prompt takes the text in."""
_UNLIMITED = 1_000_000


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one text."""
    return isinstance(inputs, str)


def with_prompt(template: str | None, text: str) -> str:
    """Returns what the model reads in place of the text."""
    return template.replace(PLACE, text) if template else text


def kept_prompt(config: Any, task: str) -> str | None:
    """Returns the prompt that a model was trained with, None where it had none."""
    return _kept(config, task).get("prompt")


def is_trained_for(config: Any, task: str) -> bool:
    """Returns whether the model was trained for the task by nbft, with a prompt or without."""
    return "prompt" in _kept(config, task)


def _kept(config: Any, task: str) -> dict[str, Any]:
    return (getattr(config, "task_specific_params", None) or {}).get(task) or {}


def encode(
    tokenizer: Any, texts: Sequence[str], template: str | None, limit: int | None
) -> tuple[list[list[int]], int]:
    """Returns the tokens of each text in its prompt, and how many texts lost their end to the limit; the prompt stays whole."""
    prompted = [with_prompt(template, text) for text in texts]
    rows = [list(ids) for ids in tokenizer(prompted, truncation=False, verbose=False)["input_ids"]]
    if limit is None:
        return rows, 0
    cut = [i for i, ids in enumerate(rows) if len(ids) > limit]
    for i in cut:
        rows[i] = _shortened(tokenizer, texts[i], template, limit)
    return rows, len(cut)


def _shortened(tokenizer: Any, text: str, template: str | None, limit: int) -> list[int]:
    """Cuts the text, not what follows it in the prompt."""
    if template is None or template.endswith(PLACE):
        return list(tokenizer(with_prompt(template, text), truncation=True, max_length=limit)["input_ids"])
    tokens = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    keep = max(limit - len(tokenizer(with_prompt(template, ""))["input_ids"]), 0)
    while True:
        start = tokenizer.decode(tokens[:keep])
        ids = list(tokenizer(with_prompt(template, start), verbose=False)["input_ids"])
        if len(ids) <= limit or keep == 0:
            return ids
        keep -= 1


def write(model: Any, tokenizer: Any, rows: Sequence[Sequence[int]], seed: int, **settings: Any) -> Any:
    """Returns the tokens (B, L) that the model writes after rows of tokens, padded at the end.

    `settings` are those of generation, where they are to differ from the model's own generation config.
    """
    import torch

    padded = tokenizer.pad(
        {"input_ids": [list(row) for row in rows]},
        padding_side="right" if model.config.is_encoder_decoder else "left",
        return_tensors="pt",
    )
    inputs = {name: padded[name].to(model.device) for name in ("input_ids", "attention_mask")}
    read = 1 if model.config.is_encoder_decoder else inputs["input_ids"].shape[1]
    draws = settings.get("do_sample", model.generation_config.do_sample)
    with torch.inference_mode(), _seeded(seed, is_needed=bool(draws)):
        return model.generate(**inputs, **settings)[:, read:]


@contextmanager
def _seeded(seed: int, *, is_needed: bool) -> Iterator[None]:
    """Lets what is drawn by chance depend on the seed alone, and leaves the caller's random numbers as they were."""
    import torch

    if not is_needed:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def decode(tokenizer: Any, tokens: Any) -> list[str]:
    """Returns the texts of tokens (N, L); negative ones are padding."""
    import numpy as np

    ids = np.asarray(tokens)
    ids = np.where(ids < 0, tokenizer.pad_token_id, ids)
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def texts_for(loaded: Loaded, inputs: Sequence[str], batch_size: int, **settings: Any) -> list[str]:
    """Returns what the model writes for each text; texts of like length go through it together."""
    template = kept_prompt(loaded.model.config, loaded.task)
    limit = loaded.tokenizer.model_max_length
    rows, _ = encode(loaded.tokenizer, inputs, template, limit if limit < _UNLIMITED else None)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    found = [""] * len(rows)
    for start in range(0, len(order), batch_size):
        part = order[start : start + batch_size]
        written = write(loaded.model, loaded.tokenizer, [rows[i] for i in part], loaded.spec.seed, **settings)
        for i, text in zip(part, decode(loaded.tokenizer, written.cpu()), strict=True):
            found[i] = text
    return found


def text_pipeline(loaded: Loaded, key: str, batch_size: int = 32, **settings: Any) -> Callable[..., Any]:
    """Returns what takes a text or a list of them and gives [{key: text}], as transformers' pipelines did before version 5."""
    run = RunFolder(Path(loaded.folder).parent)

    def pipe(inputs: str | Sequence[str], **changes: Any) -> list[dict[str, str]]:
        texts: Any = preprocessed([inputs] if isinstance(inputs, str) else list(inputs), loaded.spec, run)
        options = {"batch_size": batch_size, **settings, **changes}
        return [{key: text} for text in texts_for(loaded, texts, **options)]

    return pipe
