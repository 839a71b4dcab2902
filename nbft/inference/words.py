"""Words and their tokens: text -> words, words -> windows a model can read, in which each word is judged once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbft.errors import DataError

Place = tuple[int, int]
"""The first character of a word and the first after it."""

_OWN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and Han characters, each a word by itself: nothing in the text says where words of them end."""
_WORD = re.compile(rf"[{_OWN}]|[^\W{_OWN}]+|[^\w\s]")
_JOINERS = "\u200c\u200d"
SHARED = 4
"""Neighbouring windows share one token in so many."""


@dataclass(frozen=True)
class Window:
    """A stretch of a text, as the model reads it."""

    inputs: dict[str, list[int]]
    """`input_ids` (L,), and `token_type_ids` where the model wants them."""
    example: int
    """Which of the texts it belongs to."""
    words: dict[int, int]
    """{position: word} of the tokens by which words are judged: the first of each word, in one window alone."""


def words_of(text: str) -> list[Place]:
    """Returns where the words of a text are: runs of letters and digits, single signs, single Han or Kana characters."""
    places: list[Place] = []
    was_mark = False
    for match in _WORD.finditer(text):
        start, end = match.span()
        is_mark = unicodedata.category(text[start]).startswith("M") or text[start] in _JOINERS
        if places and places[-1][1] == start and (is_mark or was_mark):  # vowel signs stand inside of words
            places[-1] = (places[-1][0], end)
        else:
            places.append((start, end))
        was_mark = is_mark
    return places


def joined(words: Sequence[str]) -> tuple[str, list[Place]]:
    """Returns words as one text, a space between them, and the place of each."""
    places, at = [], 0
    for word in words:
        places.append((at, at + len(word)))
        at += len(word) + 1
    return " ".join(words), places


def lengths_of(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    """Returns the tokens of each text."""
    encoded = tokenizer(list(texts), truncation=False, verbose=False, return_attention_mask=False)
    return [len(ids) for ids in encoded["input_ids"]]


def windows(tokenizer: Any, texts: Sequence[str], places: Sequence[Sequence[Place]], limit: int) -> list[Window]:
    """Returns the windows of `limit` tokens at most, in the order of the texts; `places` are those of each text's words.

    A word that lies in two windows is judged in the one that shows more of what is around it. Raises DataError
    where the limit leaves no room.
    """
    room = limit - tokenizer.num_special_tokens_to_add()
    if room < 1:
        raise DataError(f"{limit} tokens leave no room for a word.", "128 is usual.", "data.max_tokens")
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=limit,
        stride=room // SHARED,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_attention_mask=False,
        verbose=False,
    )
    tokenizer.backend_tokenizer.no_truncation()  # it would be saved with the model
    of_text: dict[int, list[int]] = {}
    for window, text in enumerate(encoded["overflow_to_sample_mapping"]):
        of_text.setdefault(text, []).append(window)
    names = [name for name in ("input_ids", "token_type_ids") if name in encoded]
    found = []
    for text, own in of_text.items():
        judged = _judge([encoded["offset_mapping"][i] for i in own], places[text])
        found += [
            Window({name: encoded[name][i] for name in names}, text, words)
            for i, words in zip(own, judged, strict=True)
        ]
    return found


def _judge(windows: Sequence[Sequence[Place]], places: Sequence[Place]) -> list[dict[int, int]]:
    """Returns for each window of a text {position: word}, each word in the window where it is furthest from the ends."""
    best: dict[int, tuple[int, int, int]] = {}
    for window, offsets in enumerate(windows):
        for position, word in _first_tokens(offsets, places).items():
            room = min(position, len(offsets) - 1 - position)
            if word not in best or room > best[word][0]:
                best[word] = (room, window, position)
    judged: list[dict[int, int]] = [{} for _ in windows]
    for word, (_, window, position) in sorted(best.items()):
        judged[window][position] = word
    return judged


def _first_tokens(offsets: Sequence[Place], places: Sequence[Place]) -> dict[int, int]:
    """Returns {position: word} for the first token of each word that begins here.

    A token that holds several words (some tokenizers have such) stands for the first of them alone. A token may hold
    the space before its word, and a window may begin in the middle of a word, whose first token lies before it.
    """
    found: dict[int, int] = {}
    word = 0
    for position, (start, end) in enumerate(offsets):
        while word < len(places) and places[word][1] <= start:
            word += 1
        if word == len(places):
            break
        if start < end and start <= places[word][0] < end:
            found[position] = word
            word += 1
    return found
