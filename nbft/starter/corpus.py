"""Unlabelled text for the starter encoder: read files, clean them, cut them into short segments."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

MARKUP = re.compile(r"<[^<>]{1,40}>")
SPACE = re.compile(r"\s+")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+")
WORD = re.compile(r"[a-z]{3,}")
# Most segments are a sentence or two, as in the tasks a first run tries; a few are long enough
# that the positions further out are trained too.
SEGMENT_WORDS = (12, 24, 24, 40, 80)


def read_corpus(sources: Iterable[str], seed: int) -> list[str]:
    """Cut `sources` ("FILE" or "FILE:column,column") into segments, without repeats, in a seeded order."""
    chance = random.Random(seed)
    segments = {segment: None for source in sources for text in read_texts(source) for segment in cut(text, chance)}
    ordered = list(segments)
    chance.shuffle(ordered)
    return ordered


def read_texts(source: str) -> Iterator[str]:
    """Read and clean the texts of one source; a column may be a path, as in `translation.en`."""
    path, columns = split_source(source)
    if path.suffix == ".txt":
        yield from (clean(block) for block in path.read_text(encoding="utf-8").split("\n\n"))
        return
    rows = read_rows(path)
    seen: set[str] = set()
    for column in columns:
        for row in rows:
            text = clean(str(field(row, column) or ""))
            if text and text not in seen:
                seen.add(text)
                yield text


def split_source(source: str) -> tuple[Path, list[str]]:
    """Split "FILE:a,b" into the file and its columns; a file without columns is a plain .txt."""
    name, colon, columns = source.rpartition(":")
    if colon and Path(name).suffix:
        return Path(name), columns.split(",")
    if Path(source).suffix != ".txt":
        raise ValueError(f"{source}: name the text columns, as in {Path(source).name}:text")
    return Path(source), []


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a csv, parquet, json (a list) or jsonl file."""
    match path.suffix:
        case ".csv":
            return pd.read_csv(path, keep_default_na=False).to_dict("records")
        case ".parquet":
            return pd.read_parquet(path).to_dict("records")
        case ".json":
            return json.loads(path.read_text(encoding="utf-8"))
        case ".jsonl":
            return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
        case other:
            raise ValueError(f"{path}: cannot read {other or 'a file without a suffix'}")


def field(row: dict[str, Any], column: str) -> Any:
    """Return the value at a dotted path."""
    value: Any = row
    for key in column.split("."):
        value = value[key]
    return value


def clean(text: str) -> str:
    """Return text without markup and with single spaces."""
    return SPACE.sub(" ", MARKUP.sub(" ", text)).strip()


def cut(text: str, chance: random.Random) -> Iterator[str]:
    """Pack whole sentences up to a length drawn anew for each segment; a longer sentence is cut."""
    pending: list[str] = []
    limit = chance.choice(SEGMENT_WORDS)
    for sentence in SENTENCE_END.split(text):
        words = sentence.split()
        if pending and len(pending) + len(words) > limit:
            yield " ".join(pending)
            pending, limit = [], chance.choice(SEGMENT_WORDS)
        pending += words
        while len(pending) > max(SEGMENT_WORDS):
            yield " ".join(pending[: max(SEGMENT_WORDS)])
            pending = pending[max(SEGMENT_WORDS) :]
    if pending:
        yield " ".join(pending)


def with_strange_words(segments: list[str], lexicon: list[str], rate: float, seed: int) -> list[str]:
    """Copy the short segments with a share of their words drawn from `lexicon`.

    The teacher knows many more words than the corpus holds; this shows them to the student in sentences.
    """
    chance = random.Random(seed)
    longest = sorted(SEGMENT_WORDS)[len(SEGMENT_WORDS) // 2] + 4

    def swap(word: str) -> str:
        return chance.choice(lexicon) if WORD.search(word) and chance.random() < rate else word

    split = (segment.split() for segment in segments)
    return [" ".join(map(swap, words)) for words in split if 4 <= len(words) <= longest]
