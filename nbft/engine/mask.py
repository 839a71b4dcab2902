"""Which tokens of the training rows a run learns (`--mask`), as pieces of text."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from nbft.engine.build import load_rows
from nbft.engine.tokenising import checked_limit, make_features
from nbft.errors import DataError
from nbft.record.folder import RunFolder
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec
from nbft.tasks.base import Features, Task
from nbft.tasks.language_model import IGNORED
from nbft.tasks.tokenizers import load_tokenizer

Piece = tuple[str, bool, int]
"""A text, whether its tokens are learnt, and how many they are."""


def look_at_mask(spec: RunSpec, folder: RunFolder, record: EventWriter, count: int) -> dict[str, Any]:
    """Returns the first `count` training rows in pieces and how much of all rows is learnt; raises DataError."""
    task, splits = load_rows(spec, folder, record)
    tokenizer = load_tokenizer(task.spec, task.texts(splits.train))
    task.prepare_tokenizer(tokenizer)
    features = make_features(task, splits.train, tokenizer, checked_limit(spec.data.max_tokens, task.model_limit))
    rows = features.rows.select_columns([c for c in ("input_ids", "labels") if c in features.rows.column_names])
    _refuse_without_mask(rows, task)
    learnt = sum(sum(label != IGNORED for label in labels) for labels in rows["labels"])
    shown = rows.select(range(min(count, len(rows)))).to_list()
    return {
        "rows": [_pieces(row["input_ids"], row["labels"], tokenizer) for row in shown],
        "learnt": learnt,
        "tokens": sum(features.lengths),
        "count": len(rows),
        "notes": [*splits.notes, *task.notes, *_cut(features)],
    }


def _cut(features: Features) -> list[str]:
    if not features.cut:
        return []
    return [f"{features.cut:,} rows are longer than {features.limit:,} tokens and lose their end."]


def _refuse_without_mask(rows: Any, task: Task) -> None:
    first = rows[0] if len(rows) else {}
    labels = first.get("labels")
    if not isinstance(labels, list) or len(labels) != len(first.get("input_ids", ())):
        raise DataError(
            f"The task {task.name} does not learn some tokens of a row and pass over others: there is no mask.",
            "There is one for chat, text-generation and token-classification.",
            "task",
        )


def _pieces(ids: list[int], labels: list[int], tokenizer: Any) -> list[Piece]:
    """What a piece adds to the text before it: alone, decoders would leave out its first space."""
    pieces: list[Piece] = []
    end, before = 0, ""
    for is_learnt, run in groupby(labels, lambda label: label != IGNORED):
        length = len(list(run))
        end += length
        text = tokenizer.decode(ids[:end], clean_up_tokenization_spaces=False)
        pieces.append((text[len(before) :], is_learnt, length))
        before = text
    return pieces
