"""Metrics that an evaluation may be asked for: those of nbft, folders with a script, the hub's, functions of the notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbft.spec.guess import closest, did_you_mean
from nbft.spec.metric_names import METRICS, SHIPPED, metric_meant
from nbft.spec.sources import VARIABLE
from nbft.spec.variables import is_function

KNOWN = tuple(dict.fromkeys((*METRICS, "loss", *SHIPPED)))
"""Metrics that need neither code of others nor a network."""
Wrong = tuple[str, str]
"""What is wrong with a metric, and what to write instead."""


def called(metric: str) -> str:
    """Returns what a metric is called in scores and demands: `$mine` is mine, `metrics/mine` mine."""
    return metric if metric in KNOWN else Path(metric.removeprefix("$")).name.removesuffix(".py")


def is_of_hub(metric: str) -> bool:
    """Returns whether the code of the metric would come from the hub."""
    return metric not in KNOWN and not metric.startswith("$") and not Path(metric).expanduser().exists()


def untrusted(metric: str) -> Wrong:
    """Returns what is wrong with a metric of the hub where nobody said that its code may run."""
    meant = metric_meant(metric, KNOWN) or closest(metric, KNOWN)
    what = f"{metric!r} is no metric of nbft's, and no folder here that holds one."
    trust = "say trust_remote_code: true (on a line --trust-remote-code)"
    hub = f"From the hub it would bring code that runs here: read that code first, then {trust}."
    known = f"Did you mean {meant!r}?" if meant else f"nbft has {', '.join(KNOWN)}."
    return what, f"{known}\n{hub}"


def wrong_metrics(
    metrics: Sequence[str], variables: Mapping[str, Any] | None, *, trusts: bool
) -> Iterator[tuple[int, Wrong]]:
    """Yields the places of metrics that can't be had, with what is wrong; None for the variables asks for no function."""
    for place, metric in enumerate(metrics):
        if metric in metrics[:place]:
            yield place, (f"{metric!r} is in the list already.", "Delete one of them.")
        elif metric.startswith("$"):
            if wrong := _wrong_function(metric, variables):
                yield place, wrong
        elif not trusts and is_of_hub(metric):
            yield place, untrusted(metric)


def _wrong_function(metric: str, variables: Mapping[str, Any] | None) -> Wrong | None:
    match = VARIABLE.fullmatch(metric)
    if not match:
        return f"{metric!r} is no variable's name.", "Write $ and the name of a function, as in   $mine"
    if match[1] in KNOWN:
        return f"{match[1]!r} is a metric of nbft's.", "Give the function another name."
    if variables is None:
        return None
    if match[1] not in variables:
        known = [name for name, value in variables.items() if not name.startswith("_") and is_function(value)]
        fix = did_you_mean(match[1], known, "Functions of the notebook") or "Define it in a cell above."
        return f"there is no variable {match[1]!r}.", fix
    if not is_function(variables[match[1]]):
        kind = type(variables[match[1]]).__name__
        return f"{metric} is of type {kind}, which can't stand here.", "A function of (predictions, references) can."
    return None
