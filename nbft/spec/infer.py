"""Column names, what the spec says, and the model's kind -> the task, where they leave one choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbft.spec.guess import listed
from nbft.spec.languages import language_of
from nbft.spec.model_kinds import ANSWERS, READS, WRITES, ModelKind
from nbft.spec.scope import TASK_NAMES, scoped, tasks_of
from nbft.spec.sections import RunSpec, Section

_TEXTS = ("text", "document", "article", "dialogue", "content", "body", "report", "paper", "sentence", "review")
_LABELS = (
    *("label", "labels", "class", "category", "target", "sentiment", "stars", "rating", "score", "intent", "topic"),
    *("y", "v1"),
)
_TAGS = ("tags", "ner_tags", "pos_tags", "chunk_tags", "ner", "upos", "labels")
_CLEAR: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("question-answering", ("question", "context"), ("answers", "answer", "answer_text")),
    ("token-classification", ("tokens",), _TAGS),
    ("token-classification", ("words",), _TAGS),
    ("token-classification", ("text",), ("entities", "spans")),
    ("chat", (), ("messages", "conversations", "conversation")),
    ("chat", ("instruction",), ("output", "response")),
    ("chat", ("prompt",), ("completion", "response")),
    ("chat", ("chosen", "rejected"), ()),
    ("translation", ("translation",), ()),
    ("translation", ("source", "target"), ()),
    ("translation", ("src", "tgt"), ()),
)
"""(task, columns that must all be there, columns of which one must be): no other task has these."""
_LIKELY: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    *(("summarization", (text,), ("summary", "highlights", "abstract", "tldr")) for text in _TEXTS),
    ("text-classification", (), _LABELS),
)
"""The same, asked where nothing is clear; several of them may fit."""
_BESIDES = (
    *("id", "idx", "index", "url", "title", "timestamp", "date", "meta", "metadata", "lang", "language"),
    *("attribution", "licence", "license", "unnamed"),
)
"""Columns that stand beside a text in data of any task."""
_WORDS_OF_THEIR_OWN = ("id", "no", "is", "it", "my")
"""Codes of languages that are called otherwise more often."""
_TEXT_ALONE = "the data is text alone"
_DOES = {READS: "reads both ways", WRITES: "writes", ANSWERS: "fills in what is masked"}


@dataclass(frozen=True)
class Guess:
    """The one task that fits, and why, in words."""

    task: str
    reason: str


@dataclass(frozen=True)
class Doubt:
    """Why the task can't be told, and those that fit where several do."""

    what: str
    tasks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"which task this is can't be told: {self.what}."

    def fix(self, columns: Sequence[str]) -> str:
        """Returns what to write."""
        lines = [f"Say it, as in   task: {(*self.tasks, TASK_NAMES[0])[0]}"]
        lines += [] if self.tasks else [f"The tasks: {', '.join(TASK_NAMES)}."]
        lines += [f"The columns: {listed(columns)}."] if columns else []
        return "\n".join(lines)


def given_keys(spec: RunSpec) -> list[tuple[str, ...]]:
    """Returns the keys that the spec gives and that only some tasks read."""
    return [path for path in scoped() if _is_given(spec, path)]


def _is_given(spec: RunSpec, path: tuple[str, ...]) -> bool:
    section: Section = spec
    for name in path[:-1]:
        section = getattr(section, name)
    return getattr(section, path[-1]) != type(section).model_fields[path[-1]].default


def tasks_left(given: Sequence[tuple[str, ...]]) -> list[str]:
    """Returns the tasks that read all of these keys."""
    return [task for task in TASK_NAMES if all(task in tasks_of(*path) for path in given)]


def guess_task(columns: Sequence[str], given: Sequence[tuple[str, ...]], kind: ModelKind) -> Guess | Doubt:
    """Returns the task that columns and model leave, or why none or several fit.

    `given` is what `given_keys` found. Without columns the given keys may still tell.
    """
    left = tasks_left(given)
    if len(left) == 1:
        telling = min(given, key=lambda path: len(tasks_of(*path)))
        return Guess(left[0], f"the spec gives {_called(telling)}")
    seen = _by_columns(columns)
    fitting = {task: reason for task, reason in seen.items() if task in left} or (seen if len(seen) == 1 else {})
    fitting = {task: reason for task, reason in fitting.items() if not kind.lacks(task)} or fitting
    if len(fitting) == 1:
        ((task, reason),) = fitting.items()
        is_by_model = reason == _TEXT_ALONE and kind.family
        return Guess(task, f"{reason}, and the model {_DOES[kind.family]}" if is_by_model else reason)
    if fitting:
        several = [f"{task} ({reason})" for task, reason in fitting.items()]
        return Doubt(f"several fit, {_joined(several)}", tuple(fitting))
    if not left:
        torn = [f"{_called(path)} belongs to {_joined(tasks_of(*path), 'or')}" for path in given]
        return Doubt(_joined(torn))
    return Doubt("no columns are there that only one task has")


def _by_columns(columns: Sequence[str]) -> dict[str, str]:
    """Returns the tasks that such columns are for, each with the reason."""
    names = {column.strip().lower() for column in columns}
    languages = [name for name in columns if language_of(name) and name.lower() not in _WORDS_OF_THEIR_OWN]
    found = dict(_seen(names, _CLEAR))
    if len(languages) >= 2 and not names & set(_LABELS):
        found.setdefault("translation", f"the data has columns of languages, {_joined(languages)}")
    if not found and len(names) > 1:
        found = dict(_seen(names, _LIKELY))
    return found or _of_text_alone(names)


def _seen(names: set[str], signs: Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> Iterable[tuple[str, str]]:
    for task, needed, one_of in signs:
        there = [name for name in one_of if name in names]
        if names.issuperset(needed) and (there or not one_of):
            seen = [*needed, *there[:1]]
            yield task, f"the data has {'columns' if len(seen) > 1 else 'a column'} {_joined(seen)}"


def _of_text_alone(names: set[str]) -> dict[str, str]:
    rest = {name for name in names if name not in _BESIDES and not name.startswith(("unnamed:", "__index"))}
    if len(rest or names) != 1:
        return {}
    return dict.fromkeys(("text-generation", "fill-mask"), _TEXT_ALONE)


def _called(path: tuple[str, ...]) -> str:
    return f"a column for {path[-1]}" if path[:2] == ("data", "columns") else ".".join(path)


def _joined(words: Sequence[str], by: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {by} {words[-1]}"
