"""One long document -> two: its beginning and its end, cut where a paragraph, a line or a word ends."""

from __future__ import annotations

import re

_ENDS = (re.compile(r"\n[ \t]*\n\s*"), re.compile(r"\n"), re.compile(r"[.!?。！？]\s*"), re.compile(r"\s+"))
"""Of a paragraph, a line, a sentence, a word: the first of these that has an end near by is taken."""
_NEAR = 0.25
"""An end is near where it moves the cut by no more than this part of what is to be cut off."""


def cut_tail(text: str, share: float) -> tuple[str, str]:
    """Returns (beginning, end), the end being about a `share` (0 to 1) of the characters; both together are the text."""
    wanted = round(len(text) * (1 - share))
    reach = max(round(len(text) * min(share, 1 - share) * _NEAR), 1)
    first, last = max(wanted - reach, 1), min(wanted + reach, len(text) - 1)
    for end in _ENDS:
        places = [found.end() for found in end.finditer(text, first, last)]
        if places:
            place = min(places, key=lambda at: abs(at - wanted))
            return text[:place], text[place:]
    return text[:wanted], text[wanted:]
