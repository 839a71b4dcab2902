"""Texts far longer than what is read of them: only so much is tokenised as decides which tokens are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedTokenizerBase

BARE: Any = {"return_attention_mask": False}  # the collator makes it
CHARACTERS_A_TOKEN = 40
"""Of a text that is longer than the limit by this factor its beginning is tokenised first."""
ENOUGH = 2
"""A beginning that gives this many times the limit decides the tokens within it, wherever the text goes on."""


def encode_long(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[list[str]], limit: int | None
) -> tuple[dict[str, list[Any]], list[int]]:
    """Returns the columns of texts (or of pairs), not cut, and their lengths in tokens.

    Where a limit is known, single texts far beyond it are read to about its double, and their lengths are estimates.
    """
    beginnings = _beginnings(texts[0], limit) if limit and len(texts) == 1 else {}
    first = [beginnings.get(i, text) for i, text in enumerate(texts[0])] if beginnings else texts[0]
    encoded = tokenizer(first, texts[1] if len(texts) > 1 else None, truncation=False, verbose=False, **BARE)
    columns = {key: list(values) for key, values in encoded.items()}
    short = [i for i in beginnings if len(columns["input_ids"][i]) < ENOUGH * (limit or 0)]
    if short:
        whole = tokenizer([texts[0][i] for i in short], truncation=False, verbose=False, **BARE)
        for key, values in whole.items():
            for i, value in zip(short, values, strict=True):
                columns[key][i] = value
    lengths = [len(ids) for ids in columns["input_ids"]]
    for i in beginnings.keys() - short:
        lengths[i] = round(lengths[i] * len(texts[0][i]) / len(beginnings[i]))
    return columns, lengths


def _beginnings(texts: list[str], limit: int) -> dict[int, str]:
    """Returns the beginnings of texts that are far too long, cut where a word ends."""
    room = limit * CHARACTERS_A_TOKEN
    return {i: text[: text.rfind(" ", 0, room) + 1 or room] for i, text in enumerate(texts) if len(text) > 2 * room}
