"""Rows that repeat others: the same input, nearly the same, the same with another target, the same in two splits.

Inputs are compared case-folded and with white space collapsed, targets with white space collapsed alone. What is kept of
a text is a hash of 64 bits: in ten million rows two different texts are taken for the same with a chance of 3 in a million.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

Hashes = np.ndarray
"""Shape (rows,), uint64."""


@dataclass(frozen=True)
class Duplicates:
    """Rows, from 0, that say again what another row says."""

    rows: list[int]
    """Those whose input and target stand in an earlier row already."""
    conflicts: list[int]
    """All rows of inputs that stand with more than one target."""
    first_of: dict[int, int] = field(default_factory=dict)
    """The first row with the same input and target, for each of `rows`."""
    against: dict[int, int] = field(default_factory=dict)
    """The first row with the same input and another target, for each of `conflicts`."""


def find_duplicates(inputs: Iterable[str], targets: Iterable[str] | None = None) -> Duplicates:
    """Returns the rows that repeat an earlier row, and those that contradict one."""
    return duplicates_of(hash_inputs(inputs), None if targets is None else hash_targets(targets))


def find_leaks(train: Iterable[str], other: Iterable[str]) -> list[tuple[int, int]]:
    """Returns (row of `train`, first row of `other`) for each row of `train` whose input stands in `other` too."""
    return leaks_of(hash_inputs(train), hash_inputs(other))


def find_near(
    inputs: Sequence[str], similarity: float = 0.9, targets: Sequence[str] | None = None
) -> list[tuple[int, int]]:
    """Returns (row, earlier row) for each row that is nearly the same as an earlier one, in input and in target.

    `similarity` runs from 0.7 to 1; rows that are the same are among them. A row found so is not compared with later ones.
    """
    from nbft.data.near_duplicates import near_rows  # brings a library of its own

    def read(rows: Sequence[int]) -> list[tuple[str, str]]:
        return [(inputs[row], targets[row] if targets is not None else "") for row in rows]

    return list(near_rows(len(inputs), read, similarity))


def folded(text: str) -> str:
    """Returns an input as it is compared: case-folded, white space collapsed."""
    return " ".join(text.casefold().split())


def spaced(text: str) -> str:
    """Returns a target as it is compared: white space collapsed."""
    return " ".join(text.split())


def hash_inputs(texts: Iterable[str]) -> Hashes:
    """Returns a hash for each input, as inputs are compared."""
    return np.fromiter((text_hash(folded(text)) for text in texts), np.uint64)


def hash_targets(texts: Iterable[str]) -> Hashes:
    """Returns a hash for each target, as targets are compared."""
    return np.fromiter((text_hash(spaced(text)) for text in texts), np.uint64)


def text_hash(text: str) -> int:
    """Returns a hash of 64 bits."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def duplicates_of(inputs: Hashes, targets: Hashes | None) -> Duplicates:
    """Returns what `find_duplicates` does, of hashes."""
    same = _first_rows(inputs)
    if targets is None:
        rows = _repeats(same)
        return Duplicates(rows, [], {row: int(same[row]) for row in rows})
    first = _first_rows(inputs, targets)
    rows = _repeats(first)
    odd = np.flatnonzero(targets != targets[same])  # another target than the first row with this input
    against: dict[int, int] = {}
    if len(odd):
        rival = dict(zip(same[odd][::-1].tolist(), odd[::-1].tolist(), strict=True))  # the first of the others
        for row in np.flatnonzero(np.isin(same, same[odd])).tolist():
            home = int(same[row])
            against[row] = rival[home] if targets[row] == targets[home] else home
    return Duplicates(rows, list(against), {row: int(first[row]) for row in rows}, against)


def _first_rows(*columns: Hashes) -> np.ndarray:
    """Returns for each row the first row that is equal to it in all columns."""
    order = np.lexsort(columns)  # stable: of equal rows the first comes first
    is_new = np.ones(len(order), bool)
    is_new[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in columns])
    first = np.empty(len(order), np.int64)
    first[order] = order[np.maximum.accumulate(np.where(is_new, np.arange(len(order)), 0))]
    return first


def _repeats(first: np.ndarray) -> list[int]:
    return np.flatnonzero(first != np.arange(len(first))).tolist()


def leaks_of(train: Hashes, other: Hashes) -> list[tuple[int, int]]:
    """Returns what `find_leaks` does, of hashes."""
    known, place = np.unique(other, return_index=True)
    if not len(known):
        return []
    at = np.minimum(np.searchsorted(known, train), len(known) - 1)
    rows = np.flatnonzero(known[at] == train)
    return list(zip(rows.tolist(), place[at[rows]].tolist(), strict=True))
