"""What a chat model says to each row: it writes the last answer anew, after what was said before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from datasets import Dataset

from nbft.data.rows import cells
from nbft.inference.chat import Asked, prompt_tokens, write_replies
from nbft.tasks.base import Task
from nbft.tasks.by_row import ByRow

AT_ONCE = 16
"""Conversations that are answered together; those of like length are."""


def with_replies(
    answers: ByRow, task: Task, rows: Dataset, model: Any, tokenizer: Any, heard: Callable[[int, int], None]
) -> tuple[ByRow, str]:
    """Returns the answers with what the model writes, row by row, and a note on rows that leave it no room."""
    asked, wanted = _conversations(rows)
    lengths = [len(prompt_tokens(tokenizer, messages, tools)) for messages, tools in asked]
    limit = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    order = sorted(range(len(asked)), key=lengths.__getitem__)
    fitting = [i for i in order if limit is None or lengths[i] < limit]
    said = [""] * len(asked)
    for start in range(0, len(fitting), AT_ONCE):
        part = fitting[start : start + AT_ONCE]
        for i, reply in zip(
            part, write_replies(model, tokenizer, [asked[i] for i in part], task.spec, AT_ONCE), strict=True
        ):
            said[i] = reply.text
        heard(start + len(part), len(fitting))
    left = len(asked) - len(fitting)
    note = f"{left} of {len(asked)} conversations leave the model no room for an answer: it says nothing there."
    return replace(answers, said=said, wanted=wanted), note if left else ""


def _conversations(rows: Dataset) -> tuple[list[Asked], list[str]]:
    """Returns what was said before each last answer, with the tools there are, and the answers."""
    asked: list[Asked] = []
    wanted: list[str] = []
    for messages, tools in zip(cells(rows, "messages"), cells(rows, "tools"), strict=True):
        *before, last = json.loads(messages)
        asked.append((before, json.loads(tools)))
        wanted.append(str(last["content"]).strip())
    return asked, wanted


def of_all_rows(answers: ByRow, example_of: list[int], total: int) -> ByRow:
    """Returns the sums of all rows: those that hold nothing to learn add nothing."""
    sums = np.zeros((total, answers.predictions.shape[1]))
    sums[sorted(example_of)] = answers.predictions
    return replace(answers, predictions=sums)
