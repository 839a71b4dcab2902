"""Which scripts and languages a sample of texts is written in."""

from __future__ import annotations

import importlib
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from nbft.spec.languages import language_of

SAMPLE = 300
"""Rows of a split that are looked at, spread over all of it."""
CHARACTERS = 1000
"""Of a row that are looked at."""
TOLD_BY = 300
"""Characters that are enough to tell a language."""
LEAST_LETTERS = 20
"""Below it the language of a text is a guess; of scripts that put no spaces, a quarter of it."""
SURE = 0.9
ENOUGH_TEXTS = 20
"""Texts of which shares of languages can be told."""
_SCRIPTS = {"CJK": "Han", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Hangul"}
_OF_MANY_NAMES = ("MODIFIER", "FULLWIDTH", "MATHEMATICAL", "FEMININE", "MASCULINE", "HALFWIDTH", "SUPERSCRIPT")
DENSE = ("Han", "Japanese", "Thai", "Lao", "Khmer", "Myanmar")
"""Scripts that put no spaces between words."""
_WRITTEN_AS = {"nb": "no", "nn": "no"}
"""Norwegian is written in two ways."""
_loading = threading.Lock()


def spread_over(texts: Sequence[str], most: int = SAMPLE) -> list[str]:
    """Returns some of the texts, from all over them, each cut to what is looked at."""
    step = max(len(texts) / most, 1.0)
    return [texts[int(i * step)][:CHARACTERS] for i in range(min(len(texts), most))]


def scripts_of(texts: Sequence[str]) -> dict[str, float]:
    """Returns the share of the letters of each script, the commonest first."""
    found: Counter[str] = Counter()
    for letter, count in Counter("".join(texts)).items():
        if letter.isalpha() and (script := script_of(letter)):
            found[script] += count
    total = sum(found.values())
    return {script: round(count / total, 4) for script, count in found.most_common()}


@lru_cache(maxsize=20_000)
def script_of(letter: str) -> str:
    """Returns the script of a letter, as `Latin`; empty where its name tells none."""
    word = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return "" if word in _OF_MANY_NAMES else _SCRIPTS.get(word, word.capitalize())


def languages_of(texts: Sequence[str]) -> tuple[dict[str, float], int]:
    """Returns the share of each language among the texts in which one can be told, and how many those are.

    Nothing where they are too few; a language of a single text or of less than 1 in 100 is taken for a slip.
    """
    long_enough = [text for text in texts if _letters(text) >= LEAST_LETTERS]
    if len(long_enough) < ENOUGH_TEXTS:
        return {}, 0
    sure = [
        _name(code)
        for code, share in map(_identifier().classify, (text[:TOLD_BY] for text in long_enough))
        if share >= SURE
    ]
    if len(sure) < ENOUGH_TEXTS:
        return {}, 0
    counts = {name: n for name, n in Counter(sure).most_common() if n > max(1, len(sure) / 100)}
    total = sum(counts.values())
    return {name: round(count / total, 4) for name, count in counts.items()}, total


def _letters(text: str) -> int:
    return sum(4 if script_of(letter) in DENSE else 1 for letter in text[: 4 * LEAST_LETTERS] if letter.isalpha())


def _name(code: str) -> str:
    known = language_of(_WRITTEN_AS.get(code, code))
    return known.name if known else code


def make_ready() -> None:
    """Begins to load what tells languages and near duplicates apart, beside everything else: it takes most of a second."""

    def load() -> None:
        with suppress(Exception):  # whoever needs them meets the error again
            importlib.import_module("nbft.data.near_duplicates")
            _identifier()

    threading.Thread(target=load, daemon=True, name="nbft-languages").start()


def _identifier() -> Any:
    with _loading:
        return _load()


@lru_cache(maxsize=1)
def _load() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([code for code in found.labels if language_of(_WRITTEN_AS.get(code, code))])
    return found


def forget() -> None:
    """Gives the memory of it back (80 MB)."""
    with _loading:
        _load.cache_clear()
