"""Questions that a tiny model can learn to answer, and what a task needs before it is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from nbft.inference.question_answering import null_scores, window_logits
from nbft.spec.sections import RunSpec
from nbft.tasks.question_answering import QuestionAnswering
from nbft.tasks.tokenizers import named_tokenizer
from tests.conftest import BAD, FILLER, GOOD

WORDS = (*GOOD, *BAD, *FILLER)
ASKED = ("the film", "the food", "the room", "the day")


class Said(list):
    """Collects the warnings of a task."""

    def __call__(self, message: str, fix: str = "") -> None:
        self.append(message)


def row(i: int, chance: np.random.Generator, filler: int = 4) -> dict[str, Any]:
    """A context in which each of four things has a quality of its own; the question asks for one of them."""
    things = chance.permutation(4)
    parts = [f"{ASKED[t]} was {(*GOOD, *BAD)[chance.integers(10)]}" for t in things]
    context = " and ".join(parts) + " " + " ".join(chance.choice(FILLER, size=filler))
    asked = int(chance.integers(4))
    part = next(part for part in parts if part.startswith(ASKED[asked]))
    answer = part.rsplit(" ", 1)[1]
    start = context.index(part) + len(part) - len(answer)
    return {
        "id": str(i),
        "question": f"was {ASKED[asked]} great",
        "context": context,
        "answers": {"text": [answer], "answer_start": [start]},
    }


def rows(count: int, seed: int = 0, filler: int = 4) -> list[dict[str, Any]]:
    chance = np.random.default_rng(seed)
    return [row(i, chance, filler) for i in range(count)]


def without_answer(some: dict[str, Any]) -> dict[str, Any]:
    return {**some, "question": "was it great", "answers": {"text": [], "answer_start": []}}


def task_for(folder: Path | str, said: Said | None = None, **settings: Any) -> QuestionAnswering:
    spec = {"model": str(folder), "task": "question-answering", "data": {"train": "x.json"}, **settings}
    return QuestionAnswering(RunSpec.model_validate(spec), said if said is not None else Said())


def table(*some: dict[str, Any]) -> Dataset:
    return Dataset.from_list(list(some))


def ready(model: Path, some: list[dict[str, Any]], **settings: Any) -> tuple[QuestionAnswering, Dataset, Any]:
    task, tokenizer = task_for(model, **settings), named_tokenizer(str(model))
    standard = task.standardise(table(*some), "train")
    task.learn_labels(standard, {})
    task.prepare_tokenizer(tokenizer)
    return task, standard, tokenizer


def outputs_of(task: QuestionAnswering, model: Any, features: Any, tokenizer: Any) -> Any:
    """What the Trainer would hand to `score`."""
    batch = task.collator(tokenizer)(inputs_of(features))
    read = {name: value for name, value in batch.items() if name not in task.label_names}
    with torch.no_grad():
        logits = window_logits(model, read)
        null = null_scores(logits, batch["input_ids"], tokenizer.cls_token_id)
    return tuple(part.numpy() for part in task.reduce((logits[:, 0], logits[:, 1], null), None))


def inputs_of(features: Any) -> list[dict[str, Any]]:
    kept = features.rows.remove_columns(["first", "starts", "ends"])
    return [dict(one) for one in kept]


def loss_of(task: QuestionAnswering, model: Any, batch: dict[str, Any]) -> torch.Tensor:
    wanted = torch.stack([batch[name] for name in task.label_names], dim=1)
    logits = window_logits(model, {name: value for name, value in batch.items() if name not in task.label_names})
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten())


def written(folder: Path, name: str, some: list[dict[str, Any]]) -> str:
    (folder / name).write_text("\n".join(map(json.dumps, some)))
    return str(folder / name)
