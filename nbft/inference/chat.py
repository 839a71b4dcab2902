"""What a chat model replies: written with its chat template, up to the end of its turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbft.data.messages import Message, clean_message, tool_list
from nbft.errors import DataError
from nbft.inference.base import Loaded, reading_as_trained
from nbft.inference.text_generation import how_to_write
from nbft.spec.sections import RunSpec

DEFAULT_NEW_TOKENS = 256
Asked = tuple[list[Message], list[dict[str, Any]]]
"""Messages, and the tools that may be called."""


@dataclass(frozen=True)
class Reply:
    """What the model says to a conversation."""

    text: str
    is_whole: bool
    """Whether it ended its turn itself, before `generate.max_new_tokens` were written."""

    def __repr__(self) -> str:
        return f"Reply({self.text!r}{'' if self.is_whole else ', is_whole=False'})"


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one conversation: a text, {messages, tools}, or a list of messages."""
    is_messages = isinstance(inputs, list) and bool(inputs) and all(isinstance(part, Mapping) for part in inputs)
    return isinstance(inputs, str | Mapping) or (is_messages and "messages" not in inputs[0])


def predict(loaded: Loaded, inputs: list[Any], batch_size: int) -> list[Reply]:
    """Returns the reply to each text or conversation."""
    return write_replies(loaded.model, loaded.tokenizer, [_asked(part) for part in inputs], loaded.spec, batch_size)


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns transformers' text-generation pipeline, which takes messages; as greedy as predictions are."""
    from transformers import pipeline

    how = {**how_to_write(loaded.spec.generate), "max_new_tokens": _wanted(loaded.model, loaded.spec)}
    options = {"trust_remote_code": False, **how, **kwargs}
    return reading_as_trained(
        pipeline("text-generation", model=loaded.folder, tokenizer=loaded.folder, **options), loaded
    )


def _asked(given: Any) -> Asked:
    if isinstance(given, str):
        return [{"role": "user", "content": given}], []
    messages = given.get("messages") if isinstance(given, Mapping) else given
    if not isinstance(messages, list | tuple) or not messages:
        raise DataError(
            "A conversation is a text, a list of messages, or {messages: ..., tools: ...}.", repr(given)[:200]
        )
    tools = given.get("tools") if isinstance(given, Mapping) else None
    return [clean_message(message) for message in messages], tool_list(tools)


def write_replies(
    model: Any, tokenizer: Any, asked: Sequence[Asked], spec: RunSpec, batch_size: int = 8
) -> list[Reply]:
    """Returns the reply to each conversation; greedy unless the spec says otherwise.

    What is drawn by chance is drawn for each conversation alone, from the spec's seed, whatever stands beside it.
    """
    batch_size = 1 if spec.generate.temperature else batch_size
    parts = (asked[i : i + batch_size] for i in range(0, len(asked), batch_size))
    return [reply for part in parts for reply in _write(model, tokenizer, part, spec)]


def _write(model: Any, tokenizer: Any, asked: Sequence[Asked], spec: RunSpec) -> list[Reply]:
    import torch

    prompts = [prompt_tokens(tokenizer, messages, tools) for messages, tools in asked]
    width = max(map(len, prompts))
    batch = torch.full((len(prompts), width), tokenizer.pad_token_id)  # (B, T), padded on the left
    mask = torch.zeros_like(batch)
    for i, prompt in enumerate(prompts):
        batch[i, width - len(prompt) :] = torch.tensor(prompt)
        mask[i, width - len(prompt) :] = 1
    how = {**how_to_write(spec.generate), "max_new_tokens": _room(model, width, spec)}
    with torch.no_grad(), torch.random.fork_rng():  # what a model caches in inference mode, training couldn't use
        torch.manual_seed(spec.seed)
        written = model.generate(batch.to(model.device), attention_mask=mask.to(model.device), **how)
    return [_reply(row, tokenizer, _stops(model)) for row in written[:, width:].tolist()]


def prompt_tokens(tokenizer: Any, messages: list[Message], tools: list[dict[str, Any]]) -> list[int]:
    """Returns a conversation up to where the assistant begins to speak; raises DataError where the template refuses it."""
    from jinja2 import TemplateError

    try:
        text = tokenizer.apply_chat_template(messages, tools=tools or None, tokenize=False, add_generation_prompt=True)
    except (TemplateError, TypeError, ValueError) as error:
        raise DataError(f"The chat template refuses the conversation: {error}", repr(messages)[:200]) from None
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def _wanted(model: Any, spec: RunSpec) -> int:
    """Returns the spec's tokens, else what the answers of the training rows needed."""
    return spec.generate.max_new_tokens or model.generation_config.max_new_tokens or DEFAULT_NEW_TOKENS


def _room(model: Any, width: int, spec: RunSpec) -> int:
    wanted = _wanted(model, spec)
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None) or width + wanted
    if width >= limit:
        raise DataError(
            f"The conversation takes {width} tokens, and the model reads {limit}: no room is left for a reply.",
            "Leave out its oldest messages.",
        )
    return min(wanted, limit - width)


def _stops(model: Any) -> set[int]:
    ends = model.generation_config.eos_token_id
    return set(ends) if isinstance(ends, list) else {ends} - {None}


def _reply(tokens: list[int], tokenizer: Any, stops: set[int]) -> Reply:
    end = next((i for i, token in enumerate(tokens) if token in stops), None)
    text = tokenizer.decode(tokens[:end], skip_special_tokens=True)
    return Reply(text.strip(), end is not None)
