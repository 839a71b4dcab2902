"""What is wrong with a spec whose every value is right by itself: metrics nobody computes, files that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nbft.spec.clean_checks import check_clean, check_splits
from nbft.spec.files import check_model, check_tokenizer_name
from nbft.spec.findings import Finding, Known
from nbft.spec.guess import closest, listed, short
from nbft.spec.infer import Guess, given_keys, guess_task, tasks_left
from nbft.spec.metric_checks import check_metrics, check_monitor
from nbft.spec.model_kinds import kind_of_model
from nbft.spec.peek import columns_of
from nbft.spec.sections import RunSpec
from nbft.spec.source_checks import check_sources
from nbft.spec.sources import VARIABLE, Nothing, Share, called, share_or_source
from nbft.spec.task_checks import check_head, check_options, check_scope, check_tokenizer
from nbft.spec.text import SpecText
from nbft.spec.types import LAST_SEED


def check(text: SpecText, spec: RunSpec, rows: Mapping[str, Any]) -> None:
    """Adds what is found to the text's problems; `rows` are the notebook's variables that the spec names."""
    known = Known(spec, columns_of(spec.data.train, rows), kind_of_model(spec.model))
    _add(text, _check_names(known))
    _add(text, check_sources(known))
    if spec.task is None and not text.problems:
        known = _with_task(text, known)
    for rule in _RULES:
        _add(text, rule(known))


def _add(text: SpecText, found: Iterable[Finding]) -> None:
    for finding in found:
        text.complain(finding.path, finding.what, finding.fix, at=finding.at)


def _with_task(text: SpecText, known: Known) -> Known:
    """Sees the task from columns, given keys and the model; where the columns are not known, they may still tell."""
    given, columns = given_keys(known.spec), known.columns
    found = guess_task(columns.names, given, known.kind)
    if isinstance(found, Guess):
        return replace(known, spec=known.spec.model_copy(update={"task": found.task}), guess=found)
    if given and not tasks_left(given):
        fix = "One run is one task: delete what belongs to another."
        text.complain(given[-1], f"{found.what}.", fix, at="key")
    elif columns.names:
        text.complain(("task",), str(found), found.fix(columns.names), at="key")
    return known


def _check_model(known: Known) -> Iterator[Finding]:
    model = known.spec.model
    if model.name is None and model.from_scratch is None:
        yield Finding(("model",), "names no model.", "Write   model: starter-encoder")
    if model.name is not None and model.from_scratch is not None:
        what = "a model has a name or starts from scratch, not both."
        yield Finding(("model", "from_scratch"), what, "Delete one of the two.", "key")
    named = (
        (("model", "from_scratch" if model.from_scratch else "name"), model.source, check_model),
        (("tokenizer", "name"), known.spec.tokenizer.name, check_tokenizer_name),
    )
    for path, name, fault_of in named:
        found = fault_of(name) if name and not VARIABLE.fullmatch(name) else None
        if found:
            yield Finding(path, *found)


def _check_shares(known: Known) -> Iterator[Finding]:
    spec = known.spec
    asked = [share_or_source(value) for value in (spec.data.validation, spec.data.test)]
    shares = [part.share for part in asked if isinstance(part, Share)]
    if sum(shares) >= 1:
        what = (
            f"validation and test together take {sum(shares):.0%} of the training rows; nothing is left to learn from."
        )
        yield Finding(("data", "test"), what, "Write smaller shares, as 10% each.")


def _check_names(known: Known) -> Iterator[Finding]:
    found, data = known.columns, known.spec.data
    if not found.names or not found.are_all:
        return
    languages = ("source", "target") if "translation" in found.names else ()
    for name in type(data.columns).model_fields:
        column = getattr(data.columns, name)
        if column is not None and column not in found.names and name not in languages:
            close = closest(column, found.names)
            fix = f"Did you mean {close!r}?\n" if close else ""
            what = f"{called(data.train)} {_has(data.train)} no column {short(column)!r}."
            yield Finding(("data", "columns", name), what, f"{fix}Its columns: {listed(found.names)}.")


def _has(train: object) -> str:
    return "have" if isinstance(train, list) and len(train) > 1 else "has"


def _check_columns(known: Known) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    spec = known.spec
    for name in type(spec.data.columns).model_fields:
        column = getattr(spec.data.columns, name)
        if column is not None and column in seen:
            what = f"column {column!r} is {seen[column]!r} already; one column can't be both."
            fix = "Name another column, or leave one of the two out."
            yield Finding(("data", "columns", name), what, fix)
        elif column is not None:
            seen[column] = name


def _check_rows(known: Known) -> Iterator[Finding]:
    """Evaluating and stopping early need rows to judge by; only what was asked for in so many words is a problem."""
    spec = known.spec
    if spec.data.validation is None or not isinstance(share_or_source(spec.data.validation), Nothing):
        return
    fix = "Write   validation: 10%   in 'data', or delete this."
    stops = spec.early_stopping.model_fields_set
    if "early_stopping" in spec.model_fields_set and spec.early_stopping.enabled and stops:
        what = "stopping early needs rows to judge by, and data.validation says there are none."
        yield Finding(("early_stopping",), what, fix)
    if "every" in spec.evaluate.model_fields_set:
        what = "evaluating needs rows to judge by, and data.validation says there are none."
        yield Finding(("evaluate", "every"), what, fix)


def _check_seeds(known: Known) -> Iterator[Finding]:
    spec = known.spec
    if isinstance(spec.seeds, int):
        if spec.seed + spec.seeds - 1 > LAST_SEED:
            fix = f"Write a smaller seed, or list them:   seeds: [{', '.join(map(str, range(1, min(spec.seeds, 3) + 1)))}]"
            yield Finding(
                ("seeds",), f"{spec.seeds} seeds from {spec.seed} on go beyond the last one, {LAST_SEED}.", fix
            )
        return
    seeds = spec.seeds or []
    for place, seed in enumerate(seeds):
        if seed in seeds[:place]:
            what = f"seed {seed} stands there already: it would train the same run again."
            yield Finding(("seeds", place), what, "Write another number, or delete it.")
    if seeds and "seed" in spec.model_fields_set:
        what = "the list in 'seeds' names every seed; 'seed' has no meaning beside it."
        yield Finding(("seed",), what, f"Delete this line, or count from it:   seeds: {len(seeds)}", "key")


_RULES: tuple[Callable[[Known], Iterable[Finding]], ...] = (
    _check_model,
    check_tokenizer,
    check_head,
    _check_shares,
    check_scope,
    _check_columns,
    check_clean,
    check_splits,
    check_options,
    check_metrics,
    check_monitor,
    _check_rows,
    _check_seeds,
)
