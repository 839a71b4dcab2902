"""The rows of an evaluation in the form in which a metric of `evaluate` takes them: it says by its features which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import datasets
import evaluate
import numpy as np

from nbft.errors import DataError

Forms = Mapping[str, Any]
"""One side of the rows, by form: text, texts, class, classes, number, numbers, answer."""
_SIDES = (("predictions", "prediction_scores"), ("references",))
_PLAIN = {"string": "text", "int": "class", "float": "number"}
_SEVERAL = {"text": "texts", "class": "classes", "number": "numbers"}


def as_taken(
    module: evaluate.EvaluationModule, name: str, said: Forms, wanted: Forms
) -> tuple[tuple[str, Any], tuple[str, Any]]:
    """Returns the rows of both sides, each with the name of its argument; raises DataError where no form suits."""
    known = module.features if isinstance(module.features, list) else [module.features]
    for features in known:
        sides = [_side(features, names, forms) for names, forms in zip(_SIDES, (said, wanted), strict=True)]
        if len(features) == len(_SIDES) and sides[0] and sides[1]:
            return sides[0], sides[1]
    takes = "; or ".join(", ".join(f"{key}: {value}" for key, value in features.items()) for features in known)
    has = ", ".join(said) or "no answers"
    raise DataError(f"{name} judges other rows: it takes {takes}.", f"There are, in each row: {has}.", "metrics")


def _side(features: Any, names: tuple[str, ...], forms: Forms) -> tuple[str, Any] | None:
    name = next((name for name in names if name in features), None)
    form = _form(features[name]) if name else None
    return (name, forms[form]) if name and form and form in forms else None


def _form(feature: Any) -> str | None:
    if isinstance(feature, datasets.Value):
        return next((form for kind, form in _PLAIN.items() if feature.dtype.startswith(kind)), None)
    if isinstance(feature, Mapping):
        return "answer" if {"prediction_text", "answers"} & set(feature) else None
    inner = getattr(feature, "feature", None)
    return _SEVERAL.get(_form(inner) or "") if inner is not None else None


def of_classes(said: list[str], wanted: list[str], scores: np.ndarray, classes: np.ndarray) -> tuple[Forms, Forms]:
    """Returns the forms of labels: names, and numbers of classes; also how sure the model is, of the second of two."""
    sure: dict[str, Any] = {"numbers": scores.tolist()}
    if scores.shape[1] == 2:
        sure["number"] = scores[:, 1].tolist()
    return {"text": said, "class": scores.argmax(axis=1).tolist(), **sure}, {"text": wanted, "class": classes.tolist()}


def of_several(said: np.ndarray, wanted: np.ndarray, scores: np.ndarray) -> tuple[Forms, Forms]:
    """Returns the forms of several labels a row, (N, C) of 0 and 1, and how sure the model is of each."""
    return {"classes": said.tolist(), "numbers": scores.tolist()}, {"classes": wanted.tolist()}


def of_numbers(said: np.ndarray, wanted: np.ndarray) -> tuple[Forms, Forms]:
    """Returns the form of numbers."""
    return {"number": said.tolist()}, {"number": wanted.tolist()}


def of_lists(said: list[list[str]], wanted: list[list[str]]) -> tuple[Forms, Forms]:
    """Returns the form of tags."""
    return {"texts": said}, {"texts": wanted}


def of_answers(said: list[str], wanted: list[list[str]]) -> tuple[Forms, Forms]:
    """Returns the forms of answers against the right ones: texts, and records as SQuAD's scripts take them."""
    given = [{"id": str(i), "prediction_text": text, "no_answer_probability": 0.0} for i, text in enumerate(said)]
    right = [
        {"id": str(i), "answers": {"text": list(texts), "answer_start": [0] * len(texts)}}
        for i, texts in enumerate(wanted)
    ]
    first = [(texts or [""])[0] for texts in wanted]
    return {"text": said, "answer": given}, {
        "text": first,
        "texts": [texts or [""] for texts in wanted],
        "answer": right,
    }


def of_texts(said: list[str], wanted: list[str]) -> tuple[Forms, Forms]:
    """Returns the forms of texts, each against one reference, which may stand in a list."""
    return {"text": said}, {"text": wanted, "texts": [[text] for text in wanted]}
