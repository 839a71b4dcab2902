"""What is wrong with a spec whose every value is right by itself: metrics nobody computes, files that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbft.spec.files import check_model, check_source
from nbft.spec.guess import closest, did_you_mean, listed, short
from nbft.spec.metric_names import METRICS, computed_metrics, metric_meant, metric_names, monitored_metric
from nbft.spec.peek import columns_of
from nbft.spec.sections import RunSpec
from nbft.spec.sources import VARIABLE, Nothing, Share, Source, share_or_source
from nbft.spec.text import Path, SpecText

Finding = tuple[Path, str, str]


def check(text: SpecText, spec: RunSpec, rows: Mapping[str, Any]) -> None:
    """Adds what is found to the text's problems; `rows` are the notebook's variables that the spec names."""
    for path, what, fix in _check_names(spec, rows):
        text.complain(path, what, fix)
    for rule in (
        _check_model,
        _check_sources,
        _check_shares,
        _check_columns,
        _check_metrics,
        _check_monitor,
        _check_rows,
    ):
        for path, what, fix in rule(spec):
            text.complain(path, what, fix)


def _check_model(spec: RunSpec) -> Iterator[Finding]:
    if spec.model.name is None and spec.model.from_scratch is None:
        yield ("model",), "names no model.", "Write   model: starter-encoder"
    if spec.model.name is not None and spec.model.from_scratch is not None:
        yield (
            ("model", "from_scratch"),
            "a model has a name or starts from scratch, not both.",
            "Delete one of the two.",
        )
    for path, name in ((("model",), spec.model.source), (("tokenizer",), spec.tokenizer.name)):
        found = check_model(name) if name else None
        if found:
            yield path, *found


def _check_sources(spec: RunSpec) -> Iterator[Finding]:
    for name in ("train", "validation", "test"):
        asked = share_or_source(getattr(spec.data, name))
        if isinstance(asked, Source):
            found = check_source(asked.name)
            if found:
                yield ("data", name), *found
        elif name == "train":
            fix = "Name a file, a hub id or a $variable; shares of its rows go to data.validation and data.test."
            yield ("data", "train"), f"{spec.data.train!r} is no source of rows.", fix


def _check_shares(spec: RunSpec) -> Iterator[Finding]:
    asked = [share_or_source(value) for value in (spec.data.validation, spec.data.test)]
    shares = [part.share for part in asked if isinstance(part, Share)]
    if sum(shares) >= 1:
        what = (
            f"validation and test together take {sum(shares):.0%} of the training rows; nothing is left to learn from."
        )
        yield ("data", "test"), what, "Write smaller shares, as 10% each."


def _check_names(spec: RunSpec, rows: Mapping[str, Any]) -> Iterator[Finding]:
    found = columns_of(spec.data.train, rows)
    if not found.names or not found.are_all:
        return
    for name in type(spec.data.columns).model_fields:
        column = getattr(spec.data.columns, name)
        if column is not None and column not in found.names:
            close = closest(column, found.names)
            fix = f"Did you mean {close!r}?\n" if close else ""
            what = f"{spec.data.train} has no column {short(column)!r}."
            yield ("data", "columns", name), what, f"{fix}Its columns: {listed(found.names)}."


def _check_columns(spec: RunSpec) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in type(spec.data.columns).model_fields:
        column = getattr(spec.data.columns, name)
        if column is not None and column in seen:
            what = f"column {column!r} is {seen[column]!r} already; one column can't be both."
            yield ("data", "columns", name), what, "Name another column, or leave one of the two out."
        elif column is not None:
            seen[column] = name


def _check_metrics(spec: RunSpec) -> Iterator[Finding]:
    given = spec.evaluate.metrics or []
    for place, name in enumerate(given):
        path: Path = ("evaluate", "metrics", place)
        meant = metric_meant(name)
        if name in given[:place]:
            yield path, f"{name!r} is in the list already.", "Delete one of them."
        elif name == "loss" or meant == "loss":
            yield path, "the loss is always computed.", "Leave it out of the list; monitor it as eval/loss."
        elif name.startswith("$") and VARIABLE.fullmatch(name):
            if name[1:] in (*METRICS, "loss"):
                yield path, f"{name[1:]!r} is a metric of nbft's.", "Give the function another name."
        elif name not in METRICS:
            fix = f"Did you mean {meant!r}?" if meant else did_you_mean(name, METRICS, "nbft computes")
            yield path, f"nbft knows no metric {name!r}.", fix


def _check_monitor(spec: RunSpec) -> Iterator[Finding]:
    monitor, known = spec.early_stopping.monitor, computed_metrics(spec)
    if monitor is None or monitored_metric(spec) in known:
        return
    meant = metric_meant(monitor)
    path: Path = ("early_stopping", "monitor")
    what = f"this run does not compute {monitor!r}."
    if meant and f"eval/{meant}" in known:
        yield path, what, f"Did you mean 'eval/{meant}'?"
        return
    fix = f"It computes {listed(known)}."
    if meant:
        names = ", ".join([*metric_names(spec), meant])
        fix += f"\nTo monitor eval/{meant}, write   evaluate: {{metrics: [{names}]}}"
    else:
        close = closest(monitor, known)
        fix = f"Did you mean {close!r}?" if close else fix
    yield path, what, fix


def _check_rows(spec: RunSpec) -> Iterator[Finding]:
    """Evaluating and stopping early need rows to judge by; only what was asked for in so many words is a problem."""
    if spec.data.validation is None or not isinstance(share_or_source(spec.data.validation), Nothing):
        return
    fix = "Write   validation: 10%   in 'data', or delete this."
    stops = spec.early_stopping.model_fields_set
    if "early_stopping" in spec.model_fields_set and spec.early_stopping.enabled and stops:
        yield (
            ("early_stopping",),
            "stopping early needs rows to judge by, and data.validation says there are none.",
            fix,
        )
    if "every" in spec.evaluate.model_fields_set:
        yield (
            ("evaluate", "every"),
            "evaluating needs rows to judge by, and data.validation says there are none.",
            fix,
        )
