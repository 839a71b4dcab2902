"""What an evaluation's YAML may say, and reading it: every problem at once, each with its line and caret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from nbft.errors import SpecError
from nbft.spec.fields import Key, keys_of
from nbft.spec.guess import did_you_mean, short
from nbft.spec.judged_metrics import wrong_metrics
from nbft.spec.metric_names import METRICS
from nbft.spec.scalars import spell
from nbft.spec.section import Section
from nbft.spec.sources import VARIABLE
from nbft.spec.text import Path, SpecText, value_at
from nbft.spec.types import Text, Words
from nbft.spec.variables import is_data, is_function
from nbft.spec.yaml_text import read_yaml

UNNAMED = "this evaluation"
_TWINS = {
    **dict.fromkeys(("run", "model", "models", "systems", "name", "names"), "runs"),
    **dict.fromkeys(("dataset", "rows", "test", "source"), "data"),
    **dict.fromkeys(("slices", "slice", "group_by", "groups"), "by"),
    **dict.fromkeys(("gates", "gate", "demands", "threshold"), "require"),
    "against": "compare",
    "baseline": "baselines",
}
"""What others call our keys."""
_DEMAND = r"^\s*[\w$]+(\.low|\.high)?\s*(<=|>=|<|>)\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?\s*$"


def _as_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rows(value: Any) -> Any:
    if value is None or is_data(value) or (isinstance(value, str) and value.strip()):
        return value
    raise PydanticCustomError("rows", "must be a source or rows")


Demand = Annotated[
    str, StringConstraints(pattern=_DEMAND), Words("a demand, as 'accuracy >= 0.85' or 'accuracy.low >= 0.85'")
]
JudgedBy = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s,]+$"),
    Words("the name of a metric, as accuracy, a folder that holds one, or a $function", METRICS),
]
Pair = Annotated[list[Text], Field(min_length=2, max_length=2), Words("a pair of systems, as [reviews, base]")]
GivenRows = Annotated[
    Any,
    BeforeValidator(_rows),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "array", "items": {"type": "object"}}]}),
    Words("a source (a file, a hub id, a `$variable`), or a list of rows"),
]


class EvalSpec(Section):
    """An evaluation: which systems are judged, on which rows, by what."""

    runs: Annotated[
        list[Text],
        BeforeValidator(_as_list),
        Field(min_length=1, examples=[["reviews", "base"]]),
        Words("a list of systems, as [reviews, base]", ("base",)),
    ]
    """Runs, `base` (the first run's model before training), folders or hub ids of models, and adapters."""
    data: GivenRows | None = None
    """The rows to judge on: a source, a `$variable` or rows; the first run's test rows if left out."""
    metrics: Annotated[
        list[JudgedBy] | None,
        BeforeValidator(_as_list),
        Field(min_length=1, examples=[["accuracy", "f1"]]),
        Words("a list of metrics, as [accuracy, f1]", METRICS),
    ] = None
    """Metrics to compute, also by a `$function` or a folder with a script for `evaluate`; those of the first run if left out."""
    trust_remote_code: bool = False
    """Whether the code that a metric of the hub brings may run here: read it first."""
    by: Annotated[
        list[Text] | None,
        BeforeValidator(_as_list),
        Field(min_length=1, examples=[["label", "length"]]),
        Words("a list of label, length and columns, as [label, length]", ("label", "length")),
    ] = None
    """Parts of the rows that are scored by themselves: by label, by length, or by a column's value."""
    compare: Annotated[
        list[Pair] | None,
        Field(min_length=1, examples=[[["reviews", "base"]]]),
        Words("a list of pairs, as [[reviews, base]]"),
    ] = None
    """Pairs to compare; the first system against each other one and the best baseline if left out."""
    baselines: bool = True
    """Whether what costs nothing, as the commonest label, is judged beside them."""
    require: Annotated[
        list[Demand] | None,
        BeforeValidator(_one_or_more),
        Field(min_length=1, examples=[["accuracy >= 0.85"]]),
        Words("a demand, as 'accuracy >= 0.85', or a list of them"),
    ] = None
    """Demands on the first system; `accuracy.low` is the lower end of the interval."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Starts what is drawn by chance: the resamples of the intervals, the random baseline."""


@dataclass(frozen=True)
class LoadedEvaluation:
    """An evaluation's spec, with the rows that it gives or names."""

    spec: EvalSpec
    data: Any = None
    """A source's name, rows of the notebook, or None for the first run's test rows."""
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """Functions of the notebook that `metrics` names."""


def read_evaluation(
    text: str, *, variables: Mapping[str, Any] | None = None, name: str = UNNAMED, first_line: int = 1
) -> LoadedEvaluation:
    """Reads YAML; raises SpecError with all problems. `first_line` is its first line's number as the reader counts."""
    read = read_yaml(text, first_line=first_line)
    data = _take_variables(read, variables) if isinstance(read.data, dict) else None
    spec = _validate(read, variables)
    if read.problems or spec is None:
        raise SpecError(sorted(read.problems, key=lambda p: (p.line is None, p.line or 0, p.column or 0)), name)
    return LoadedEvaluation(spec, spec.data if data is None else data, functions_in(spec.metrics, variables or {}))


def functions_in(metrics: Sequence[str] | None, variables: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Returns the functions of the notebook that metrics name as `$name`."""
    named = [name[1:] for name in metrics or () if name.startswith("$")]
    return {name: variables[name] for name in named if is_function(variables.get(name))}


def _take_variables(text: SpecText, variables: Mapping[str, Any] | None) -> Any:
    """Puts the names of runs in place of `$run`; returns the rows that `data` names, None where it names none."""
    runs = text.data.get("runs")
    for place, word in enumerate(runs if isinstance(runs, list) else []):
        if isinstance(word, str) and VARIABLE.fullmatch(word):
            found = _found(text, ("runs", place), word[1:], variables)
            named = found if isinstance(found, str) else getattr(found, "name", None)
            if isinstance(named, str):
                runs[place] = named
            elif found is not None:
                text.complain(("runs", place), f"{word} is no run, and no run's name.", "Rows belong under data.")
    word = text.data.get("data")
    if not isinstance(word, str) or not VARIABLE.fullmatch(word):
        return None
    found = _found(text, ("data",), word[1:], variables)
    if found is not None and not is_data(found) and not isinstance(found, str):
        what = f"{word} is of type {type(found).__name__}, which can't stand here."
        text.complain(("data",), what, "A pandas DataFrame, a datasets.Dataset, or a list of dicts can.")
    return found


def _found(text: SpecText, path: Path, name: str, variables: Mapping[str, Any] | None) -> Any:
    if variables is not None and name in variables:
        return variables[name]
    known = [word for word in variables or () if not word.startswith("_")]
    fix = did_you_mean(name, known, "There are") or "Define it in a cell above."
    text.complain(path, f"there is no variable {name!r}.", fix)
    return None


def _validate(text: SpecText, variables: Mapping[str, Any] | None) -> EvalSpec | None:
    if not isinstance(text.data, dict):
        return None
    try:
        spec = EvalSpec.model_validate(text.data)
    except ValidationError as error:
        known = keys_of(EvalSpec)
        for finding in error.errors(include_url=False):
            _explain(text, known, finding["type"], tuple(finding["loc"]))
        return None
    for place, wrong in wrong_metrics(spec.metrics or (), variables, trusts=spec.trust_remote_code):
        text.complain(("metrics", place) if isinstance(text.data["metrics"], list) else ("metrics",), *wrong)
    for place, pair in enumerate(spec.compare or ()):
        if pair[0] == pair[1]:
            text.complain(("compare", place), f"{pair[0]!r} can't be compared with itself.")
    return spec


def _explain(text: SpecText, known: Mapping[tuple[str, ...], Key], kind: str, path: Path) -> None:
    word = str(path[0])
    if kind == "extra_forbidden":
        twin = _TWINS.get(word.lower())
        fix = f"It is called {twin!r} here." if twin else did_you_mean(word, list(EvalSpec.model_fields))
        text.complain(path[:1], f"an evaluation knows no key {short(word)!r}.", fix, at="key")
        return
    key = known[(word,)]
    example = f"Write   {word}: {spell(key.examples[0])}" if key.examples else ""
    if kind == "missing":
        if not any(_TWINS.get(str(other).lower()) == word for other in text.data):
            text.complain((word,), "this key is needed and was not given.", example, at="key")
        return
    place = path[:2] if len(path) > 1 and isinstance(path[1], int) else path[:1]
    value = value_at(text.data, place)
    if value is None:
        place, value = path[:1], text.data.get(word)
    said = repr(short(value)) if isinstance(value, str) else short(spell(value))
    wanted = (key.item_words if len(place) > 1 else key.words).replace("`", "'")
    text.complain(place, f"must be {wanted}, got {said}.", example)
