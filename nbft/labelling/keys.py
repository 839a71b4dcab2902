"""Which keys choose a label: its number, and its first letter where no other label has that."""

from __future__ import annotations

from collections.abc import Sequence

UNDO_KEYS = ("u", "Backspace")
SKIP_KEYS = ("s", " ")
DIGITS = 9


def keys_of(labels: Sequence[str], given: int) -> list[list[str]]:
    """Returns the keys of each label; a label added behind the `given` first ones never takes a letter from another."""
    first = [label[:1].casefold() for label in labels]
    found = []
    for place, letter in enumerate(first):
        rivals = first[:given] if place < given else first[: place + 1]
        is_free = letter.isalpha() and rivals.count(letter) == 1 and letter not in (*UNDO_KEYS, *SKIP_KEYS)
        found.append([*([str(place + 1)] if place < DIGITS else []), *([letter] if is_free else [])])
    return found
