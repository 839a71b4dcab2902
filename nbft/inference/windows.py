"""A question and its context -> windows that a model can read, which overlap so that no answer is cut in two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbft.errors import DataError

_LEAST_ROOM = 8
"""Tokens that must be left for question and context, or nothing can be learnt."""


@dataclass(frozen=True)
class Window:
    """A question with a stretch of its context."""

    inputs: dict[str, Any]
    """`input_ids` (L,), and `token_type_ids` where the model wants them."""
    example: int
    """Which of the questions it belongs to."""
    first: int
    """Position of the first token of the context."""
    starts: np.ndarray
    """Where each token of the context begins (C,), in characters of the context."""
    ends: np.ndarray
    """The first character after each (C,)."""

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Returns positions of the first and last token of a stretch of characters; None where a part is outside."""
        if start < 0 or not len(self.starts) or start < self.starts[0] or end > self.ends[-1]:
            return None
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.starts, end, side="left")) - 1
        return (self.first + first, self.first + last) if first <= last else None


def windows(
    tokenizer: Any, questions: Sequence[str], contexts: Sequence[str], limit: int, stride: int
) -> tuple[list[Window], int]:
    """Returns the windows of `limit` tokens at most, in the order of the questions, and how many questions were cut.

    A question keeps at most half of a window; windows share `stride` tokens of the context, or half of what the
    question leaves them where that is less. Raises DataError where the limit leaves no room.
    """
    room = limit - tokenizer.num_special_tokens_to_add(pair=True)
    if room < _LEAST_ROOM:
        raise DataError(
            f"{limit} tokens leave no room for a question and its context.",
            f"{limit - room + _LEAST_ROOM} are the least; 384 is usual.",
            "data.max_tokens",
        )
    questions, lengths, cut = _cut_questions(tokenizer, questions, room // 2)
    groups: dict[int, list[int]] = defaultdict(list)
    for row, length in enumerate(lengths):
        groups[min(stride, (room - length) // 2)].append(row)
    made = [
        window
        for shared, rows in groups.items()
        for window in _read(tokenizer, questions, contexts, rows, limit, shared)
    ]
    tokenizer.backend_tokenizer.no_truncation()  # it would be saved with the model
    return sorted(made, key=lambda window: window.example), cut


def _cut_questions(tokenizer: Any, questions: Sequence[str], most: int) -> tuple[list[str], list[int], int]:
    """Returns the questions, their tokens, and how many lost their end."""
    read = tokenizer(list(questions), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    kept, lengths, cut = list(questions), [], 0
    for row, offsets in enumerate(read["offset_mapping"]):
        lengths.append(min(len(offsets), most))
        if len(offsets) > most:
            kept[row] = kept[row][: offsets[most - 1][1]]
            cut += 1
    return kept, lengths, cut


def _read(
    tokenizer: Any, questions: list[str], contexts: Sequence[str], rows: list[int], limit: int, stride: int
) -> list[Window]:
    encoded = tokenizer(
        [questions[row] for row in rows],
        [contexts[row] for row in rows],
        truncation="only_second",
        max_length=limit,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_attention_mask=False,
        verbose=False,
    )
    names = [name for name in ("input_ids", "token_type_ids") if name in encoded]
    found = []
    for i, source in enumerate(encoded["overflow_to_sample_mapping"]):
        of_context = np.flatnonzero([part == 1 for part in encoded.sequence_ids(i)])
        offsets = np.asarray(encoded["offset_mapping"][i], dtype=np.int32)[of_context]
        inputs = {name: np.asarray(encoded[name][i], dtype=np.int32) for name in names}
        first = int(of_context[0]) if len(of_context) else 0
        found.append(Window(inputs, rows[source], first, offsets[:, 0], offsets[:, 1]))
    return found
