"""A tiny chat model and conversations that it can learn by heart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerBase

from nbft.spec.sections import RunSpec
from nbft.tasks.chat import Chat
from nbft.tasks.tokenizers import learn_tokenizer

CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "é": "two"}}}
TOOLS = [{"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}}]
LONG: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "What is one and two?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "3"},
    {"role": "assistant", "content": "It is three."},
    {"role": "user", "content": "Thanks, 谢谢!"},
    {"role": "assistant", "content": "You are welcome."},
]
"""Everything that a conversation may hold."""
ANSWERS = {
    "red": "apples are red",
    "blue": "the sea is blue",
    "green": "leaves are green and so is the grass",
    "white": "snow",
    "black": "coal is black",
    "grey": "some clouds are grey",
    "brown": "bread is brown",
    "pink": "some flowers are pink",
}


class Said(list):
    """Collects the warnings of a task."""

    def __call__(self, message: str, fix: str = "") -> None:
        self.append(message)


def chat(question: str, answer: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def conversations(times: int = 1) -> list[dict[str, Any]]:
    return [{"messages": chat(f"What is {colour}?", answer)} for colour, answer in ANSWERS.items()] * times


def save_model(folder: Path) -> Path:
    """Saves a llama of random weights, 2 layers of 32, whose tokenizer has no chat template."""
    spec = RunSpec.model_validate(
        {
            "model": {"from_scratch": {"model_type": "llama"}},
            "task": "chat",
            "data": {"train": "x.jsonl"},
            "tokenizer": {"train": "bpe", "vocabulary": 400},
        }
    )
    texts = [text for row in conversations() for text in (message["content"] for message in row["messages"])]
    tokenizer: Any = learn_tokenizer(texts, spec)
    tokenizer.model_max_length = 256
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def task_for(model: Path, said: Said | None = None, **spec: Any) -> Chat:
    given = {"model": str(model), "task": "chat", "data": {"train": "x.jsonl"}, **spec}
    return Chat(RunSpec.model_validate(given), said if said is not None else Said())


def rows_of(task: Chat, messages: list[list[dict[str, Any]]]) -> Dataset:
    table = {"messages": [json.dumps(m) for m in messages], "tools": ["[]"] * len(messages)}
    return task.standardise(Dataset.from_dict(table), "train")


def learnt_texts(row: Any, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Returns the stretches of a feature that are learnt, as text."""
    found, run = [], []
    for label in [*row["labels"], -100]:
        if label != -100:
            run.append(label)
        elif run:
            found.append(tokenizer.decode(run))
            run = []
    return found
