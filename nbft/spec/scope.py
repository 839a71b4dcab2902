"""Which keys are of which tasks: elsewhere they are refused, and completion doesn't offer them."""

from __future__ import annotations

from typing import get_args

from nbft.spec.sections import TaskName

TASK_NAMES: tuple[str, ...] = get_args(TaskName)
_ENCODER_DECODER = ("translation", "summarization")
_WRITING = (*_ENCODER_DECODER, "text-generation", "chat")
_SCOPE: dict[str, tuple[str, ...]] = {
    "classification": ("text-classification",),
    "question_answering": ("question-answering",),
    "translation": ("translation",),
    "generate": _WRITING,
    "generate.prompts": ("text-generation", "chat"),
    "chat": ("chat",),
    "fill_mask": ("fill-mask",),
    "data.labels": ("text-classification", "token-classification"),
    "data.prompt": _ENCODER_DECODER,
    "data.max_target_tokens": _ENCODER_DECODER,
    "data.columns.text": (
        "text-classification",
        "token-classification",
        "summarization",
        "text-generation",
        "fill-mask",
    ),
    "data.columns.text_pair": ("text-classification",),
    "data.columns.label": ("text-classification", "chat"),
    "data.columns.tokens": ("token-classification",),
    "data.columns.tags": ("token-classification",),
    "data.columns.question": ("question-answering",),
    "data.columns.context": ("question-answering",),
    "data.columns.answers": ("question-answering",),
    "data.columns.source": ("translation",),
    "data.columns.target": ("translation",),
    "data.columns.summary": ("summarization",),
    "data.columns.messages": ("chat",),
    "data.columns.prompt": ("chat",),
    "data.columns.completion": ("chat",),
    "data.columns.input": ("chat",),
    "data.columns.system": ("chat",),
    "data.columns.tools": ("chat",),
}


def tasks_of(*path: str) -> tuple[str, ...]:
    """Returns the tasks that read the key at a path; all of them for most keys."""
    found = [_SCOPE.get(".".join(path[:length])) for length in range(len(path), 0, -1)]
    return next((tasks for tasks in found if tasks), TASK_NAMES)


def is_read(task: str | None, *path: str) -> bool:
    """Returns whether the task reads the key; where the task is not known, whether some task does."""
    return task is None or task in tasks_of(*path)


def scoped() -> list[tuple[str, ...]]:
    """Returns the paths of the keys that only some tasks read."""
    return [tuple(name.split(".")) for name in _SCOPE]
