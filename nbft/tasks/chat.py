"""Chat: conversations of which the model learns what the assistant says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
from datasets import Dataset
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from nbft.data.columns import refuse_unknown
from nbft.data.conversations import KNOWN, Form, conversation, equal_pairs, recognise_form
from nbft.data.messages import Message, Unusable, with_text
from nbft.data.rows import NothingLeft, cells, each, first_of
from nbft.errors import DataError, ModelError
from nbft.inference.chat import write_replies
from nbft.spec.sections import Model, RunSpec
from nbft.tasks.base import Collate, Features, Sample, Task, Warn, default_limit, map_columns
from nbft.tasks.chat_template import Encoded, Template, Unmarkable, set_template
from nbft.tasks.language_model import IGNORED, TokenScores, padded
from nbft.tasks.pretrained import load_model, read_config

SAMPLE_ROWS = 200
"""Rows that a data set's form is recognised from."""
SHOWN_CHARACTERS = 400
_COLUMNS = (*KNOWN, "label")


class Chat(TokenScores, Task):
    """Rows have `messages` and `tools`, both as JSON text: in a table objects of different keys would get each other's."""

    name = "chat"
    writes_to_prompts = True
    cuts_are_untold: ClassVar[bool] = True
    text_columns: ClassVar[tuple[str, ...]] = ("messages",)
    loss_counts_items = True
    shift = True

    def __init__(self, spec: RunSpec, warn: Warn) -> None:
        super().__init__(spec, warn)
        if find_spec("trl") is None:
            raise ModelError("The task chat trains with TRL, which is not installed.", "pip install trl", "task")
        self._stop_tokens: list[int] = []
        self._answer_tokens: int | None = None
        """What the answers of the training rows need; known once they are tokenised."""

    @property
    def trainer_base(self) -> type[Trainer]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """TRL's trainer, imported only here: other tasks don't need it."""
        from nbft.tasks.chat_trainer import ChatTrainer

        return ChatTrainer

    def arguments(self) -> tuple[type[TrainingArguments], dict[str, Any]]:
        """Returns TRL's arguments."""
        from nbft.tasks.chat_trainer import ChatArguments

        return ChatArguments, {}

    # Rows

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns messages and tools; rows without an answer are dropped with a warning."""
        given = {role: c for role, c in self.spec.data.columns.model_dump().items() if role in _COLUMNS}
        refuse_unknown(rows, given)
        equal = _told_of_equal(rows, split)
        sample = rows.select(range(min(len(rows), SAMPLE_ROWS))).to_list()
        form = recognise_form(rows.column_names, sample, given, equal)
        said = (f"The data are {form}, read as conversations.", equal)
        self.notes += [note for note in said if note and note not in self.notes]
        table: dict[str, list[str]] = {"messages": [], "tools": []}
        flaws: dict[str, list[int]] = {}
        for number, row in enumerate(each(rows)):
            try:
                messages, tools = self._read(row, form)
            except Unusable as error:
                flaws.setdefault(str(error), []).append(number)
                continue
            table["messages"].append(json.dumps(messages, ensure_ascii=False))
            table["tools"].append(json.dumps(tools, ensure_ascii=False))
        self._leave_out(flaws, split, len(rows))
        return Dataset.from_dict(table)

    def _read(self, row: Any, form: Form) -> tuple[list[Message], list[dict[str, Any]]]:
        messages, tools = conversation(row, form)
        return (with_text(messages, self.preprocess) if self.preprocess else messages), tools

    def _leave_out(self, flaws: Mapping[str, list[int]], split: str, total: int) -> None:
        dropped = sum(map(len, flaws.values()))
        if dropped == total:
            why = max(flaws, key=lambda flaw: len(flaws[flaw])) if flaws else "there are none"
            raise NothingLeft(f"No row of the {split} data is a conversation to learn from: {why}.")
        for flaw, rows in flaws.items():
            self.leave_out(split, total, rows, f"can't be learnt from ({flaw})")

    def texts(self, rows: Dataset) -> Iterable[str]:
        """Yields what every message says."""
        for messages in cells(rows, "messages"):
            yield from (message["content"] for message in json.loads(messages))

    def map_texts(self, rows: Dataset, change: Callable[[str], str]) -> Dataset:
        """Returns the rows with every message's text changed."""

        def changed(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
            made = [with_text(json.loads(messages), change) for messages in batch["messages"]]
            return {"messages": [json.dumps(messages, ensure_ascii=False) for messages in made]}

        return map_columns(rows, changed)

    def inputs(self, rows: Dataset) -> Iterable[str]:
        """Yields what was said before the last answer."""
        return (json.dumps(json.loads(messages)[:-1], ensure_ascii=False) for messages in cells(rows, "messages"))

    def targets(self, rows: Dataset) -> Iterable[str]:
        """Yields the last answers."""
        return (json.dumps(json.loads(messages)[-1:], ensure_ascii=False) for messages in cells(rows, "messages"))

    def learn_labels(self, train: Dataset, others: Mapping[str, Dataset]) -> None:
        """Learns none; refuses a model that does not write."""
        refuse_silent(self.spec.model)

    def take_labels(self, labels: list[str], splits: Mapping[str, Dataset]) -> None:
        """Takes none: a chat has no labels."""

    # Model

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Sets the chat template, so that it is saved with the model, and finds out what ends a turn."""
        self.notes += set_template(tokenizer, self.spec.chat.template)
        self._stop_tokens = Template(tokenizer, self.spec.chat.learn).stop_tokens
        if not self._stop_tokens:
            self.warn(
                "The chat template ends the assistant's turn with no special token: the model can't learn to stop.",
                "Use another:   chat: {template: chatml}",
            )

    def load_model(self, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
        """Returns a model that writes, its generation config told what ends a turn and how long answers are."""
        model = load_model(AutoModelForCausalLM, self.spec.model, tokenizer)
        config: Any = model.generation_config
        known = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
        config.eos_token_id = list(dict.fromkeys(t for t in (*self._stop_tokens, *known) if t is not None)) or None
        config.pad_token_id = tokenizer.pad_token_id
        config.max_new_tokens = self.spec.generate.max_new_tokens or self._answer_tokens or config.max_new_tokens
        return model

    def features(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int | None) -> Features:
        """Returns rows of input_ids and labels (-100 where nothing is learnt); rows cut until nothing is are dropped."""
        template = Template(tokenizer, self.spec.chat.learn)
        encoded = self._encode(rows, template)
        lengths = [len(ids) for ids in encoded.input_ids]
        limit = max_tokens or default_limit(lengths, tokenizer, self.model_limit)
        kept = [i for i, learnt in enumerate(encoded.learnt) if learnt[:limit].any()]
        if not kept:
            raise NothingLeft(*_nothing_to_learn(rows, template, encoded, limit), "data.max_tokens")
        if len(kept) < len(lengths):
            self.warn(
                f"{len(lengths) - len(kept)} of {len(lengths)} {self.split} conversations were left out: "
                f"cut at {limit} tokens, they hold nothing to learn.",
                "The model reads no more." if limit == self.model_limit else f"Raise data.max_tokens above {limit}.",
            )
        ids = [np.asarray(encoded.input_ids[i][:limit]) for i in kept]
        learnt = [encoded.learnt[i][:limit] for i in kept]
        if self._answer_tokens is None:
            self._take_answers(learnt, template, tokenizer)
        labels = [np.where(mask, row, IGNORED) for row, mask in zip(ids, learnt, strict=True)]
        cut = sum(lengths[i] > limit for i in kept)
        made = Dataset.from_dict({"input_ids": ids, "labels": labels})
        own, full = [encoded.rows[i] for i in kept], [lengths[i] for i in kept]
        return Features(made, [len(row) for row in ids], cut, limit, example_of=own, full=full)

    def _encode(self, rows: Dataset, template: Template) -> Encoded:
        """Returns the rows as tokens; warns of those that the template refuses, raises DataError where it refuses all."""
        refused: dict[str, int] = {}
        written, kept = [], []
        for number, (messages, tools) in enumerate(zip(cells(rows, "messages"), cells(rows, "tools"), strict=True)):
            try:
                written.append(template.write(json.loads(messages), json.loads(tools)))
                kept.append(number)
            except Unmarkable as error:
                refused[str(error)] = refused.get(str(error), 0) + 1
        for why, count in refused.items():
            if not written:
                raise DataError(
                    f"The chat template suits no row: {why}.",
                    "Use another:   chat: {template: chatml}\nOr learn the last answer of each conversation alone:   "
                    "chat: {learn: last}",
                    "chat.template",
                )
            self.warn(f"{count} of {len(rows)} {self.split} conversations were left out: {why}.", "")
        return replace(template.tokens(written), rows=kept)

    def _take_answers(
        self, learnt: Sequence[np.ndarray], template: Template, tokenizer: PreTrainedTokenizerBase
    ) -> None:
        longest = [_longest_run(mask) for mask in learnt]
        self._answer_tokens = math.ceil(float(np.percentile(longest, 99)) / 8) * 8
        count, total = sum(int(mask.sum()) for mask in learnt), sum(map(len, learnt))
        what = {"assistant": "what the assistant says", "last": "the last answer of each conversation", "all": "all"}
        end = ", ".join(map(repr, tokenizer.convert_ids_to_tokens(template.stop_tokens)))
        note = f"Learnt: {count:,} of {total:,} tokens ({count / total:.0%}), {what[self.spec.chat.learn]}"
        self.notes.append(f"{note}, and {end} at its end." if end else f"{note}.")

    def collator(self, tokenizer: PreTrainedTokenizerBase) -> Collate:
        """Returns a collator that pads on the right, whatever side the tokenizer pads for generation."""
        pad: Any = tokenizer.pad_token_id
        return lambda rows: padded(rows, pad or 0, self.pad_to_multiple_of)

    # Evaluation

    def samples(self, outputs: Any, features: Features, model: Any, tokenizer: PreTrainedTokenizerBase) -> list[Sample]:
        """Returns the replies to `generate.prompts`."""
        prompts = self.spec.generate.prompts or []
        asked = [[{"role": "user", "content": self.preprocess(p) if self.preprocess else p}] for p in prompts]
        replies = write_replies(model, tokenizer, [(messages, []) for messages in asked], self.spec)
        return [Sample(prompt, reply.text) for prompt, reply in zip(prompts, replies, strict=True)]


def _told_of_equal(rows: Dataset, split: str) -> str:
    pairs = {name: cells(rows, name) for name in rows.column_names if name.lower() in ("chosen", "rejected")}
    equal = equal_pairs(pairs)
    what = f"In {len(equal)} of {len(rows)} {split} rows both answers are the same, which prefers neither."
    return f"{what} {first_of(equal)}" if equal else ""


def refuse_silent(model: Model) -> None:
    """Raises ModelError for a model that does not write text from left to right."""
    config = read_config(model)
    kind = str(config.model_type)
    is_encoder = kind in MODEL_FOR_MASKED_LM_MAPPING_NAMES and not getattr(config, "is_decoder", False)
    if kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and not is_encoder and not config.is_encoder_decoder:
        return
    raise ModelError(
        f"{model} is a {kind} model, which does not write text word by word: it can't learn to chat.",
        "Choose a causal language model, as those of the kinds llama, qwen3, gpt2 or gemma3_text.",
        "model",
    )


def _longest_run(mask: np.ndarray) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _nothing_to_learn(rows: Dataset, template: Template, encoded: Encoded, limit: int) -> tuple[str, str]:
    """Returns what is wrong and what to do where no row has a token to learn, with the first row as an example."""
    text, spans = template.write(json.loads(rows["messages"][0]), json.loads(rows["tools"][0]))
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} ..."
    if any(mask.any() for mask in encoded.learnt):
        first = min(int(mask.argmax()) for mask in encoded.learnt if mask.any()) + 1
        what = f"Cut at {limit} tokens, no row holds a token to learn: the assistant speaks from token {first} on."
        return what, f"Raise data.max_tokens, or shorten what comes before. The first row:\n{shown}"
    marked = "marks nothing as the assistant's" if not spans else "marks only what is not learnt"
    return f"No row holds a token to learn: the chat template {marked}.", f"The first row, as it is written:\n{shown}"
