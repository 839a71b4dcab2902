"""Rows of questions as people have them -> question, context, answers, and where in the context one of them stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datasets import Dataset, Features, List, Value

from nbft.data.answers import find_answer, read_answers
from nbft.data.columns import Role, recognise
from nbft.data.rows import NothingLeft, each, first_of
from nbft.errors import DataError

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


@dataclass(frozen=True)
class AnsweredRows:
    """Rows of question, context, answers, start and end, and what is to be told of them."""

    rows: Dataset
    notes: list[str]
    left_out: dict[str, list[int]]
    """Rows of the source, from 0, that can't be used, by the reason."""
    warnings: list[tuple[str, str]]


@dataclass
class _Count:
    """Row numbers, from 0, of what was found wrong."""

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
    preprocess: Callable[[str], str] | None,
) -> AnsweredRows:
    """Returns rows of question, context, answers, start and end.

    start and end are -1 for a question without answer and, outside of training, for one whose answer is nowhere in its
    context. Raises DataError where a column is missing, or no answer of the split is found in any context.
    """
    columns, notes = recognise(rows, {role.name: given.get(role.name) for role in ROLES}, ROLES)
    count, kept = _Count(), []
    for number, row in enumerate(_raw(rows, columns)):
        answers = _answers(row, number + 1, columns["answers"])
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
    if count.guessed:
        notes = [*notes, _guessed(split, count.guessed)]
    left_out = {"have no question or no context": count.incomplete}
    if split == "train":
        left_out["have an answer that is nowhere in their context"] = count.nowhere
    found = Dataset.from_list(kept, features=_SCHEMA)
    return AnsweredRows(found, notes, left_out, _warnings(len(rows), split, count))


def _raw(rows: Dataset, columns: Mapping[str, str]) -> Any:
    """Yields the rows under the names of their roles."""
    named = {**columns, **{name: name for name in _BESIDE if name in rows.column_names}}
    for row in each(rows.select_columns(list(dict.fromkeys(named.values())))):
        yield {role: row[column] for role, column in named.items()}


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
        raise NothingLeft(f"No row of the {split} data has both question and context.", "", f"data.{split}")
    if count.placed or split != "train":
        return
    if count.nowhere:
        raise NothingLeft(
            f"No answer is found in any context: of {len(count.nowhere)} answers none stands in its own.",
            "An answer must be a stretch of its context, letter by letter. Is data.columns.context the right column?",
            "data.columns",
        )
    raise NothingLeft(
        f"No training row has an answer: of {kept} questions there is nothing to learn.",
        "Is data.columns.answers the right column?",
        "data.columns",
    )


def _warnings(total: int, split: str, count: _Count) -> list[tuple[str, str]]:
    """Returns what is amiss with rows that stay."""
    said = [
        (
            count.moved,
            "have an answer_start where the answer does not stand: the nearest place where it does was taken.",
        )
    ]
    if split != "train":
        said.append((count.nowhere, "have an answer that is nowhere in their context, and are scored all the same."))
    return [(f"{len(rows)} of {total} {split} rows {what}", first_of(rows)) for rows, what in said if rows]


def _guessed(split: str, rows: int) -> str:
    return f"The data does not say where answers stand: the first place was taken. In {rows} {split} rows there are several."


def changed_rows(batch: Mapping[str, list[Any]], change: Callable[[str], str]) -> dict[str, list[Any]]:
    """Returns a batch of the rows with their texts changed; a row whose answer would be lost stays as it was."""
    made = {name: list(values) for name, values in batch.items()}
    for i, (question, context) in enumerate(zip(batch["question"], batch["context"], strict=True)):
        texts, answers = [change(question), change(context)], [change(text) for text in batch["answers"][i]]
        start = end = -1
        if batch["start"][i] >= 0:
            answer = change(context[batch["start"][i] : batch["end"][i]])
            near = round(batch["start"][i] * len(texts[1]) / max(len(context), 1))
            place = find_answer(texts[1], answer, near) if answer.strip() else None
            if place is None:
                continue
            start, end = place.start, place.end
        if all(text.strip() for text in texts):
            made["question"][i], made["context"][i], made["answers"][i] = *texts, answers
            made["start"][i], made["end"][i] = start, end
    return made
