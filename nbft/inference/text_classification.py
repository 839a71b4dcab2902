"""What a text classifier says of a text, or of a pair of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbft.errors import RunError
from nbft.inference.base import Loaded, reading_as_trained


@dataclass(frozen=True)
class Prediction:
    """What the model says of one text, where a text has one label."""

    label: str
    probability: float
    probabilities: dict[str, float]
    """Of every label; they add up to 1."""

    def __repr__(self) -> str:
        return f"Prediction({self.label!r}, probability={self.probability:.3f})"


@dataclass(frozen=True)
class Labels:
    """What the model says of one text, where a text may have several labels."""

    labels: list[str]
    """Those whose probability reaches the spec's threshold, the likeliest first; may be empty."""
    probabilities: dict[str, float]
    """Of every label, each by itself."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{self.probabilities[label]:.3f}" for label in self.labels)
        return f"Labels({self.labels!r}, probabilities=[{shown}])"


@dataclass(frozen=True)
class Number:
    """What the model says of one text, where the label is a number."""

    value: float

    def __repr__(self) -> str:
        return f"Number({self.value:.3f})"

    def __float__(self) -> float:
        return self.value


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one text, or one pair: a (text, text_pair) tuple or {text, text_pair}."""
    is_pair = isinstance(inputs, tuple) and len(inputs) == 2 and all(isinstance(text, str) for text in inputs)
    return isinstance(inputs, str | Mapping) or is_pair


def make_pipeline(loaded: Loaded, **kwargs: Any) -> Any:
    """Returns a transformers pipeline that cuts and prepares texts as the run did; all labels where there are several."""
    from transformers import pipeline

    options: dict[str, Any] = {"trust_remote_code": False, "truncation": True}
    if loaded.model.config.problem_type == "multi_label_classification":
        options["top_k"] = None
    made = pipeline("text-classification", model=loaded.folder, tokenizer=loaded.folder, **{**options, **kwargs})
    return reading_as_trained(made, loaded)


def predict(loaded: Loaded, inputs: list[Any], batch_size: int) -> list[Prediction | Labels | Number]:
    """Returns a prediction for each text or pair; its type says what a label is. Raises RunError for other inputs."""
    texts = [_texts(row) for row in inputs]
    if len({len(row) for row in texts}) > 1:
        raise RunError("Some inputs are pairs of texts and some are not.", "Give all of one form.")
    parts = (texts[i : i + batch_size] for i in range(0, len(texts), batch_size))
    return [prediction for part in parts for prediction in _batch(loaded, part)]


def _texts(row: Any) -> tuple[str, ...]:
    if isinstance(row, str):
        return (row,)
    if isinstance(row, Mapping):
        row = [row[role] for role in ("text", "text_pair") if role in row]
    if isinstance(row, Sequence) and 1 <= len(row) <= 2 and all(isinstance(text, str) for text in row):
        return tuple(row)
    raise RunError(
        f"This is no text and no pair of texts: {repr(row)[:80]}",
        "Write  run.predict('a text'), run.predict(('a text', 'its pair')),\n"
        "run.predict({'text': ..., 'text_pair': ...}), or a list of such.",
    )


def _batch(loaded: Loaded, texts: list[tuple[str, ...]]) -> list[Prediction | Labels | Number]:
    import torch

    model, tokenizer = loaded.model, loaded.tokenizer
    limit = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None) or 512)
    columns = [list(column) for column in zip(*texts, strict=True)]
    batch = tokenizer(*columns, truncation=True, max_length=limit, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**batch).logits.float()  # (B, C)
    if model.config.problem_type == "regression":
        return [Number(value) for value in logits.squeeze(-1).tolist()]
    names = [model.config.id2label[i] for i in range(logits.shape[1])]
    if model.config.problem_type == "multi_label_classification":
        threshold = loaded.spec.classification.threshold
        return [_labels(dict(zip(names, row, strict=True)), threshold) for row in logits.sigmoid().tolist()]
    return [_prediction(dict(zip(names, row, strict=True))) for row in logits.softmax(dim=-1).tolist()]


def _prediction(probabilities: dict[str, float]) -> Prediction:
    label = max(probabilities, key=probabilities.__getitem__)
    return Prediction(label, probabilities[label], probabilities)


def _labels(probabilities: dict[str, float], threshold: float) -> Labels:
    order = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
    return Labels([label for label in order if probabilities[label] >= threshold], probabilities)
