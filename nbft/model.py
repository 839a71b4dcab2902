"""The model of a run, used: loaded, as a pipeline, or for predictions. Imports torch only when called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Prediction:
    """What the model says of one text."""

    label: str
    probability: float
    probabilities: dict[str, float]
    """Of every label; they add up to 1."""

    def __repr__(self) -> str:
        return f"Prediction({self.label!r}, probability={self.probability:.3f})"


def load_model(folder: str) -> Any:
    """Returns the model in evaluation mode."""
    from transformers import AutoModelForSequenceClassification

    with _without_progress_bars():
        return AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=False).eval()


def make_pipeline(folder: str, **kwargs: Any) -> Any:
    """Returns a transformers pipeline."""
    from transformers import pipeline

    with _without_progress_bars():
        options = {"trust_remote_code": False, **kwargs}
        return pipeline("text-classification", model=folder, tokenizer=folder, **options)


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    """A bar for 40 small tensors would stay in the notebook as a widget that no reader can open."""
    from transformers.utils import logging

    were_on = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if were_on:
            logging.enable_progress_bar()


@lru_cache(maxsize=2)
def _loaded(folder: str, stamp: float) -> tuple[Any, Any]:  # noqa: ARG001 - a model written anew is loaded anew
    from transformers import AutoTokenizer

    return load_model(folder), AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def predict(folder: str, texts: str | list[str], batch_size: int) -> Prediction | list[Prediction]:
    """Returns a prediction for each text; a single text gives a single prediction."""
    from pathlib import Path

    model, tokenizer = _loaded(folder, (Path(folder) / "config.json").stat().st_mtime)
    wanted = [texts] if isinstance(texts, str) else list(texts)
    found = [p for i in range(0, len(wanted), batch_size) for p in _batch(model, tokenizer, wanted[i : i + batch_size])]
    return found[0] if isinstance(texts, str) else found


def _batch(model: Any, tokenizer: Any, texts: list[str]) -> list[Prediction]:
    import torch

    limit = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 512))
    batch = tokenizer(texts, truncation=True, max_length=limit, padding=True, return_tensors="pt")
    with torch.inference_mode():
        rows = model(**batch).logits.float().softmax(dim=-1).tolist()  # (B, C)
    names = [model.config.id2label[i] for i in range(len(rows[0]))]
    return [_prediction(dict(zip(names, row, strict=True))) for row in rows]


def _prediction(probabilities: dict[str, float]) -> Prediction:
    label = max(probabilities, key=probabilities.__getitem__)
    return Prediction(label, probabilities[label], probabilities)
