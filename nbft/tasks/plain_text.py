"""What tasks of plain text share: one column of texts, a single document split at its end, models that fit."""

from __future__ import annotations

from collections.abc import Iterable

from datasets import Dataset

from nbft.data.columns import KNOWN_NAMES, Role, columns_fix, is_text, recognise
from nbft.data.documents import cut_tail
from nbft.data.rows import NothingLeft, cells
from nbft.data.splits import hold_out
from nbft.errors import DataError, ModelError
from nbft.spec.sections import RunSpec
from nbft.tasks.base import Task
from nbft.tasks.pretrained import read_config

SHOWN_CHARACTERS = 40


class PlainText(Task):
    """Rows have `text` alone."""

    _block: int | None = None
    """Tokens of the longest rows, once they are made."""

    def standardise(self, rows: Dataset, split: str) -> Dataset:
        """Returns the column of texts; rows without text are dropped with a warning, a split without any is refused."""
        only = [column.lower() for column in rows.column_names] if len(rows.column_names) == 1 else []
        role = Role("text", (*KNOWN_NAMES["text"], *only))
        found, notes = recognise(rows, {"text": self.spec.data.columns.text}, [role])
        column = found["text"]
        if not is_text(rows, column):
            kind = rows.features[column]
            raise DataError(f"Column {column!r} holds no text, but {kind}.", columns_fix(rows), "data.columns.text")
        self.notes += [note for note in notes if note not in self.notes]
        texts = [self.preprocess(text) if self.preprocess and text else text or "" for text in cells(rows, column)]
        kept = [text for text in texts if text.strip()]
        if not kept:
            raise NothingLeft(f"No row of the {split} data has any text.", columns_fix(rows), f"data.{split}")
        self.leave_out(split, len(texts), [i for i, text in enumerate(texts) if not text.strip()], "have no text")
        return Dataset.from_dict({"text": kept})

    def hold_out(self, rows: Dataset, size: float | int) -> tuple[Dataset, Dataset, str]:
        """Returns (kept, held out, note): whole texts by chance, or the end of the one text that there is."""
        if len(rows) > 1:
            return hold_out(rows, size, None, self.spec.split_seed)
        if not isinstance(size, float):
            raise DataError(f"There is one text: {size} of it can't be held out.", "Write a share, such as 10%.")
        beginning, end = cut_tail(rows[0]["text"], size)
        if not beginning.strip() or not end.strip():
            raise DataError("The one text there is is too short to be split.", "Name a file of held-out text.")
        first = " ".join(end.split())[:SHOWN_CHARACTERS]
        note = f"The data is one text: its last {len(end):,} characters were held out, from {first!r} on."
        return Dataset.from_dict({"text": [beginning]}), Dataset.from_dict({"text": [end]}), note


def refuse_wrong_model(spec: RunSpec, fitting: Iterable[str], cannot: str, fix: str) -> None:
    """Raises ModelError for a model whose kind (gpt2, bert) is not among those that fit; reads the config alone."""
    kind = read_config(spec.model).model_type
    if kind not in fitting:
        raise ModelError(f"The model is a {kind}, which {cannot}.", fix, "model")
