"""`data.clean` and `data.labels`: the steps that rows go through, and what becomes of labels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from nbft.spec.guess import did_you_mean
from nbft.spec.scalars import spell
from nbft.spec.types import Words

ABOUT = {
    "strip-html": "tags out, entities decoded, <br> a line's end; scripts and styles dropped",
    "normalize-unicode": "one form of Unicode (NFC, or NFKC); control and invisible characters out",
    "collapse-whitespace": "one space wherever there is white space",
    "mask-emails-and-numbers": "<email> and <number> in their place, telephone numbers too",
    "drop-empty": "rows of which no text is left",
    "drop-duplicates": "rows that repeat an earlier one; `near`, or a similarity as 0.9, for nearly the same too",
    "drop-conflicting": "all rows of an input that stands with different targets",
    "drop-longer-than": "rows longer than so many characters, or `300 words`",
    "drop-leaks": "training rows whose input stands in validation or test too",
}
"""The steps, a line about each."""
STEPS = tuple(ABOUT)
SIMILARITY = 0.9
"""Of rows that are nearly the same, where only `near` is said."""
LEAST_SIMILARITY = 0.7
"""Below it nearly every text has thousands of others to be compared with."""
MOST_LENGTH = 1_000_000_000
_LENGTH = re.compile(r"\s*([0-9][0-9_,]*)\s*([a-z]*)\s*")
_FUNCTION = re.compile(r"\$[^\W\d]\w*")
_UNITS = {"": "characters", "characters": "characters", "chars": "characters", "words": "words", "tokens": "tokens"}


@dataclass(frozen=True)
class Step:
    """One step of cleaning: its name, or a `$function` of the notebook, and its option."""

    name: str
    option: Any = None
    """The form of Unicode, the least similarity of duplicates, or (number, `characters` or `words`)."""

    @property
    def function(self) -> str:
        """The name of the function that the step is, empty where it is none."""
        return self.name[1:] if self.name.startswith("$") else ""

    def __str__(self) -> str:
        if isinstance(self.option, tuple):
            return f"{self.name} {self.option[0]:,} {self.option[1]}"
        return self.name if self.option is None else f"{self.name} {self.option}"


class WrongStep(ValueError):
    """A step that there isn't, or an option that it doesn't take."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


def steps_of(clean: list[Any] | None) -> list[Step]:
    """Returns the steps of a spec that was checked."""
    return [read_step(item) for item in clean or []]


def read_step(item: Any) -> Step:
    """Returns the step that an item of `data.clean` says; raises WrongStep."""
    name, option = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else (item, None)
    if not isinstance(name, str):
        fix = "Write each step as an item of its own: [strip-html, drop-duplicates: near]"
        raise WrongStep(
            f"each item must be a step, as strip-html or {{drop-duplicates: near}}, got {spell(item)}.", fix
        )
    if name.startswith("$"):
        return _call(name, option, name is item)
    if name not in STEPS:
        raise WrongStep(f"{name!r} is no step of cleaning.", did_you_mean(name, STEPS, "Steps"))
    if name == "drop-longer-than":
        return Step(name, _length(option))
    if name is item:
        return Step(name)
    if name == "normalize-unicode":
        if option not in ("NFC", "NFKC"):
            raise WrongStep(f"{name} takes NFC or NFKC, got {spell(option)}.", f"Write   {name}: NFC")
        return Step(name, option)
    if name == "drop-duplicates":
        return Step(name, _similarity(option))
    raise WrongStep(f"{name} takes no option, got {spell(option)}.", f"Write   {name}   alone.")


def _call(name: str, option: Any, is_bare: bool) -> Step:
    if not is_bare:
        raise WrongStep(f"a function takes no option, got {spell(option)}.", f"Write   {name}   alone.")
    if not _FUNCTION.fullmatch(name):
        raise WrongStep(f"{name!r} is no function's name.", "Write $ and the name of a function alone.")
    return Step(name)


def _length(option: Any) -> tuple[int, str]:
    fix = "Write   drop-longer-than: 2000   or   drop-longer-than: 300 words"
    is_number = isinstance(option, int) and not isinstance(option, bool)
    match = _LENGTH.fullmatch(str(option)) if is_number or isinstance(option, str) else None
    unit = _UNITS.get(match[2]) if match else None
    number = int(re.sub("[_,]", "", match[1])) if match else 0
    if unit == "tokens":
        what = "tokens are counted after cleaning, when the model's tokenizer is known."
        raise WrongStep(
            what, f"Write   max_tokens: {number}   in 'data' to cut texts, or count characters or words here."
        )
    if unit is None or not 1 <= number <= MOST_LENGTH:
        got = "nothing" if option is None else spell(option)
        raise WrongStep(f"drop-longer-than takes a number of characters or words, got {got}.", fix)
    return number, unit


def _similarity(option: Any) -> float:
    if isinstance(option, dict) and list(option) == ["near"]:
        option = option["near"]
    if option == "near":
        return SIMILARITY
    if isinstance(option, float) and LEAST_SIMILARITY <= option < 1:
        return option
    what = f"drop-duplicates takes 'near', or a similarity from {LEAST_SIMILARITY} to below 1, got {spell(option)}."
    raise WrongStep(what, "Write   drop-duplicates: near   which is 0.9; without an option it drops what is the same.")


def _step(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("step", "must be a step's name, or a mapping of the name to its option")
    return value  # the rest is told by the checks, which know what was meant


def _labels(value: Any) -> Any:
    """A new label may be typed as a number or as true; labels are text."""
    if value is None:
        return None
    is_mapping = isinstance(value, dict) and bool(value)
    if not is_mapping or not all(isinstance(new, str | int | float) and str(new).strip() for new in value.values()):
        raise PydanticCustomError("labels", "must name old labels and what each is to be called")
    return {str(old): new if isinstance(new, str) else label_text(new) for old, new in value.items()}


def label_text(value: Any) -> str:
    """Returns a number or a truth value as it is called where it is a label."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


_NEAR = [{"const": "near"}, {"type": "number", "minimum": LEAST_SIMILARITY, "exclusiveMaximum": 1}]
CleanStep = Annotated[
    Any,
    BeforeValidator(_step),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [name for name in STEPS if name != "drop-longer-than"]},
                {
                    "type": "object",
                    "properties": {
                        "normalize-unicode": {"enum": ["NFC", "NFKC"]},
                        "drop-duplicates": {
                            "anyOf": [
                                *_NEAR,
                                {
                                    "type": "object",
                                    "properties": {"near": {"anyOf": _NEAR}},
                                    "required": ["near"],
                                    "additionalProperties": False,
                                },
                            ]
                        },
                        "drop-longer-than": {
                            "anyOf": [
                                {"type": "integer", "minimum": 1, "maximum": MOST_LENGTH},
                                {"type": "string", "pattern": r"^\s*[0-9][0-9_,]*\s*(words|characters|chars)?\s*$"},
                            ]
                        },
                    },
                    "additionalProperties": False,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ]
        }
    ),
    Words("a step, as strip-html or {drop-duplicates: near}", STEPS),
]
CleanSteps = Annotated[
    list[CleanStep],
    Field(min_length=1, max_length=100),
    Words("a list of steps, as [strip-html, drop-duplicates]", STEPS),
]
NewLabels = Annotated[
    Any,
    BeforeValidator(_labels),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": ["number", "boolean"]}]},
        }
    ),
    Words("old labels and what each is to be called, or `drop`"),
]
DROP = "drop"
"""Takes the place of a new label where rows are to go."""
