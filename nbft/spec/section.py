"""What every part of a spec has in common."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A part of a spec: unknown keys are refused, types are never guessed, and nothing changes after reading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
    shorthand: ClassVar[str] = ""
    """The field that a bare value stands for: `model: bert` is `model: {name: bert}`."""

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: Any) -> Any:
        is_bare = cls.shorthand and isinstance(value, str)
        return {cls.shorthand: value} if is_bare else value
