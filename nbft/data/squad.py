"""Nested question-answering JSON, as SQuAD is downloaded: articles of paragraphs of questions -> a row a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbft.errors import DataError

Rows = list[dict[str, Any]]


def is_nested(data: Any) -> bool:
    """Returns whether the JSON holds articles with `paragraphs`, or paragraphs with `qas`, bare or under `data`."""
    articles = data.get("data") if isinstance(data, Mapping) and "data" in data else data
    first = articles[0] if isinstance(articles, Sequence) and articles else articles
    return isinstance(first, Mapping) and bool({"paragraphs", "qas"} & first.keys())


def flatten(data: Any, name: str) -> tuple[Rows, str]:
    """Returns rows of id, title, context, question and answers, and a note; raises DataError at the place of a fault.

    A question that is marked `is_impossible` has no answers, whatever is plausible.
    """
    articles = data["data"] if isinstance(data, Mapping) and "data" in data else data
    articles = [articles] if isinstance(articles, Mapping) else articles
    rows = [row for number, article in enumerate(articles, 1) for row in _article(article, f"{name}, item {number}")]
    if not rows:
        raise DataError(f"{name} holds no question.", "Its paragraphs' `qas` are empty.")
    contexts = len({row["context"] for row in rows})
    note = f"{name} is nested as SQuAD's files are: {len(rows)} questions on {contexts} contexts."
    empty = sum(not row["answers"]["text"] for row in rows)
    return rows, f"{note[:-1]}, {empty} without an answer." if empty else note


def _article(article: Any, where: str) -> Iterator[dict[str, Any]]:
    if not isinstance(article, Mapping) or not {"paragraphs", "qas"} & article.keys():
        raise DataError(f"{where}: `paragraphs` are missing.", "Each item holds paragraphs of a context and its qas.")
    title = str(article.get("title") or "")
    paragraphs = [article] if "qas" in article else _list(article, "paragraphs", where)
    for number, paragraph in enumerate(paragraphs, 1):
        place = where if "qas" in article else f"{where}, paragraph {number}"
        if not isinstance(paragraph, Mapping) or not isinstance(paragraph.get("context"), str):
            raise DataError(f"{place}: its `context` is missing.", "A paragraph holds a context and its qas.")
        for asked, question in enumerate(_list(paragraph, "qas", place), 1):
            yield _row(question, f"{place}, question {asked}", title, paragraph["context"])


def _list(holder: Mapping[str, Any], key: str, where: str) -> list[Any]:
    found = holder.get(key)
    if not isinstance(found, list):
        raise DataError(f"{where}: `{key}` is no list.", f"It holds {type(found).__name__}.")
    return found


def _row(question: Any, where: str, title: str, context: str) -> dict[str, Any]:
    if not isinstance(question, Mapping) or not isinstance(question.get("question"), str):
        raise DataError(f"{where}: its `question` is missing.", "Each of qas holds a question and its answers.")
    is_impossible = question.get("is_impossible") is True
    if not is_impossible and "answers" not in question:
        raise DataError(f"{where}: its `answers` are missing.", "An empty list says that the context holds no answer.")
    answers = [] if is_impossible else question["answers"] or []
    answers = [answers] if isinstance(answers, Mapping | str) else answers
    if not all(isinstance(answer, str) or (isinstance(answer, Mapping) and "text" in answer) for answer in answers):
        raise DataError(f"{where}: an answer has no `text`.", "An answer is {text, answer_start}.")
    pairs = [(a, None) if isinstance(a, str) else (str(a["text"] or ""), a.get("answer_start")) for a in answers]
    return {
        "id": str(question.get("id") or ""),
        "title": title,
        "context": context,
        "question": question["question"],
        "answers": {"text": [text for text, _ in pairs], "answer_start": [start for _, start in pairs]},
    }
