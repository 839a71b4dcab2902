"""Tasks: what a model can learn to do. One file each; TASKS is the table."""

from __future__ import annotations

from nbft.tasks.base import Task
from nbft.tasks.chat import Chat
from nbft.tasks.fill_mask import FillMask
from nbft.tasks.question_answering import QuestionAnswering
from nbft.tasks.summarization import Summarization
from nbft.tasks.text_classification import TextClassification
from nbft.tasks.text_generation import TextGeneration
from nbft.tasks.token_classification import TokenClassification
from nbft.tasks.translation import Translation

TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (
        TextClassification,
        TokenClassification,
        QuestionAnswering,
        Translation,
        Summarization,
        Chat,
        TextGeneration,
        FillMask,
    )
}
