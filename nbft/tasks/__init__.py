"""Tasks: what a model can learn to do. One file each; TASKS is the table."""

from __future__ import annotations

from nbft.tasks.base import Task
from nbft.tasks.text_classification import TextClassification

TASKS: dict[str, type[Task]] = {task.name: task for task in (TextClassification,)}
