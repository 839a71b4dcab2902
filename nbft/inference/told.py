"""A prediction as plain data, for processes that have no model: what a page can show of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbft.inference.chat import Reply
from nbft.inference.fill_mask import Filled
from nbft.inference.question_answering import Answer
from nbft.inference.text_classification import Labels, Number, Prediction
from nbft.inference.text_generation import Completion
from nbft.inference.token_classification import Tagged

NO_ANSWER = "(no answer)"
MOST = 12
"""Labels that are told, the likeliest first."""


Told = dict[str, Any]


def told(prediction: Any) -> Told:
    """Returns `text` (what is said, in words) and what there is beside it: `chances`, `spans`, `prompt`, `note`."""
    known = next((tell for kind, tell in _KINDS.items() if isinstance(prediction, kind)), None)
    return known(prediction) if known else {"text": str(prediction)}


def _likeliest(probabilities: dict[str, float]) -> list[list[Any]]:
    return [[name, p] for name, p in sorted(probabilities.items(), key=lambda one: -one[1])[:MOST]]


def _prediction(said: Prediction) -> Told:
    return {"text": said.label, "chances": _likeliest(said.probabilities)}


def _labels(said: Labels) -> Told:
    words = ", ".join(said.labels) or "no label"
    return {"text": words, "chances": _likeliest(said.probabilities), "note": "each label by itself"}


def _tagged(said: Tagged) -> Told:
    spans = [[span.start, span.end, span.label, span.score] for span in said.spans]
    return {"text": said.text, "spans": spans, "note": "" if spans else "no span found"}


def _answer(said: Answer) -> Told:
    chances = [[said.text or NO_ANSWER, said.score]]
    chances += [[NO_ANSWER, said.no_answer]] if said.text and said.no_answer else []
    return {"text": said.text or NO_ANSWER, "chances": chances}


def _filled(said: Filled) -> Told:
    chances = [[guess.word, guess.probability] for gap in said.gaps for guess in gap][:MOST]
    return {"text": said.text, "chances": chances, "note": "the likeliest words of each gap"}


_KINDS: dict[type, Callable[[Any], Told]] = {
    Prediction: _prediction,
    Labels: _labels,
    Number: lambda said: {"text": f"{said.value:.4g}"},
    Tagged: _tagged,
    Answer: _answer,
    Reply: lambda said: {"text": said.text, "note": "" if said.is_whole else "cut at max_new_tokens"},
    Completion: lambda said: {"text": said.text, "prompt": said.prompt},
    Filled: _filled,
}
