"""What a trained summariser writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbft.inference.base import Loaded
from nbft.inference.text_to_text import is_one, text_pipeline, texts_for

__all__ = ["Summary", "is_one", "make_pipeline", "predict"]


@dataclass(frozen=True)
class Summary:
    """A summary; `str` gives its text."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Summary({self.text!r})"


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns a function of texts to [{"summary_text": text}]; transformers 5 has no pipeline for it.

    `kwargs` are settings of generation (num_beams, max_new_tokens) and batch_size.
    """
    return text_pipeline(loaded, "summary_text", **kwargs)


def predict(loaded: Loaded, inputs: list[str], batch_size: int) -> list[Summary]:
    """Returns a summary of each text."""
    return [Summary(text) for text in texts_for(loaded, inputs, batch_size)]
