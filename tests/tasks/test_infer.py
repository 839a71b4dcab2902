"""The worker sees the task in the real columns and config, and refuses a model without the head that the task needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbft.errors import DataError, ModelError
from nbft.spec.load import load_spec
from nbft.spec.sections import RunSpec
from nbft.spec.types import TEMPLATES
from nbft.tasks.chat_templates import STYLES
from nbft.tasks.infer import task_of


def spec_of(kind: str, task: str | None = None, **settings: object) -> RunSpec:
    model = {"from_scratch": {"model_type": kind, **settings}}
    return RunSpec.model_validate({"model": model, "task": task, "data": {"train": "imdb"}})


def test_a_task_that_is_named_is_taken_without_a_word():
    assert task_of(spec_of("bert", "fill-mask"), ["text", "label"]) == ("fill-mask", "")


def test_a_task_that_is_seen_is_said_with_its_reason(tiny_model: Path):
    spec = load_spec({"model": str(tiny_model), "data": {"train": "imdb"}})
    assert task_of(spec, ["text", "label"]) == (
        "text-classification",
        "The task is text-classification: the data has a column label.",
    )
    assert task_of(spec, ["text"])[0] == "fill-mask"
    assert task_of(spec_of("gpt2"), ["text"])[0] == "text-generation"


def test_columns_that_leave_several_tasks_are_refused_with_their_names():
    with pytest.raises(DataError, match=r"several fit, text-generation .* and fill-mask") as caught:
        task_of(spec_of("t5"), ["text"])
    assert caught.value.path == "task"
    assert "The columns: text." in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "task", "reason"),
    [
        ("bert", "text-generation", "can't write it"),
        ("bert", "chat", "can't write it"),
        ("roberta", "translation", "can't write it"),
        ("t5", "chat", "only in answer to a source text"),
        ("gpt2", "fill-mask", "never made to guess a word"),
        ("t5", "fill-mask", "never made to guess a word"),
        ("marian", "text-classification", "no head for text-classification"),
        ("bart", "token-classification", "no head for token-classification"),
        ("vit", "question-answering", "no head for question-answering"),
    ],
)
def test_a_model_without_the_head_is_refused(kind, task, reason):
    with pytest.raises(ModelError, match=reason) as caught:
        task_of(spec_of(kind, task), ["text"])
    assert caught.value.path == "model"


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("gpt2", "text-classification"),
        ("gpt2", "translation"),
        ("t5", "question-answering"),
        ("marian", "translation"),
        ("bart", "fill-mask"),
        ("llama", "chat"),
        ("distilbert", "token-classification"),
    ],
)
def test_a_model_that_has_the_head_is_taken(kind, task):
    assert task_of(spec_of(kind, task), [])[0] == task


def test_the_spec_knows_the_templates_that_the_worker_has():
    assert set(TEMPLATES) == set(STYLES)
