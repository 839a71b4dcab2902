"""Small types that sections share: text, counts, fractions, rhythms and sources, each with the words that describe it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from nbft.spec.metric_names import METRICS


@dataclass(frozen=True)
class Words:
    """How a type is called in errors, hover text and the reference, where its Python type doesn't say it."""

    words: str
    choices: tuple[str, ...] = ()
    """Values worth offering in completion."""


_PERCENT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*")


def share_of(value: Any) -> float | None:
    """Returns 0.1 for `10%` (or 0.1), None for what is no share; a share lies strictly between 0 and 1."""
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        value = float(match[1]) / 100
    return value if isinstance(value, float) and 0 < value < 1 else None


def is_percentage(value: Any) -> bool:
    """Returns whether the value is written as a percentage, of whatever size."""
    return isinstance(value, str) and _PERCENT.fullmatch(value) is not None


def _percent(value: Any) -> Any:
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) / 100 if match else value


def _every(value: Any) -> Any:
    if value == "epoch" or (_is_whole(value) and 1 <= value <= MOST):
        return value
    raise PydanticCustomError("every", "must be 'epoch' or a number of steps")


def _settings(value: Any) -> Any:
    is_name = isinstance(value, str) and value.strip()
    if value is None or is_name or (isinstance(value, dict) and isinstance(value.get("model_type"), str)):
        return value
    raise PydanticCustomError("settings", "must be a model's name, or settings with a model_type")


def _new_tokens(value: Any) -> Any:
    are_texts = isinstance(value, list) and value and all(isinstance(one, str) and one for one in value)
    if value is None or value == "characters" or are_texts:
        return value
    raise PydanticCustomError("new_tokens", "must be a list of texts, or 'characters'")


def _seeds(value: Any) -> Any:
    is_count = _is_whole(value) and 1 <= value <= MOST_SEEDS
    are_seeds = isinstance(value, list) and 1 <= len(value) <= MOST_SEEDS and all(map(_is_seed, value))
    if value is None or is_count or are_seeds:
        return value
    raise PydanticCustomError("seeds", "must be a number of seeds, or a list of seeds")


def _is_seed(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= LAST_SEED


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


MOST = 1_000_000_000
"""No count in a spec is larger."""
MOST_SEEDS = 1000
LAST_SEED = 2**32 - 1

_METRIC_PATTERN = r"^[A-Za-z$][\w.$/-]*$"
_MONITORED = ("eval/loss", *(f"eval/{name}" for name in METRICS))

Text = Annotated[str, StringConstraints(min_length=1)]
Count = Annotated[int, Field(ge=1, le=MOST), Words("a whole number of at least 1")]
Fraction = Annotated[
    float,
    BeforeValidator(_percent),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
                {"type": "string", "pattern": r"^\s*0*[0-9]{1,2}(\.[0-9]+)?\s*%\s*$"},
            ]
        }
    ),
    Words("a share, as 10% or 0.1, of at least 0 and below 1"),
    Field(ge=0, lt=1),
]
Seed = Annotated[int, Field(ge=0, le=LAST_SEED)]
Seeds = Annotated[
    int | list[int],
    BeforeValidator(_seeds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_SEEDS},
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_SEEDS,
                    "uniqueItems": True,
                    "items": {"type": "integer", "minimum": 0, "maximum": LAST_SEED},
                },
            ]
        }
    ),
    Words(f"a number of seeds from 1 to {MOST_SEEDS}, or a list of them, as [1, 2, 3]"),
]
Every = Annotated[
    Literal["epoch"] | int,
    BeforeValidator(_every),
    WithJsonSchema({"anyOf": [{"const": "epoch"}, {"type": "integer", "minimum": 1, "maximum": MOST}]}),
    Words("`epoch` or a number of steps", ("epoch",)),
]
Function = Annotated[
    str,
    StringConstraints(pattern=r"^\$[^\W\d]\w*$"),
    WithJsonSchema({"type": "string", "pattern": r"^\$[A-Za-z_]\w*$"}),
    Words("a `$function` of the notebook"),
]
Texts = Annotated[
    list[Text],
    Field(min_length=1, max_length=10_000),
    Words("a list of texts"),
]
NewTokens = Annotated[
    Literal["characters"] | list[Text],
    BeforeValidator(_new_tokens),
    Field(max_length=10_000),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "characters"},
                {"type": "array", "minItems": 1, "maxItems": 10_000, "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
    Words("a list of texts, or `characters`", ("characters",)),
]
TEMPLATES = ("chatml", "llama3", "zephyr", "gemma", "mistral", "alpaca", "plain")
"""Chat templates that are known by name."""
Template = Annotated[
    str,
    StringConstraints(min_length=1),
    Words(f"{', '.join(TEMPLATES)}, or Jinja text", TEMPLATES),
]
Settings = Annotated[
    Any,
    BeforeValidator(_settings),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "object", "required": ["model_type"]}]}),
    Words("a model's name, or settings with a model_type"),
]
MetricName = Annotated[
    str,
    StringConstraints(pattern=_METRIC_PATTERN),
    WithJsonSchema({"enum": list(METRICS)}),
    Words("the name of a metric, as accuracy", METRICS),
]
MetricNames = Annotated[
    list[MetricName],
    Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    Words("a list of metrics, as [accuracy, f1]", METRICS),
]
Monitor = Annotated[
    str,
    StringConstraints(pattern=_METRIC_PATTERN),
    WithJsonSchema({"enum": [*_MONITORED, *METRICS, "loss"]}),
    Words("the name of a metric, as eval/f1", _MONITORED),
]
