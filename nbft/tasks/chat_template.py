"""The chat template of a run: the tokenizer's own, one by name, or Jinja text of the spec; set on the tokenizer that is saved."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase
from transformers.utils.chat_template_utils import render_jinja_template

from nbft.data.messages import Message
from nbft.errors import DataError, ModelError
from nbft.tasks.chat_templates import STYLES, template_of

DEFAULT_STYLE = "chatml"
DEFAULT_END = "<|endoftext|>"
_MARKERS = re.compile(r"\{%-?\s*generation\s*-?%\}")
_SPECIAL = re.compile(r"<\|\w+\|>|<(?:start|end)_of_turn>")
"""What the special tokens of chat templates look like."""
_PROBE: list[Message] = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Well"}]
_PATH = "chat.template"
Written = tuple[str, list[tuple[int, int]]]
"""A conversation's text, and the (start, end) of what is learnt in it."""


class Unmarkable(Exception):
    """A conversation whose answers can't be told from the rest; its text says why."""


@dataclass
class Encoded:
    """Conversations as tokens."""

    input_ids: list[list[int]] = field(default_factory=list)
    learnt: list[np.ndarray] = field(default_factory=list)
    """For each conversation whether a token is learnt (T,), bool."""
    rows: list[int] = field(default_factory=list)
    """The row of each conversation."""


def set_template(tokenizer: PreTrainedTokenizerBase, wanted: str | None) -> list[str]:
    """Sets the template on the tokenizer with the special tokens that it lacks, and returns notes; raises DataError."""
    notes = []
    if wanted is None and tokenizer.chat_template:
        return notes
    if wanted is None:
        wanted = DEFAULT_STYLE
        others = ", ".join(name for name in STYLES if name != wanted)
        notes.append(f"The tokenizer has no chat template: {wanted!r} is used (chat.template says another: {others}).")
    text = _text_of(wanted)
    tokenizer.chat_template = text
    vocabulary = tokenizer.get_vocab()
    needed = STYLES[wanted].tokens if wanted in STYLES else tuple(dict.fromkeys(_SPECIAL.findall(text)))
    new = [token for token in needed if token not in vocabulary]
    if "eos_token" in text and tokenizer.eos_token is None:
        tokenizer.add_special_tokens({"eos_token": DEFAULT_END})
        notes.append(f"The tokenizer has no end-of-text token, and the template ends answers with it: {DEFAULT_END}.")
    if new:
        tokenizer.add_tokens(new, special_tokens=True)
        notes.append(f"New tokens of the chat template, and the model's embeddings grow with them: {', '.join(new)}.")
    return notes


def _text_of(wanted: str) -> str:
    if wanted in STYLES:
        return template_of(wanted)
    if "{%" in wanted or "{{" in wanted:
        return wanted
    close = difflib.get_close_matches(wanted.lower(), STYLES, n=1)
    fix = f"Did you mean {close[0]!r}?\n" if close else ""
    raise DataError(
        f"There is no chat template {wanted!r}.", f"{fix}There are {', '.join(STYLES)}; or give Jinja text.", _PATH
    )


class Template:
    """A tokenizer's chat template, and which tokens of a conversation it lets the model learn."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, learn: str) -> None:
        if not tokenizer.is_fast:
            raise ModelError(
                "This tokenizer can't say which characters a token stands for, and chat needs that.",
                "Use a model whose tokenizer is a fast one (with a tokenizer.json).",
                "tokenizer",
            )
        self.tokenizer: Any = tokenizer  # its members are typed as if each might be missing
        self.learn = learn

    @cached_property
    def text(self) -> str:
        """The Jinja text that marks what the assistant says, where there is one; else the tokenizer's own."""
        own = self.tokenizer.get_chat_template()
        if _MARKERS.search(own):
            return own
        from trl.chat_template_utils import get_training_chat_template

        try:  # TRL keeps marked forms of well-known templates
            return get_training_chat_template(self.tokenizer) or own
        except (ValueError, TypeError, TemplateError):
            return own

    @property
    def is_marked(self) -> bool:
        """Whether the template itself says what is generated."""
        return bool(_MARKERS.search(self.text))

    @cached_property
    def stop_tokens(self) -> list[int]:
        """The tokens that end the assistant's turn, learnt with it; none where a turn ends with plain text."""
        if self.learn == "all":
            return Template(self.tokenizer, "assistant").stop_tokens
        messages = [*_PROBE, {"role": "user", "content": "Hello"}]
        try:
            encoded = self.tokens([self.write(messages, None)])
        except Unmarkable as error:
            raise DataError(f"The chat template can't be used: {error}.", "", _PATH) from None
        ids = np.asarray(encoded.input_ids[0])[encoded.learnt[0]].tolist()
        special = {*self.tokenizer.all_special_ids, *self.tokenizer.get_added_vocab().values()}
        said = self.tokenizer("Well", add_special_tokens=False)["input_ids"]  # an unknown word is a special token too
        return [token for token in ids if token in special and token not in said][-1:]

    def tokens(self, written: Sequence[Written]) -> Encoded:
        """Returns conversations, written out by `write`, as tokens."""
        if not written:
            return Encoded()
        found = self.tokenizer(
            [text for text, _ in written],
            add_special_tokens=False,  # the template writes them
            return_offsets_mapping=True,
            return_attention_mask=False,
            verbose=False,
        )
        offsets = found["offset_mapping"]
        covered = [
            _covered(np.asarray(o).reshape(-1, 2), spans) for o, (_, spans) in zip(offsets, written, strict=True)
        ]
        return Encoded(found["input_ids"], covered)

    def write(self, messages: list[Message], tools: list[dict[str, Any]] | None) -> Written:
        """Returns a conversation's text and the (start, end) of what is learnt in it; raises Unmarkable."""
        if self.learn == "all":
            text = self._render(messages, tools)
            return text, [(0, len(text))]
        text, spans = self._marked(messages, tools) if self.is_marked else self._compared(messages, tools)
        if any(message.get("weight", 1) == 0 for message in messages):
            spans = _weighed(spans, messages)
        return text, spans

    def _marked(self, messages: list[Message], tools: Any) -> Written:
        texts, spans = self._rendered(messages, tools, return_assistant_tokens_mask=True)
        begin = 0
        if self.learn == "last":  # its marks, and those of an end of the whole conversation, where there is one
            before = messages[: _places(messages)[-1]]
            begin = _common(self._render(before, tools), texts[0]) if before else 0
        return texts[0], [(start, end) for start, end in spans[0] if end > begin]

    def _compared(self, messages: list[Message], tools: Any) -> Written:
        """Tells an answer by what the text gains with it; that needs a template that writes earlier messages as before."""
        text, spans = self._render(messages, tools), []
        places = _places(messages)
        for place in places[-1:] if self.learn == "last" else places:
            before = self._render(messages[:place], tools) if place else ""
            asked = self._render(messages[:place], tools, add_generation_prompt=True) if place else ""
            after = text if place == len(messages) - 1 else self._render(messages[: place + 1], tools)
            start, end = _common(asked, text), _common(after, text)
            answer = self._turn(text[start:end], is_whole=end == len(after))
            if start < len(before) or messages[place]["content"].strip() not in answer:
                raise Unmarkable("the template writes earlier messages otherwise once others follow")
            spans.append((start, start + len(answer)))
        return text, spans

    def _turn(self, answer: str, *, is_whole: bool) -> str:
        """Returns an answer up to the token that ends its turn: what stands behind that, the model never writes.

        A template may end the whole conversation with something of its own: then what is shared with the conversation
        that goes on is not the whole turn, and may end within a token.
        """
        special = (*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab())
        last = max(answer.rfind(token) + len(token) for token in special) if any(t in answer for t in special) else 0
        return answer if is_whole and answer[last:].strip() else answer[:last]

    def _render(self, messages: list[Message], tools: Any, **how: Any) -> str:
        return self._rendered(messages, tools, **how)[0][0]

    def _rendered(self, messages: list[Message], tools: Any, **how: Any) -> Any:
        how |= self.tokenizer.special_tokens_map
        plain = [{key: value for key, value in message.items() if key != "weight"} for message in messages]
        try:
            return render_jinja_template(
                conversations=[plain],
                tools=tools or None,
                chat_template=self.text,
                **how,
            )
        except (TemplateError, TypeError, ValueError, KeyError) as error:
            raise Unmarkable(f"the template refuses it: {error}") from error


def _places(messages: list[Message]) -> list[int]:
    return [i for i, message in enumerate(messages) if message["role"] == "assistant"]


def _weighed(spans: list[tuple[int, int]], messages: list[Message]) -> list[tuple[int, int]]:
    """Takes out the answers of weight 0: OpenAI's files may say so of what is not to be learnt."""
    answers = [message for message in messages if message["role"] == "assistant"][-len(spans) :]
    if len(answers) != len(spans):
        raise Unmarkable("which answers have weight 0 can't be told apart with this template")
    return [span for span, message in zip(spans, answers, strict=True) if message.get("weight", 1) != 0]


def _common(first: str, second: str) -> int:
    """Returns how many characters two texts begin with alike."""
    if second.startswith(first):
        return len(first)
    return next(i for i, (a, b) in enumerate(zip(first, second + "\0", strict=False)) if a != b)


def _covered(offsets: np.ndarray, spans: Sequence[tuple[int, int]]) -> np.ndarray:
    """Returns which tokens, at offsets (T, 2), hold a character of a span; the first token is never a label."""
    starts, ends = offsets[:, 0], offsets[:, 1]
    found = np.zeros(len(offsets), dtype=bool)
    for start, end in spans:
        found |= (ends > start) & (starts < end) & (ends > starts)
    found[:1] = False
    return found
