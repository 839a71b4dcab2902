"""Column names and the model's kind -> the task, where they leave one choice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Guess:
    """The one task that fits, and why, in words."""

    task: str
    reason: str


LABELS = ("label", "labels", "class", "category", "sentiment", "stars", "rating", "intent", "topic")
_SIGNS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("question-answering", ("question", "context", "answers"), ()),
    ("question-answering", ("question", "context", "answer"), ()),
    ("token-classification", ("tokens",), ("tags", "ner_tags", "pos_tags", "labels", "chunk_tags")),
    ("token-classification", ("words",), ("tags", "ner_tags", "pos_tags", "ner")),
    ("chat", (), ("messages", "conversations", "conversation", "dialog")),
    ("chat", ("instruction", "output"), ()),
    ("chat", ("instruction", "response"), ()),
    ("chat", ("prompt", "completion"), ()),
    ("chat", ("prompt", "response"), ()),
    ("translation", ("translation",), ()),
    ("translation", ("source", "target"), ()),
    ("summarization", (), ("summary", "highlights", "abstract")),
    ("text-classification", (), LABELS),
)
"""(task, columns that must all be there, columns of which one must be); the first that fits is taken."""
_ROLES = {
    "label": "text-classification",
    "tokens": "token-classification",
    "tags": "token-classification",
    "context": "question-answering",
    "answers": "question-answering",
    "source": "translation",
    "target": "translation",
    "summary": "summarization",
    "messages": "chat",
    "prompt": "chat",
    "completion": "chat",
}
"""What a key of `data.columns` says of the task."""
_MASKED = (
    "bert",
    "roberta",
    "distilbert",
    "albert",
    "electra",
    "deberta",
    "deberta-v2",
    "xlm-roberta",
    "modernbert",
    "camembert",
)


def guess_task(
    columns: Sequence[str], given: Mapping[str, str], heads: Collection[str], model_type: str
) -> Guess | str:
    """Returns the task that columns and model leave, or why none or several fit.

    `given` is what the spec says of columns; `heads` are the config's architectures (BertForMaskedLM).
    """
    named = {_ROLES[role] for role in given if role in _ROLES}
    if len(named) == 1:
        role = next(role for role in given if role in _ROLES)
        return Guess(named.pop(), f"data.columns names a column for {role}")
    names = {column.lower() for column in columns}
    for task, needed, one_of in _SIGNS:
        there = [name for name in one_of if name in names]
        if names.issuperset(needed) and (there or not one_of):
            seen = [*needed, *there[:1]]
            return Guess(task, f"the data has {'columns' if len(seen) > 1 else 'a column'} {' and '.join(seen)}")
    if len(columns) == 1:
        return _of_text_alone(heads, model_type)
    return "no columns are there that only one task has"


def _of_text_alone(heads: Collection[str], model_type: str) -> Guess | str:
    if any("CausalLM" in head or "LMHead" in head for head in heads):
        return Guess("text-generation", "the data is text alone, and the model writes")
    if model_type in _MASKED:
        return Guess("fill-mask", "the data is text alone, and the model reads both ways")
    return "the data is text alone, and what the model is made for isn't known"
