"""Metrics of written text against references: BLEU, chrF and TER by sacrebleu, ROUGE by rouge_score."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, ClassVar
from unicodedata import category

import datasets
import evaluate
from rouge_score import rouge_scorer
from rouge_score.tokenizers import Tokenizer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from nbft.metrics.base import TEXT, OfflineMetric
from nbft.spec.languages import language_of


class TextMetric(OfflineMetric):
    """A metric of texts (N,) against a reference each, or the same number of references each."""

    inputs: ClassVar[dict[str, Any]] = {"predictions": TEXT, "references": TEXT}

    def _info(self) -> evaluate.MetricInfo:
        several = {"predictions": TEXT, "references": datasets.Sequence(TEXT)}
        return evaluate.MetricInfo(
            description=self.sentence,
            citation="",
            inputs_description="predictions, and references: a text each, or a list of texts each",
            features=[datasets.Features(several), datasets.Features(self.inputs)],
        )


def by_number(references: Sequence[Any]) -> list[list[str]]:
    """Returns the first references of all rows, then the second ones: sacrebleu's order."""
    rows = [[found] if isinstance(found, str) else list(found) for found in references]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("All rows need the same number of references.")
    return [list(column) for column in zip(*rows, strict=True)]


class SacreBleu(TextMetric):
    """BLEU (Papineni et al. 2002) from 0 to 100, as Post 2018 makes it comparable."""

    sentence = "BLEU by sacrebleu; its signature says how it was computed."

    def _compute(self, *, predictions: Any = None, references: Any = None, **options: Any) -> dict[str, Any]:
        metric = BLEU(**options)
        found = metric.corpus_score(list(predictions), by_number(references))
        return {
            "score": found.score,
            "precisions": found.precisions,
            "bp": found.bp,
            "sys_len": found.sys_len,
            "ref_len": found.ref_len,
            "signature": metric.get_signature().format(),
        }


class ChrF(TextMetric):
    """chrF2 (Popović 2015) from 0 to 100: F of character n-grams; `word_order=2` makes it chrF++."""

    sentence = "chrF by sacrebleu; its signature says how it was computed."

    def _compute(self, *, predictions: Any = None, references: Any = None, **options: Any) -> dict[str, Any]:
        metric = CHRF(**options)
        found = metric.corpus_score(list(predictions), by_number(references))
        return {"score": found.score, "signature": metric.get_signature().format()}


class Ter(TextMetric):
    """Translation edit rate (Snover et al. 2006): edits per 100 words of the reference; lower is better."""

    sentence = "TER by sacrebleu; its signature says how it was computed."

    def _compute(self, *, predictions: Any = None, references: Any = None, **options: Any) -> dict[str, Any]:
        metric = TER(**options)
        found = metric.corpus_score(list(predictions), by_number(references))
        return {"score": found.score, "signature": metric.get_signature().format()}


class Rouge(TextMetric):
    """ROUGE (Lin 2004) from 0 to 1: F of n-grams and of longest common subsequences, the mean over rows."""

    sentence = "ROUGE by rouge_score; the plain mean over rows, of the best reference where there are several."

    def _compute(self, *, predictions: Any = None, references: Any = None, **options: Any) -> dict[str, float]:
        names = options.pop("rouge_types", None) or ["rouge1", "rouge2", "rougeL", "rougeLsum"]
        scores = rouge_scores(predictions, references, names, **options)
        return {name: sum(values) / max(len(values), 1) for name, values in scores.items()}


def rouge_scores(
    predictions: Sequence[str], references: Sequence[Any], names: Sequence[str], **options: Any
) -> dict[str, list[float]]:
    """Returns ROUGE of each row, of its best reference, by name; options are those of `RougeScorer`."""
    scorer = rouge_scorer.RougeScorer(list(names), **options)
    found: dict[str, list[float]] = {name: [] for name in names}
    for said, wanted in zip(predictions, references, strict=True):
        scores = scorer.score_multi([wanted] if isinstance(wanted, str) else wanted, said)
        for name in names:
            found[name].append(scores[name].fmeasure)
    return found


TEXT_METRICS: dict[str, type[TextMetric]] = {"sacrebleu": SacreBleu, "chrf": ChrF, "ter": Ter, "rouge": Rouge}

_BLEU_TOKENIZERS = {"zh": "zh", "ja": "ja-mecab", "ko": "ko-mecab"}
_PACKAGES = {"ja-mecab": "MeCab", "ko-mecab": "mecab_ko"}
_UNSPACED = ("th", "lo", "km", "my")
"""Languages that part no words, and that sacrebleu has no tokenizer of its own for."""
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("lo", re.compile(r"[\u0e80-\u0eff]")),
    ("km", re.compile(r"[\u1780-\u17ff]")),
    ("my", re.compile(r"[\u1000-\u109f]")),
)
_ALONE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
"""Characters of scripts that part no words with spaces."""
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*")
SAMPLE_TEXTS = 1000


def script_language(texts: Sequence[str]) -> str | None:
    """Returns the code of a language that parts no words with spaces (or Korean), where most letters are of its script."""
    sample = "".join(texts[:SAMPLE_TEXTS])
    letters = sum(character.isalpha() for character in sample)
    counts = {code: len(pattern.findall(sample)) for code, pattern in _SCRIPTS}
    if counts["ja"] > 0.1 * letters:  # Japanese mixes kana with characters that Chinese has too
        return "ja"
    code = max(counts, key=counts.__getitem__)
    return code if letters and counts[code] > 0.5 * letters else None


def bleu_tokenizer(language: str | None, references: Sequence[str]) -> tuple[str, str]:
    """Returns sacrebleu's tokenizer for a target language, seen from the references where it is not named, and a note."""
    known = language_of(language)
    code = known.code if known else script_language(references)
    if code in _UNSPACED:
        return "char", "BLEU counts characters: the target language parts no words with spaces."
    name = _BLEU_TOKENIZERS.get(code or "", "13a")
    package = _PACKAGES.get(name)
    if package is None or find_spec(package) is not None:
        return name, ""
    extra = name.partition("-")[0]
    return "char", f"BLEU counts characters: {name} needs a package (pip install 'sacrebleu[{extra}]')."


class AnyScript(Tokenizer):
    """Words of any script, lower case; characters one by one where a script parts no words."""

    def tokenize(self, text: str) -> list[str]:
        """Returns the tokens."""
        apart = _ALONE.sub(r" \g<0> ", text.lower())
        return "".join(" " if category(character)[0] in "PS" else character for character in apart).split()


def is_latin(texts: Sequence[str]) -> bool:
    """Returns whether most letters are Latin: rouge_score's own tokenizer drops all others."""
    letters = [character for text in texts[:SAMPLE_TEXTS] for character in text if character.isalpha()]
    return sum(character < "\u0250" for character in letters) * 2 >= len(letters)


def sentences(text: str) -> str:
    """Returns the text with a sentence a line, as rougeLsum reads it."""
    return "\n".join(part for part in _SENTENCE_ENDS.split(text) if part)
