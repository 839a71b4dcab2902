"""What an evaluation's YAML may say, and reading it: every problem at once, each with its line and caret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from nbft.errors import SpecError
from nbft.spec.fields import Key, keys_of
from nbft.spec.guess import did_you_mean, short
from nbft.spec.judged_metrics import wrong_metrics
from nbft.spec.judged_rows import GivenRows, JudgedRows, check_rows
from nbft.spec.metric_names import METRICS
from nbft.spec.options import Generate
from nbft.spec.problems import explain_shared
from nbft.spec.row_source import BRANCHES
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
_DEMAND = r"^\s*[\w$/-]+(\.low|\.high)?\s*(<=|>=|<|>)\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?\s*$"


_PROMPTS = "an evaluation writes to its rows, not to prompts."


def _as_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Demand = Annotated[
    str, StringConstraints(pattern=_DEMAND), Words("a demand, as 'accuracy >= 0.85' or 'accuracy.low >= 0.85'")
]
JudgedBy = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s,]+$"),
    Words("the name of a metric, as accuracy, a folder that holds one, or a $function", METRICS),
]
Pair = Annotated[list[Text], Field(min_length=2, max_length=2), Words("a pair of systems, as [reviews, base]")]


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
    """The rows to judge on: a source, a `$variable`, a mapping with `source`, or rows; the first run's test rows if left out."""
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
    generate: Generate | None = None
    """How answers are written, where a run's own way is not wanted; for translation, summarization and chat."""
    baselines: bool = True
    """Whether what costs nothing, as the commonest label, is judged beside them."""
    harness: Annotated[
        list[Text] | None,
        BeforeValidator(_as_list),
        Field(min_length=1, examples=[["hellaswag", "gsm8k"]]),
        Words("a list of tasks of lm-evaluation-harness, as [hellaswag, gsm8k]"),
    ] = None
    """Tasks of lm-evaluation-harness, which bring rows and metrics of their own; needs `pip install "nbft[harness]"`."""
    harness_tasks: Annotated[Text | None, Field(examples=["tasks/"])] = None
    """A folder with more tasks for the harness, as YAML."""
    require: Annotated[
        list[Demand] | None,
        BeforeValidator(_one_or_more),
        Field(min_length=1, examples=[["accuracy >= 0.85"]]),
        Words("a demand, as 'accuracy >= 0.85', or a list of them"),
    ] = None
    """Demands on the first system; `accuracy.low` is the lower end of the interval."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Starts what is drawn by chance: the resamples of the intervals, answers where `generate` has a temperature."""


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
    rows = spec.data
    if isinstance(rows, JudgedRows):
        said = rows.model_dump(exclude_unset=True)
        data = said if data is None else {**said, "source": data}
    names = [*(spec.metrics or ()), *((rows.clean or ()) if isinstance(rows, JudgedRows) else ())]
    return LoadedEvaluation(spec, rows if data is None else data, functions_in(names, variables or {}))


def functions_in(names: Sequence[Any], variables: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Returns the functions of the notebook that metrics, or steps of cleaning, name as `$name`."""
    named = [name[1:] for name in names if isinstance(name, str) and name.startswith("$")]
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
    path: Path = ("data", "source") if isinstance(text.data.get("data"), dict) else ("data",)
    word = value_at(text.data, path)
    if not isinstance(word, str) or not VARIABLE.fullmatch(word):
        return None
    found = _found(text, path, word[1:], variables)
    if found is not None and not is_data(found) and not isinstance(found, str):
        what = f"{word} is of type {type(found).__name__}, which can't stand here."
        text.complain(path, what, "A pandas DataFrame, a datasets.Dataset, or a list of dicts can.")
    return found


def generate_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns how answers are to be written, by what is given of `generate` in Python; raises SpecError."""
    text = SpecText("", has_lines=False, data={"runs": ["reviews"], "generate": dict(given)})
    spec = _validate(text, None)
    if text.problems or spec is None or spec.generate is None:
        raise SpecError(text.problems, "this evaluation")
    return spec.generate.model_dump(exclude_unset=True)


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
    if spec.generate and spec.generate.prompts:
        text.complain(("generate", "prompts"), _PROMPTS, "Delete it.", at="key")
    for finding in check_rows(spec.data, variables) if isinstance(spec.data, JudgedRows) else ():
        text.complain(finding.path, finding.what, finding.fix, at=finding.at)
    for place, pair in enumerate(spec.compare or ()):
        if pair[0] == pair[1]:
            text.complain(("compare", place), f"{pair[0]!r} can't be compared with itself.")
    return spec


_SHARED: tuple[Path, ...] = tuple(("data", name) for name in ("columns", "labels", "clean"))
"""What an evaluation has of a run's language, at the same place."""


def _explain_rows(text: SpecText, known: Mapping[tuple[str, ...], Key], kind: str, path: Path) -> None:
    """Adds a problem with a key of the mapping that says how rows are read."""
    word = str(path[1])
    if kind == "extra_forbidden":
        names = list(JudgedRows.model_fields)
        twin = "source" if word in ("train", "test", "validation", "path", "file", "name") else ""
        fix = f"It is called {twin!r} here." if twin else did_you_mean(word, names)
        text.complain(path, f"an evaluation knows no key {short(word)!r} in data.", fix, at="key")
        return
    key = known[("data", word)]
    example = f"Write   {word}: {spell(key.examples[0])}" if key.examples else ""
    if kind == "missing":
        text.complain(path, "this key is needed and was not given.", example, at="key")
        return
    value = value_at(text.data, path)
    said = repr(short(value)) if isinstance(value, str) else short(spell(value))
    text.complain(path, f"must be {key.words.replace('`', chr(39))}, got {said}.", example)


def _explain(text: SpecText, known: Mapping[tuple[str, ...], Key], kind: str, path: Path) -> None:
    path = tuple(part for part in path if part not in BRANCHES)
    word = str(path[0])
    if path[:1] == ("generate",) or path[:2] in _SHARED:
        explain_shared(text, kind, path)
        return
    if word == "data" and len(path) > 1:
        _explain_rows(text, known, kind, path)
        return
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
