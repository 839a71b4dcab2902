"""A few training rows as the model will see them: token by token, with what is learnt."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.check_tokens import Tokenised
from nbft.data.dropped import ROW
from nbft.data.row_sample import Reads, row_numbers
from nbft.record.data_check import GAP, LEARNT, SPECIAL, UNKNOWN, SeenRow, Token

COUNT = 5
CANDIDATES = 200
"""Rows that are drawn by chance, to choose from."""
MOST_TOKENS = 64
"""Of a row that are shown: its beginning, what is learnt first, and its end."""
_HEAD, _BEFORE, _TAIL = 20, 6, 4
IGNORED = -100
"""The label of tokens that are not learnt (torch's cross-entropy passes over it)."""
_NAMES = {"\n": "↵", "\t": "→", "\r": "␍"}
Collate = Callable[[list[dict[str, Any]]], Mapping[str, Any]]


class Shower:
    """Turns features into tokens to be looked at."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, labels: Sequence[str], collate: Collate | None = None
    ) -> None:
        self._tokenizer = tokenizer
        self._labels = labels
        self._collate = collate
        """What hides words anew in each epoch, for features without labels."""
        self._special = set(tokenizer.all_special_ids)

    def see(self, feature: Mapping[str, Any], row: int, label: str) -> SeenRow:
        """Returns a feature as the model gets it."""
        if "labels" not in feature and "start_positions" not in feature and self._collate is not None:
            feature = {name: _listed(values[0]) for name, values in self._collate([dict(feature)]).items()}
        ids = list(feature["input_ids"])
        learnt, tags = self._learnt(feature, len(ids))
        own: Any = feature.get("labels")
        writes = (
            [] if isinstance(own, int | float) or own is None or learnt or tags else [i for i in own if i != IGNORED]
        )
        is_writing = bool(writes) and all(isinstance(i, int) for i in writes)
        chosen = _chosen(len(ids), sorted(learnt))
        tokens = [
            self._gap(part) if isinstance(part, int) else self._token(ids, part[0], learnt, tags) for part in chosen
        ]
        written = [self._told(i, LEARNT) for i in writes[:MOST_TOKENS]] if is_writing else []
        return SeenRow(row, tokens, len(ids), len(writes) if is_writing else len(learnt), label, written)

    def _learnt(self, feature: Mapping[str, Any], count: int) -> tuple[set[int], dict[int, str]]:
        """Returns the places that are learnt, and the tags of single tokens."""
        if "start_positions" in feature:
            return set(range(feature["start_positions"], feature["end_positions"] + 1)), {}
        labels = feature.get("labels")
        if not isinstance(labels, list) or len(labels) != count or isinstance(labels[0], float):
            return set(), {}
        learnt = {place for place, label in enumerate(labels) if label != IGNORED}
        if self._labels:
            return learnt, {place: str(self._labels[labels[place]]) for place in learnt}
        hidden = {p: self._piece(labels[p]) for p in learnt if labels[p] != feature["input_ids"][p]}
        if any(label == token for label, token in zip(labels, feature["input_ids"], strict=True)) or hidden:
            return learnt, hidden
        return set(), {}

    def _token(self, ids: Sequence[int], place: int, learnt: set[int], tags: Mapping[int, str]) -> Token:
        tag = tags.get(place, "")
        return self._told(ids[place], LEARNT if place in learnt else "", "" if tag == "O" else tag)

    def _told(self, token: int, marks: str, tag: str = "") -> Token:
        is_unknown = token == self._tokenizer.unk_token_id
        marks += UNKNOWN if is_unknown else SPECIAL if token in self._special else ""
        return Token(self._piece(token), marks, tag)

    def _gap(self, count: int) -> Token:
        return Token(f"{count:,} tokens", GAP)

    def _piece(self, token: int) -> str:
        raw = str(self._tokenizer.convert_ids_to_tokens(token))
        if token in self._special or raw.startswith("##"):
            return raw
        said = self._tokenizer.decode([token], clean_up_tokenization_spaces=False)
        if not isinstance(said, str) or "\ufffd" in said or not said:
            said = raw
        space = "·" if raw[:1] in ("Ġ", "▁") or said[:1] == " " else ""
        words = said.lstrip(" ▁") if space else said
        return space + "".join(_NAMES.get(letter, letter) for letter in words)


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _chosen(count: int, learnt: Sequence[int]) -> list[tuple[int] | int]:
    """Returns places as tuples of one, and numbers of places that are passed over."""
    if count <= MOST_TOKENS:
        return [(place,) for place in range(count)]
    kept = set(range(_HEAD)) | set(range(count - _TAIL, count))
    first = next((place for place in learnt if place >= _HEAD), _HEAD)
    kept |= set(range(max(first - _BEFORE, _HEAD), min(first + MOST_TOKENS - _HEAD - _TAIL - _BEFORE, count)))
    parts: list[tuple[int] | int] = []
    before = -1
    for place in sorted(kept):
        if place > before + 1:
            parts.append(place - before - 1)
        parts.append((place,))
        before = place
    return parts


def see_rows(features: Tokenised, rows: Dataset, task: Reads, shower: Shower, seed: int) -> list[SeenRow]:
    """Returns a few training rows, of as many different targets as can be; numbered where a feature is made of one row."""
    total = len(features.rows)
    drawn = random.Random(seed).sample(range(total), min(total, CANDIDATES))
    if not features.example_of and total != len(rows):
        return [shower.see(features.rows[feature], 0, "") for feature in sorted(drawn[:COUNT])]
    own = rows.select([features.example_of[feature] if features.example_of else feature for feature in drawn])
    targets = task.targets(own)
    labels = [""] * len(drawn) if targets is None else [str(target) for target in targets]
    numbers = row_numbers(own) if ROW in rows.column_names else [place + 1 for place in drawn]
    chosen = sorted(_different(labels), key=drawn.__getitem__)
    return [shower.see(features.rows[drawn[i]], numbers[i], labels[i]) for i in chosen]


def _different(labels: Sequence[str]) -> list[int]:
    """Returns the places of a few labels, each one's first before any one's second."""
    first: dict[str, int] = {}
    for place, label in enumerate(labels):
        first.setdefault(label, place)
    chosen = list(first.values())[:COUNT]
    return [*chosen, *(place for place in range(len(labels)) if place not in chosen)][:COUNT]
