"""Summarization: from a text to a short one that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from datasets import Dataset

from nbft.data.columns import Role, columns_fix, is_text, recognise
from nbft.errors import DataError
from nbft.metrics.meteor import meteor
from nbft.metrics.texts import AnyScript, Rouge, is_latin, sentences
from nbft.tasks.base import Task
from nbft.tasks.text_to_text import TextToText

_TEXT = Role("text", ("text", "article", "document", "dialogue", "content", "body", "source", "report", "input"))
_SUMMARY = Role("summary", ("summary", "highlights", "abstract", "headline", "tldr", "title", "target", "output"))
_LINES = "rougeLsum"


class Summarization(TextToText):
    """Judged by rouge_score, from 0 to 1."""

    name = "summarization"
    rouge_tokenizer: AnyScript | None = None
    """What splits words for ROUGE where they are not Latin; known once rows are."""
    _is_settled = False

    def pairs(self, rows: Dataset) -> tuple[list[Any], list[Any]]:
        """Returns texts and summaries."""
        given = self.spec.data.columns
        found, notes = recognise(rows, {"text": given.text, "summary": given.summary}, (_TEXT, _SUMMARY))
        for role, column in found.items():
            if not is_text(rows, column):
                what = f"Column {column!r} does not hold text."
                raise DataError(what, columns_fix(rows), f"data.columns.{role}")
        self.notes += [note for note in notes if note not in self.notes]
        return rows[found["text"]][:], rows[found["summary"]][:]

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns columns source and target; settles how ROUGE splits the summaries into words."""
        found = super().standardise(rows, split)
        if not self._is_settled:
            self._is_settled = True
            latin = is_latin(found["target"][:])
            self.rouge_tokenizer = None if latin else AnyScript()
            self.notes.append(
                "ROUGE is rouge_score's, with its stemmer, as in transformers' run_summarization."
                if latin
                else "ROUGE counts words of any script, and characters where a script parts no words: "
                "rouge_score's own tokenizer drops letters that are not Latin."
            )
        return found

    def settle_as(self, other: Task) -> None:
        """Takes how ROUGE splits texts into words."""
        self.rouge_tokenizer = cast("Summarization", other).rouge_tokenizer

    def judge(self, written: list[str], wanted: list[str], metrics: Sequence[str]) -> dict[str, float]:
        """Returns ROUGE F and METEOR from 0 to 1, the mean over rows."""
        names = [name for name in metrics if name != "meteor"]
        scores = rouge(written, wanted, names, self.rouge_tokenizer) if names else {}
        return {**scores, **meteor(written, wanted, metrics)}


def rouge(
    written: Sequence[str], wanted: Sequence[str], names: Sequence[str], tokenizer: AnyScript | None = None
) -> dict[str, float]:
    """Returns ROUGE by name; rougeLsum compares sentence by sentence, the others whole texts."""
    options = {"tokenizer": tokenizer} if tokenizer else {"use_stemmer": True}
    lines = [([sentences(text) for text in texts] if _LINES in names else list(texts)) for texts in (written, wanted)]
    found: Any = Rouge().compute(predictions=lines[0], references=lines[1], rouge_types=list(names), **options)
    return {name: float(found[name]) for name in names}
