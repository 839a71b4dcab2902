from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from nbft.inference.question_answering import best_of
from nbft.inference.spans import Best, Span, decide, spans_of
from nbft.inference.windows import Window, windows
from nbft.tasks.tokenizers import named_tokenizer
from tests.tasks.questions import (
    WORDS,
)


def test_windows_cover_the_context_and_share_the_stride(tiny_model: Path):
    tokenizer = named_tokenizer(str(tiny_model))
    context = " ".join(f"{word}" for word in WORDS * 3)
    made, cut = windows(tokenizer, ["was it great"], [context], limit=26, stride=5)
    assert cut == 0
    assert {len(window.inputs["input_ids"]) for window in made[:-1]} == {26}  # [CLS] 3 [SEP] 20 [SEP]
    starts = [window.starts.tolist() for window in made]
    assert all(left[-5:] == right[:5] for left, right in pairwise(starts))
    seen = {(start, end) for window in made for start, end in zip(window.starts, window.ends, strict=True)}
    assert [context[start:end] for start, end in sorted(seen)] == context.split()
    assert all(window.inputs["input_ids"][window.first] not in (2, 3) for window in made)


def test_a_stride_that_does_not_fit_is_made_smaller_for_that_question_alone(tiny_model: Path):
    tokenizer = named_tokenizer(str(tiny_model))
    context = " ".join(WORDS * 3)
    short, long = "was it great", " ".join(WORDS[:9])
    alone, _ = windows(tokenizer, [short], [context], limit=23, stride=8)
    both, cut = windows(tokenizer, [long, short], [context, context], limit=23, stride=8)
    assert [w.example for w in both] == sorted(w.example for w in both)
    own = [w.inputs["input_ids"].tolist() for w in both if w.example == 1]
    assert own == [w.inputs["input_ids"].tolist() for w in alone]
    shared = [w.starts for w in both if w.example == 0]
    assert shared[0][-5:].tolist() == shared[1][:5].tolist()  # half of the 11 that the question leaves
    assert cut == 0


def test_the_best_span_is_the_one_a_plain_search_finds():
    chance = np.random.default_rng(1)
    window = Window({}, 0, 5, np.arange(0, 40, 2), np.arange(1, 41, 2))  # 20 tokens of the context, from position 5
    logits = torch.tensor(chance.normal(size=(1, 2, 30)), dtype=torch.float32)
    scores, positions = best_of(logits, 30)
    found = spans_of(Best(scores[0].numpy(), positions[0].numpy(), 0.0), window, 7, max_tokens=4)
    every = [
        (float(logits[0, 0, s] + logits[0, 1, e]), 2 * (s - 5), 2 * (e - 5) + 1)
        for s in range(5, 25)
        for e in range(s, min(s + 4, 25))
    ]
    expected = [Span(start, end, pytest.approx(score)) for score, start, end in sorted(every, reverse=True)[:7]]  # pyright: ignore[reportArgumentType]
    assert found == expected


def test_windows_shorter_than_the_number_of_candidates_are_filled_up():
    scores, positions = best_of(torch.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 4)
    assert positions.tolist() == [[[1, 0, -1, -1], [0, 1, -1, -1]]]
    window = Window({}, 0, 0, np.array([0, 2]), np.array([1, 3]))
    found = spans_of(Best(scores[0].numpy(), positions[0].numpy(), 0.0), window, 4, 30)
    assert [(s.start, s.end, s.score) for s in found] == [(2, 3, 3.0), (0, 1, 3.0), (0, 3, 1.0)]


def test_windows_compete_and_the_least_sure_of_no_answer_counts():
    first, second = [Span(0, 3, 4.0), Span(5, 6, 1.0)], [Span(0, 3, 5.0), Span(8, 9, 2.0)]
    found = decide([first, second], [9.0, 4.5], candidates=3, may_be_none=True)
    assert [(s.start, s.score) for s in found.spans] == [(0, 5.0), (8, 2.0), (5, 1.0)]
    assert found.is_answered
    weights = np.exp([5.0, 2.0, 1.0, 4.5])
    assert [*found.probabilities, found.no_answer] == pytest.approx(weights / weights.sum())
    assert not decide([first, second], [9.0, 5.1], 3, may_be_none=True).is_answered
    always = decide([first, second], [9.0, 5.1], 3, may_be_none=False)
    assert (always.is_answered, always.no_answer) == (True, 0.0)
    assert not decide([[]], [0.0], 3, may_be_none=False).is_answered
