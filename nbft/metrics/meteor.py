"""METEOR (Banerjee and Lavie 2005) by nltk, without what would have to be downloaded: WordNet's synonyms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from nltk.stem.porter import PorterStemmer
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.translate import meteor_score as nltk

from nbft.metrics.texts import TextMetric


class NoSynonyms:
    """A WordNet without an entry."""

    def synsets(self, word: str) -> list[Any]:
        """Returns no meanings of a word."""
        return []


def meteor_scores(predictions: Sequence[str], references: Sequence[Any]) -> list[float]:
    """Returns METEOR of each row, of its best reference: words match as they are or by their stems, which are English."""
    split, stemmer, synonyms = NLTKWordTokenizer().tokenize, PorterStemmer(), cast("Any", NoSynonyms())
    found = []
    for said, wanted in zip(predictions, references, strict=True):
        several = [split(text) for text in ([wanted] if isinstance(wanted, str) else wanted)]
        found.append(float(nltk.meteor_score(several, split(said), stemmer=stemmer, wordnet=synonyms)))
    return found


class Meteor(TextMetric):
    """METEOR from 0 to 1, the mean over rows."""

    sentence = (
        "METEOR by nltk, words matched exactly and by Porter's stems but not by WordNet's synonyms, "
        "so a little lower than with them; the mean over rows."
    )

    def _compute(self, *, predictions: Any = None, references: Any = None, **_: Any) -> dict[str, float]:
        scores = meteor_scores(predictions, references)
        return {"meteor": sum(scores) / max(len(scores), 1)}


def meteor(written: Sequence[str], wanted: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """Returns METEOR by its name where it is among the names."""
    if "meteor" not in names:
        return {}
    return {"meteor": float((Meteor().compute(predictions=written, references=wanted) or {})["meteor"])}
