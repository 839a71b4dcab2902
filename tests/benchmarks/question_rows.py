"""The rows and trivial baselines behind the figures of question answering.

    python -m tests.benchmarks.question_rows unanswerable TRAIN.parquet OUT.jsonl
    python -m tests.benchmarks.question_rows articles XQUAD.jsonl TRAIN.jsonl TEST.jsonl
    python -m tests.benchmarks.question_rows baselines TEST

`unanswerable` takes the 3,000 questions of shortest context and puts 900 of them, drawn by seed, to another context of their
article that holds none of their answers. `articles` holds out the last 12 articles. `baselines` scores answers without a model.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from nbft.data.squad import flatten, is_nested
from nbft.metrics.answers import characters, is_by_character, score_answer, words

SHORTEST, UNANSWERABLE, HELD_OUT = 3_000, 900, 12
Row = dict[str, Any]


def read(file: Path) -> list[Row]:
    """Reads parquet, jsonl, or nested SQuAD JSON."""
    if file.suffix == ".parquet":
        return json.loads(str(pd.read_parquet(file).to_json(orient="records")))
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json" and is_nested(json.loads(text)):
        return flatten(json.loads(text), file.name)[0]
    return [json.loads(line) for line in text.splitlines()]


def write(rows: list[Row], file: Path) -> None:
    """Writes jsonl and says how many rows."""
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{file}: {len(rows)} rows, {sum(not row['answers']['text'] for row in rows)} without an answer")


def unanswerable(rows: list[Row], seed: int = 42) -> list[Row]:
    """Returns the rows of shortest context, some of which ask what another context of the article tells."""
    drawn = random.Random(seed)
    rows = sorted(rows, key=lambda row: len(row["context"]))[:SHORTEST]
    contexts: dict[str, list[str]] = {}
    for row in rows:
        contexts.setdefault(row["title"], []).append(row["context"])
    for number in drawn.sample(range(len(rows)), UNANSWERABLE):
        row, texts = rows[number], [text.lower() for text in rows[number]["answers"]["text"]]
        others = {other for other in contexts[row["title"]] if not any(text in other.lower() for text in texts)}
        if others:
            chosen = drawn.choice(sorted(others))
            rows[number] = {**row, "context": chosen, "answers": {"text": [], "answer_start": []}}
    return rows


def by_article(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Returns the rows of all articles but the last ones, and the rows of those."""
    titles = list(dict.fromkeys(row["title"] for row in rows))
    held_out = set(titles[-HELD_OUT:])
    return [row for row in rows if row["title"] not in held_out], [row for row in rows if row["title"] in held_out]


def sentences(context: str) -> list[str]:
    """Returns the context cut after full stops, of Chinese too."""
    marked = context
    for stop in (". ", "! ", "? ", "。", "！", "？"):
        marked = marked.replace(stop, stop + "\0")
    return [part.strip() for part in marked.split("\0") if part.strip()]


def nearest_sentence(row: Row) -> str:
    """Returns the sentence that shares most words (Chinese: characters) with the question."""
    cut = characters if is_by_character([row["question"]]) else words
    asked = set(cut(row["question"]))
    return max(sentences(row["context"]), key=lambda sentence: len(asked & set(cut(sentence))))


def random_words(row: Row) -> str:
    """Returns a stretch of one to five words."""
    drawn, parts = random.Random(row["id"]), row["context"].split()
    start = drawn.randrange(len(parts))
    return " ".join(parts[start : start + drawn.randint(1, 5)])


BASELINES: dict[str, Callable[[Row], str]] = {
    "sentence that shares most words": nearest_sentence,
    "first sentence": lambda row: sentences(row["context"])[0],
    "random words": random_words,
    "whole context": lambda row: row["context"],
    "never an answer": lambda _: "",
}


def print_baselines(rows: list[Row]) -> None:
    """Prints f1 and exact_match of each answer that needs no model, by the rules of nbft's own metrics."""
    wanted = [row["answers"]["text"] for row in rows]
    by_character = is_by_character([text for texts in wanted for text in texts])
    print(f"{len(rows)} questions, {'by character' if by_character else 'by word'}\n{'':34}{'f1':>8}{'exact':>8}")
    for name, answer in BASELINES.items():
        scores = [
            score_answer(answer(row), texts or [""], by_character) for row, texts in zip(rows, wanted, strict=True)
        ]
        exact, f1 = (sum(values) / len(values) for values in zip(*scores, strict=True))
        print(f"{name:34}{f1:>8.3f}{exact:>8.3f}")


def main() -> None:
    """Makes rows, or prints baselines."""
    match [sys.argv[1:2], [Path(name) for name in sys.argv[2:]]]:
        case [["unanswerable"], [source, out]]:
            write(unanswerable(read(source)), out)
        case [["articles"], [source, train, test]]:
            for rows, file in zip(by_article(read(source)), (train, test), strict=True):
                write(rows, file)
        case [["baselines"], [source]]:
            print_baselines(read(source))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
