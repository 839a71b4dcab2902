"""What a text classifier says of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbft.inference.base import Loaded


@dataclass(frozen=True)
class Prediction:
    """What the model says of one text."""

    label: str
    probability: float
    probabilities: dict[str, float]
    """Of every label; they add up to 1."""

    def __repr__(self) -> str:
        return f"Prediction({self.label!r}, probability={self.probability:.3f})"


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one text."""
    return isinstance(inputs, str)


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns a transformers pipeline."""
    from transformers import pipeline

    options = {"trust_remote_code": False, **kwargs}
    return pipeline("text-classification", model=loaded.folder, tokenizer=loaded.folder, **options)


def predict(loaded: Loaded, inputs: list[str], batch_size: int) -> list[Prediction]:
    """Returns a prediction for each text."""
    parts = (inputs[i : i + batch_size] for i in range(0, len(inputs), batch_size))
    return [prediction for part in parts for prediction in _batch(loaded.model, loaded.tokenizer, part)]


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
