"""Translation: from a text in one language to its like in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.translations import Direction, find_direction, texts_of
from nbft.metrics.meteor import meteor
from nbft.metrics.texts import TEXT_METRICS, bleu_tokenizer
from nbft.spec.languages import language_of
from nbft.tasks.base import Task
from nbft.tasks.generation import set_languages
from nbft.tasks.prompts import marian_prompt
from nbft.tasks.text_to_text import TextToText

_METRICS = {"bleu": "sacrebleu", "chrf": "chrf", "ter": "ter"}


class Translation(TextToText):
    """Judged by sacrebleu, whose signatures are among the notes."""

    name = "translation"
    _direction: Direction | None = None
    tokenize: str = ""
    """sacrebleu's tokenizer for the target language; known once rows are."""

    def pairs(self, rows: Dataset) -> tuple[list[Any], list[Any]]:
        """Returns sources and targets; all splits go in the direction of the first."""
        options = self.spec.translation
        if self._direction is None:
            named = (options.source_language or self.languages[0], options.target_language or self.languages[1])
            self._direction, note = find_direction(rows, self.spec.data.columns, named)
            ends = (self._direction.source, self._direction.target)
            self.languages = (named[0] or _spoken(ends[0]), named[1] or _spoken(ends[1]))
            self.notes += [note] if note else []
        return texts_of(rows, self._direction)

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns source and target; settles how BLEU splits the target language into words."""
        found = super().standardise(rows, split)
        if not self.tokenize:
            self.tokenize, note = bleu_tokenizer(self.languages[1], found["target"][:])
            self.notes += [note] if note and "bleu" in self.metrics else []
            self.notes += self._signatures()
        return found

    def settle_as(self, other: Task) -> None:
        """Takes how BLEU splits the target language into words."""
        self.tokenize = cast("Translation", other).tokenize

    def _signatures(self) -> list[str]:
        names = [name for name in self.metrics if name in _METRICS]
        said = [f"{name} {self._measured(name, ['a'], ['a'])['signature']}" for name in names]
        return [f"sacrebleu's signatures: {'; '.join(said)}."] if said else []

    def _measured(self, name: str, written: list[str], wanted: list[str]) -> dict[str, Any]:
        options = {"tokenize": self.tokenize} if name == "bleu" else {}
        found: Any = TEXT_METRICS[_METRICS[name]]().compute(predictions=written, references=wanted, **options)
        return found

    def prepare_tokenizer(self, tokenizer: PreTrainedTokenizerBase) -> None:
        """Sets the languages of a multilingual tokenizer, and the prompt."""
        set_languages(tokenizer, *self.languages)
        super().prepare_tokenizer(tokenizer)
        if self.prompt is None:
            self.prompt = marian_prompt(tokenizer, self.languages[1])
            self.notes += [f"The prompt is {self.prompt!r}; data.prompt says another."] if self.prompt else []

    def judge(self, written: list[str], wanted: list[str], metrics: Sequence[str]) -> dict[str, float]:
        """Returns BLEU, chrF and TER from 0 to 100, as sacrebleu computes them, and METEOR from 0 to 1."""
        scores = {name: float(self._measured(name, written, wanted)["score"]) for name in metrics if name in _METRICS}
        return {**scores, **meteor(written, wanted, metrics)}


def _spoken(column: str) -> str | None:
    """Returns the column's name where it is a language."""
    return column if language_of(column) else None
