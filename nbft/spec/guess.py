"""What a writer most likely meant: the closest of some known words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

_MAX_LISTED = 12
_LONGEST = 60


def plain_word(word: str) -> str:
    """Returns the word as people mean it: `learning-rate`, `learningRate` and `Learning_Rate` are one."""
    return re.sub(r"[^a-z0-9%/.<]", "", word.lower())


@lru_cache(maxsize=64)
def _by_plain_word(known: tuple[str, ...]) -> dict[str, str]:
    return {plain_word(name): name for name in reversed(known)}


def closest(given: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """Returns the known word that the given one is most like, None where none is close."""
    by_word = _by_plain_word(tuple(known))
    given = plain_word(given[:80])
    match = difflib.get_close_matches(given, by_word, n=1, cutoff=cutoff)
    if match:
        return by_word[match[0]]
    longer = [word for word in by_word if len(given) > 2 and (word.startswith(given) or given.startswith(word + "."))]
    return by_word[longer[0]] if len(longer) == 1 else None


def did_you_mean(given: str, known: Iterable[str], label: str = "Known here") -> str:
    """Returns a line that names the closest known word, or the known ones."""
    known = list(known)
    match = closest(given, known)
    if match:
        return f"Did you mean {match!r}?"
    return f"{label}: {listed(known)}." if known else ""


def short(word: str) -> str:
    """Returns the word, cut where it is too long for a sentence."""
    return word if len(word) <= _LONGEST else word[:_LONGEST] + "…"


def listed(words: Iterable[str], most: int = _MAX_LISTED) -> str:
    """Returns the words with commas, the first dozen of them."""
    words = list(words)
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")
