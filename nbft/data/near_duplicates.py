"""Texts that are nearly the same: found by MinHash, each pair then verified by the exact similarity of the two texts.

The similarity of two texts is the share of the three-letter pieces they have that both have (Jaccard's index), after
case-folding, with white space collapsed. It needs no words, so it works for Chinese as well as for English.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from rensa import RMinHash  # pyright: ignore[reportAttributeAccessIssue] - a compiled module without stubs

from nbft.data.duplicates import folded, spaced

PIECE = 3
"""Characters of a piece."""
ROWS_AT_ONCE = 1000
_NUMBERS = 128
"""Of a sketch."""
_NEIGHBOURS = 12
"""Rows of a bucket with which each is paired: thousands of rows made from one template share a bucket."""
_PAIRS_AT_ONCE = 20_000
_MOST_COMPARED = 8
"""Earlier rows with which a row is compared in full, the likeliest first."""
Read = Callable[[Sequence[int]], Sequence[tuple[str, str]]]
"""Takes row numbers, returns the input and the target of each, empty where there is none."""
Pieces = tuple[set[str], set[str]]
"""Of input and target."""


def near_rows(total: int, read: Read, wanted: float) -> Iterator[tuple[int, int]]:
    """Yields (row, earlier row) for each row from 0 to `total` that is nearly the same as an earlier one that is like none.

    Both input and target must be alike by `wanted`, from 0.7 to 1. Holds 256 bytes a row, however long the texts are.
    """
    likely = _likely(*_sketches(total, read, bands_for(wanted)), wanted)
    first: dict[int, int] = {}
    rows = sorted(likely)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        batch = rows[start : start + ROWS_AT_ONCE]
        asked = {other for row in batch for other in (row, *likely[row])}
        known = _pieces(asked | {first[other] for other in asked if other in first}, read)
        for row in batch:
            others = dict.fromkeys(first.get(other, other) for other in likely[row])
            found = next((other for other in others if _are_near(known[row], known[other], wanted)), None)
            if found is not None:
                first[row] = found
                yield row, found


def pieces(text: str) -> set[str]:
    """Returns the pieces of a text by which it is compared."""
    whole = f" {text} "
    return {whole[at : at + PIECE] for at in range(len(whole) - PIECE + 1)} or {whole}


def similarity(first: set[str], second: set[str]) -> float:
    """Returns the share of the pieces of two texts that both have, from 0 to 1."""
    return len(first & second) / len(first | second)


def bands_for(wanted: float) -> int:
    """Returns in how many parts sketches are looked up: of pairs just similar enough, 1 in 100 is missed at most."""
    for bands in (8, 16, 32):
        if (1 - wanted ** (_NUMBERS // bands)) ** bands <= 0.01:
            return bands
    return 64


def _sketches(total: int, read: Read, bands: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lowest 8 bits of each row's numbers (rows, 128), and a hash of each band (bands, rows).

    8 bits are enough to tell the likely from the unlikely (Li and König 2010).
    """
    bits = np.empty((total, _NUMBERS), np.uint8)
    hashes = np.empty((bands, total), np.uint64)
    weights = np.random.default_rng(1).integers(1, 2**63, _NUMBERS // bands, np.uint64) | np.uint64(1)
    for start in range(0, total, ROWS_AT_ONCE):
        rows = range(start, min(start + ROWS_AT_ONCE, total))
        texts = (folded(text).encode("utf-8", "replace").decode() for text, _ in read(rows))  # rensa reads UTF-8
        sets = [list(pieces(text)) for text in texts]
        sketches = RMinHash.from_token_sets(sets, num_perm=_NUMBERS, seed=1)
        numbers = np.array([sketch.digest() for sketch in sketches], np.uint64)
        bits[rows.start : rows.stop] = numbers.astype(np.uint8)
        bundled = (numbers.reshape(len(rows), bands, -1) * weights).sum(axis=2, dtype=np.uint64)
        hashes[:, rows.start : rows.stop] = bundled.T
    return bits, hashes


def _likely(bits: np.ndarray, hashes: np.ndarray, wanted: float) -> Mapping[int, list[int]]:
    """Returns the earlier rows that may be nearly the same as a row, the likeliest first."""
    total = len(bits)
    least = wanted - 3 * math.sqrt(wanted * (1 - wanted) / _NUMBERS)  # a sketch's error, three times
    found = [np.empty(0, np.int64)]
    for band, after in zip(hashes, np.roll(hashes, -1, axis=0), strict=True):
        order = np.lexsort((after, band))  # in a bucket, rows that share the next band too stand together
        buckets = band[order]
        for back in range(1, min(_NEIGHBOURS, total - 1) + 1):
            at = np.flatnonzero(buckets[back:] == buckets[:-back])
            first, second = order[at], order[at + back]
            found.append(_alike(bits, np.maximum(first, second), np.minimum(first, second), (1 - least) * _NUMBERS))
    likely: dict[int, list[int]] = {}
    for pair in np.unique(np.concatenate(found)):  # in the order of row, difference, earlier row
        others = likely.setdefault(int(pair) // total // (_NUMBERS + 1), [])
        if len(others) < _MOST_COMPARED:
            others.append(int(pair) % total)
    return likely


def _alike(bits: np.ndarray, rows: np.ndarray, earlier: np.ndarray, most: float) -> np.ndarray:
    """Returns the pairs whose sketches differ in `most` numbers at most, each as one number that holds all three."""
    differ = np.empty(len(rows), np.int64)
    for start in range(0, len(rows), _PAIRS_AT_ONCE):
        at = slice(start, start + _PAIRS_AT_ONCE)
        differ[at] = np.count_nonzero(bits[rows[at]] != bits[earlier[at]], axis=1)
    kept = differ <= most
    return (rows[kept] * (_NUMBERS + 1) + differ[kept]) * len(bits) + earlier[kept]


def _pieces(rows: set[int], read: Read) -> dict[int, Pieces]:
    wanted = sorted(rows)
    split = ((pieces(folded(given)), pieces(spaced(target))) for given, target in read(wanted))
    return dict(zip(wanted, split, strict=True))


def _are_near(first: Pieces, second: Pieces, wanted: float) -> bool:
    return all(similarity(one, other) >= wanted for one, other in zip(first, second, strict=True))
