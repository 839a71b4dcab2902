"""Rows of questions as people have them -> question, context, answers, and where in the context one of them stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datasets import Dataset, Features, List, Value

from nbft.data.answers import find_answer, read_answers
from nbft.data.columns import Role, recognise
from nbft.errors import DataError
from nbft.tasks.base import Warn

ROLES = (
    Role("question", ("question", "query")),
    Role("context", ("context", "passage", "paragraph", "document", "text")),
    Role("answers", ("answers", "answer", "answer_text")),
)
_BESIDE = ("answer_start", "answer_starts", "is_impossible")
"""Columns that say more of the answers, where they are there under these names."""
_SCHEMA = Features(
    {
        "question": Value("string"),
        "context": Value("string"),
        "answers": List(Value("string")),
        "start": Value("int64"),
        "end": Value("int64"),
    }
)
SHOWN_ROWS = 5


@dataclass
class _Count:
    """Row numbers, from 1, of what was found wrong."""

    incomplete: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    nowhere: list[int] = field(default_factory=list)
    guessed: int = 0
    """Rows whose answer stands in several places, and the data doesn't say in which."""
    placed: int = 0


def answered_rows(
    rows: Dataset,
    split: str,
    given: Mapping[str, str | None],
    warn: Warn,
    preprocess: Callable[[str], str] | None,
) -> tuple[Dataset, list[str]]:
    """Returns rows of question, context, answers, start and end, and notes.

    start and end are -1 for a question without answer and, outside of training, for one whose answer is nowhere in its
    context. Raises DataError where a column is missing, or no answer of the split is found in any context.
    """
    columns, notes = recognise(rows, {role.name: given.get(role.name) for role in ROLES}, ROLES)
    count, kept = _Count(), []
    for number, row in enumerate(_raw(rows, columns), 1):
        answers = _answers(row, number, columns["answers"])
        texts = {name: str(row[name] or "") for name in ("question", "context")}
        if preprocess:
            texts = {name: preprocess(text) if text else text for name, text in texts.items()}
            answers = [(preprocess(text), start) for text, start in answers]
        if not all(text.strip() for text in texts.values()):
            count.incomplete.append(number)
            continue
        start, end = _place(texts["context"], answers, number, count, is_said=preprocess is None)
        if answers and start < 0 and split == "train":
            continue
        question = texts["question"].strip()
        kept.append(
            {**texts, "question": question, "answers": [text for text, _ in answers], "start": start, "end": end}
        )
    _refuse(len(rows), len(kept), split, count)
    _report(len(rows), split, count, warn)
    if count.guessed:
        notes = [*notes, _guessed(split, count.guessed)]
    return Dataset.from_list(kept, features=_SCHEMA), notes


def _raw(rows: Dataset, columns: Mapping[str, str]) -> Any:
    """Yields the rows under the names of their roles."""
    named = {**columns, **{name: name for name in _BESIDE if name in rows.column_names}}
    for row in rows.select_columns(list(dict.fromkeys(named.values()))):
        yield {role: row[column] for role, column in named.items()}  # pyright: ignore[reportArgumentType, reportCallIssue] - rows are dicts


def _answers(row: Mapping[str, Any], number: int, column: str) -> list[tuple[str, int | None]]:
    if row.get("is_impossible") in (True, "True", "true", "1", 1):
        return []
    try:
        return read_answers(row["answers"], row.get("answer_start", row.get("answer_starts")))
    except ValueError as error:
        raise DataError(
            f"Row {number}: column {column!r} holds no answers: {error}.",
            "Answers are {text: [...], answer_start: [...]}, a list of {text, answer_start}, or a text.",
            "data.columns.answers",
        ) from None


def _place(
    context: str, answers: list[tuple[str, int | None]], number: int, count: _Count, *, is_said: bool
) -> tuple[int, int]:
    """Returns start and end of the first answer that is found, counting what is wrong; (-1, -1) where none is."""
    if not answers:
        return -1, -1
    for text, said in answers:
        place = find_answer(context, text, said)
        if place is not None:
            count.placed += 1
            if not place.is_as_said and is_said:
                count.moved.append(number)
            count.guessed += not place.is_only
            return place.start, place.end
    count.nowhere.append(number)
    return -1, -1


def _refuse(total: int, kept: int, split: str, count: _Count) -> None:
    if len(count.incomplete) == total:
        raise DataError(f"No row of the {split} data has both question and context.", "", f"data.{split}")
    if count.placed or split != "train":
        return
    if count.nowhere:
        raise DataError(
            f"No answer is found in any context: of {len(count.nowhere)} answers none stands in its own.",
            "An answer must be a stretch of its context, letter by letter. Is data.columns.context the right column?",
            "data.columns",
        )
    raise DataError(
        f"No training row has an answer: of {kept} questions there is nothing to learn.",
        "Is data.columns.answers the right column?",
        "data.columns",
    )


def _report(total: int, split: str, count: _Count, warn: Warn) -> None:
    def said(rows: list[int], what: str) -> None:
        if rows:
            warn(f"{len(rows)} of {total} {split} rows {what}", f"The first of them: row {_first(rows)}.")

    said(count.incomplete, "have no question or no context and were left out.")
    said(
        count.moved, "have an answer_start where the answer does not stand: the nearest place where it does was taken."
    )
    fate = "were left out" if split == "train" else "are scored all the same"
    said(count.nowhere, f"have an answer that is nowhere in their context, and {fate}.")


def _first(rows: list[int]) -> str:
    return ", ".join(map(str, rows[:SHOWN_ROWS]))


def _guessed(split: str, rows: int) -> str:
    return f"The data does not say where answers stand: the first place was taken. In {rows} {split} rows there are several."
