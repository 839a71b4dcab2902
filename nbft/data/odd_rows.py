"""Texts that are not what they should be: far too long, broken letters, left-over HTML, addresses, blobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nbft.data.row_sample import RowSample, spread
from nbft.record.data_check import Example, Finding

SHOWN = 3
MANY, SOME = 0.05, 0.001
"""Shares of odd rows that are worth a warning; the smaller one of those that a model can't read past."""
LONG_FACTOR, LONG_CHARACTERS = 50, 2000
"""A row is far too long at so many times the middle length, and at least so many characters."""
_AROUND = 60


@dataclass(frozen=True)
class Oddity:
    """Something that a text should not be, or hold."""

    topic: str
    what: str
    """Goes on with how many rows it is."""
    found: Callable[[str], re.Match[str] | None]
    fix: str
    marks: str = ""
    """A text without any of these letters can't be it: looked for first, which is ten times faster."""
    is_serious: bool = False
    """Whether a few rows are worth a warning."""


_HTML = re.compile(
    r"</?(?:a|b|br|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|script|span|strong|style|table|td|th|tr|u|ul)\b[^<>]{0,300}>"
    r"|&(?:amp|lt|gt|quot|nbsp|apos|#\d{2,5});",
    re.IGNORECASE,
)
_MOJIBAKE = re.compile(
    r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ]|Â[\x80-\xbf]|â€[\x80-\xbf™œž“”¦˜¢š]|ï»¿|ðŸ[\x80-\xbf˜™š›]|ã[\x80-\x83][\x80-\xbf]"
)
_URLS = re.compile(r"\s*(?:(?:https?://|www\.)\S+\s*)+\Z")
_NO_LETTERS = re.compile(r"[\W\d_]+\Z")
_BLOB = re.compile(r"(?=[A-Za-z0-9+/=_-]{0,200}[0-9])(?=[A-Za-z0-9+/=_-]{0,200}[A-Z])[A-Za-z0-9+/=_-]{120,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1e\x7f]")
_ENCODING = "data:\n  train: {source: FILE, encoding: ENCODING}"
_LOOK = "Look at them in the data; take out those that say nothing."
ODDITIES = (
    Oddity(
        "broken letters",
        "Letters that were lost when the file was read or written (U+FFFD, �)",
        re.compile("\ufffd").search,
        f"{_ENCODING}   # the encoding in which the file was written",
        "\ufffd",
        is_serious=True,
    ),
    Oddity(
        "broken letters",
        "UTF-8 that was read as Latin-1, as 'Ã©' for 'é'",
        _MOJIBAKE.search,
        _ENCODING.replace("ENCODING", "utf-8"),
        "ÃÂâïðã",
        is_serious=True,
    ),
    Oddity("HTML", "HTML tags or entities", _HTML.search, "data:\n  clean: [strip-html]", "<&"),
    Oddity("control characters", "Control characters", _CONTROL.search, "data:\n  clean: [normalize-unicode]"),
    Oddity("no letters", "No letter, only digits and signs", _NO_LETTERS.match, _LOOK),
    Oddity("addresses only", "Nothing but web addresses", _URLS.match, _LOOK, ":."),
    Oddity("blobs", "120 characters and more without a space, as base64 is", _BLOB.search, _LOOK),
)


def odd_findings(samples: Mapping[str, RowSample]) -> list[Finding]:
    """Returns what is odd about the texts, each with its count, examples and what mends it."""
    found = [finding for oddity in ODDITIES if (finding := _finding(oddity, samples))]
    found += [finding for finding in (_empty(samples), _far_longer(samples)) if finding]
    return found or [Finding("ok", "odd rows", "No broken letters, HTML, blobs, empty rows or rows far too long.")]


def _finding(oddity: Oddity, samples: Mapping[str, RowSample]) -> Finding | None:
    counts: dict[str, int] = {}
    shown: list[Example] = []
    for name, sample in samples.items():
        matches = [(place, match) for place, text in enumerate(sample.whole) if (match := _match(oddity, text))]
        counts[name] = len(matches)
        shown += [sample.example(place, _around(match)) for place, match in matches[:SHOWN]]
    if not any(counts.values()):
        return None
    totals = {name: len(sample.inputs) for name, sample in samples.items()}
    bearable = SOME if oddity.is_serious else MANY
    level = "warn" if any(count > bearable * totals[name] for name, count in counts.items()) else "note"
    return Finding(level, oddity.topic, f"{oddity.what}: {spread(counts, totals)}.", oddity.fix, shown[:SHOWN])


def _match(oddity: Oddity, text: str) -> re.Match[str] | None:
    return oddity.found(text) if not oddity.marks or any(mark in text for mark in oddity.marks) else None


def _around(match: re.Match[str]) -> str:
    start, text = max(match.start() - _AROUND, 0), match.string
    return f"{'… ' if start else ''}{text[start : match.end() + _AROUND]}"


def _empty(samples: Mapping[str, RowSample]) -> Finding | None:
    empty = {name: [i for i, text in enumerate(s.whole) if not text.strip()] for name, s in samples.items()}
    if not any(empty.values()):
        return None
    totals = {name: len(sample.inputs) for name, sample in samples.items()}
    counts = {name: len(places) for name, places in empty.items()}
    shown = [samples[name].example(place, "(empty)") for name, places in empty.items() for place in places]
    return Finding(
        "warn", "empty rows", f"Empty: {spread(counts, totals)}.", "data:\n  clean: [drop-empty]", shown[:SHOWN]
    )


def _far_longer(samples: Mapping[str, RowSample]) -> Finding | None:
    counts: dict[str, int] = {}
    shown: list[tuple[int, Example]] = []
    middle = _middle(samples["train"].whole)
    least = max(LONG_FACTOR * middle, LONG_CHARACTERS)
    for name, sample in samples.items():
        places = [place for place, text in enumerate(sample.whole) if len(text) > least]
        counts[name] = len(places)
        shown += [
            (len(sample.whole[p]), sample.example(p, also=f"{len(sample.whole[p]):,} characters")) for p in places
        ]
    if not shown:
        return None
    totals = {name: len(sample.inputs) for name, sample in samples.items()}
    what = f"More than {LONG_FACTOR} times as long as the middle row ({middle:,} characters): {spread(counts, totals)}."
    longest = sorted(shown, key=lambda entry: -entry[0])[:SHOWN]
    fix = f"data:\n  clean: [drop-longer-than: {_round_up(least)}]"
    return Finding("note", "far longer", what, fix, [example for _, example in longest])


def _middle(texts: Sequence[str]) -> int:
    return round(float(np.median([len(text) for text in texts]))) if texts else 0


def _round_up(number: int) -> int:
    scale = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // scale) * scale
