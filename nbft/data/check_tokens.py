"""What the tokenizer makes of the texts: their lengths, what the limit cuts off, what the vocabulary does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.histogram import histogram_of_lengths
from nbft.data.row_sample import percent
from nbft.data.tongues import DENSE, script_of
from nbft.record.data_check import Finding, Fit, Lengths

MUCH_UNKNOWN, SOME_UNKNOWN = 0.05, 0.005
MUCH_CUT = 0.1
MANY_A_WORD = 3.0
"""Tokens a word, or a character of Chinese; a tokenizer made for the language takes 1 to 2."""
_NAMED = 8
_LEARN = "Learn a tokenizer:\ntokenizer: {train: bpe}"


class Tokenised(Protocol):
    """A split as the model sees it."""

    rows: Dataset
    lengths: list[int]
    limit: int
    example_of: list[int]
    full: list[int]


def lengths_of(features: Tokenised, rows: int, unit: str) -> Lengths:
    """Returns the lengths of a split; several windows of one row count as one row."""
    full = _of_rows(features)
    unit = "rows" if len(full) == rows else unit
    cut = (
        [length for length in full if length > features.limit]
        if not features.example_of or not are_windows(features)
        else []
    )
    numbers = np.asarray(full)
    points = {"half": 50, "90%": 90, "99%": 99, "longest": 100}
    percentiles = {name: int(np.percentile(numbers, at, method="higher")) for name, at in points.items()}
    top = max(features.limit * 1.25, percentiles["99%"])
    return Lengths(
        histogram_of_lengths(full, features.limit, top),
        unit,
        len(full),
        features.limit,
        len(cut),
        sum(cut) - features.limit * len(cut),
        int(numbers.sum()),
        percentiles,
    )


def _of_rows(features: Tokenised) -> list[int]:
    full = features.full or features.lengths
    if not features.example_of:
        return full
    return list(dict(zip(features.example_of, full, strict=True)).values()) if features.full else full


def are_windows(features: Tokenised) -> bool:
    """Whether long rows are read in several windows, so that nothing of them is lost."""
    return len(set(features.example_of)) < len(features.example_of)


def fit_of(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> Fit:
    """Returns how the tokenizer suits the texts."""
    if not texts:
        return Fit(0, 0, 0, 0)
    wanted: dict[str, Any] = {"add_special_tokens": False, "return_attention_mask": False, "verbose": False}
    if tokenizer.is_fast:
        wanted["return_offsets_mapping"] = True
    read: Any = tokenizer(list(texts), **wanted)
    unknown, tokens, missed = tokenizer.unk_token_id, 0, Counter[str]()
    for place, ids in enumerate(read["input_ids"]):
        tokens += len(ids)
        if unknown is None or unknown not in ids:
            continue
        spans = read["offset_mapping"][place] if tokenizer.is_fast else [(0, 0)] * len(ids)
        missed.update(texts[place][s:e] for token, (s, e) in zip(ids, spans, strict=True) if token == unknown)
    named = [piece for piece, _ in missed.most_common(_NAMED) if piece.strip()]
    return Fit(len(texts), tokens, missed.total(), sum(map(_words, texts)), named)


def _words(text: str) -> int:
    """Counts words, and each letter of scripts that put no spaces between words."""
    dense = sum(script_of(letter) in DENSE for letter in set(text))
    if not dense:
        return len(text.split())
    spaced = "".join(" " if script_of(letter) in DENSE else letter for letter in text)
    return len(spaced.split()) + sum(script_of(letter) in DENSE for letter in text)


def token_findings(
    lengths: Mapping[str, Lengths], fits: Mapping[str, Fit], room: int | None, *, is_new: bool
) -> list[Finding]:
    """Returns what is worth a word about lengths and vocabulary.

    `room` is how many tokens the model reads; `is_new` says that it starts from scratch, with whatever tokenizer suits.
    """
    return [_cut(lengths["train"], room), _unknown(fits, is_new=is_new), _vocabulary(fits["train"], is_new=is_new)]


def _cut(train: Lengths, room: int | None) -> Finding:
    if not train.cut:
        fate = "No training row is longer" if train.unit == "rows" else "Long texts are read in pieces, nothing is lost"
        return Finding("ok", "cut texts", f"{fate}: the limit is {train.limit:,} tokens.")
    level = "warn" if train.cut > MUCH_CUT * train.count else "note"
    what = (
        f"Longer than {train.limit:,} tokens, so that the end is lost: {train.cut:,} of {train.count:,} train rows "
        f"({percent(train.cut / train.count)}), {percent(train.lost / train.total)} of all tokens."
    )
    wanted = min(train.percentiles["longest"], room or train.percentiles["longest"])
    raised = f"data: {{max_tokens: {wanted}}}" if wanted > train.limit else ""
    return Finding(
        level, "cut texts", what, raised or "The model reads no more: take one that does, or split the texts."
    )


def _unknown(fits: Mapping[str, Fit], *, is_new: bool) -> Finding:
    some = {name: fit for name, fit in fits.items() if fit.unknown}
    if not some:
        return Finding("ok", "unknown tokens", "The vocabulary knows every letter of the texts looked at.")
    parts = [f"{percent(fit.unknown_share)} of the {name} tokens" for name, fit in some.items()]
    pieces = next(iter(some.values())).not_known
    named = f" The commonest: {' '.join(shorter(piece) for piece in pieces)}" if pieces else ""
    most = max(fit.unknown_share for fit in some.values())
    what = f"Not in the vocabulary: {' and '.join(parts)}. The model reads all of them as one and the same.{named}"
    fix = (
        _LEARN
        if is_new
        else "Take a model for this language, or add its characters:\ntokenizer: {add_tokens: characters}"
    )
    fix = fix if most > MUCH_UNKNOWN else ""
    level = "warn" if most > MUCH_UNKNOWN else "note" if most > SOME_UNKNOWN else "ok"
    return Finding(level, "unknown tokens", what, fix)


def shorter(piece: str) -> str:
    """Returns the beginning of a piece of text."""
    return piece if len(piece) <= 12 else f"{piece[:12]}…"


def _vocabulary(train: Fit, *, is_new: bool) -> Finding:
    what = f"{train.per_word:.2f} tokens a word: "
    if train.per_word <= MANY_A_WORD or train.unknown_share > MUCH_UNKNOWN:
        return Finding(
            "ok", "vocabulary", f"{what}the tokenizer suits the texts." if not train.unknown else what[:-2] + "."
        )
    fix = _LEARN if is_new else "Take a model that was made for such texts."
    return Finding(
        "note", "vocabulary", f"{what}the tokenizer cuts words to pieces; a model that knows them learns sooner.", fix
    )
