"""Metrics that a run is asked for and doesn't compute: in `evaluate.metrics`, and to stop early by."""

from __future__ import annotations

from collections.abc import Iterator

from nbft.spec.findings import Finding, Known
from nbft.spec.guess import closest
from nbft.spec.metric_names import (
    DEFAULT_METRICS,
    METRICS,
    computed_metrics,
    kinds_of_task,
    metric_meant,
    metric_names,
    metrics_of,
    monitored_metric,
    told,
)
from nbft.spec.sections import RunSpec
from nbft.spec.sources import VARIABLE
from nbft.spec.text import Path


def check_metrics(known: Known) -> Iterator[Finding]:
    """Finds metrics that nobody computes, that the task doesn't, and that are there twice."""
    given = known.spec.evaluate.metrics or []
    kinds = _kinds(known.spec)
    for place, name in enumerate(given):
        path: Path = ("evaluate", "metrics", place)
        if name in given[:place]:
            yield Finding(path, f"{name!r} is in the list already.", "Delete one of them.")
        elif name == "loss" or metric_meant(name) == "loss":
            yield Finding(path, "the loss is always computed.", "Leave it out of the list; monitor it as eval/loss.")
        elif name.startswith("$") and VARIABLE.fullmatch(name):
            if name[1:] in (*METRICS, "loss"):
                yield Finding(path, f"{name[1:]!r} is a metric of nbft's.", "Give the function another name.")
        elif name not in METRICS:
            yield Finding(path, f"nbft knows no metric {name!r}.", _fix(name, kinds))
        elif name not in metrics_of(kinds):
            yield Finding(path, f"{known.this_task}, which computes no {name!r}.", _fix(name, kinds))
        else:
            yield from _mixed(path, name, given[:place], kinds)


def _kinds(spec: RunSpec) -> list[str]:
    return kinds_of_task(spec.task, spec.classification.problem)


def _fix(name: str, kinds: list[str]) -> str:
    names = metrics_of(kinds)
    meant = metric_meant(name, names) or closest(name, names)
    if meant:
        return f"Did you mean {meant!r}?"
    return f"It computes {told(kinds)}." if _is_one_task(kinds) else f"nbft computes {', '.join(names)}."


def _is_one_task(kinds: list[str]) -> bool:
    return len({kind.partition(",")[0] for kind in kinds}) == 1


def _mixed(path: Path, name: str, before: list[str], kinds: list[str]) -> Iterator[Finding]:
    """Finds the metric that no run computes together with those before it in the list."""
    ours = [metric for metric in before if metric in metrics_of(kinds)]
    fitting = [kind for kind in kinds if set(ours) <= set(metrics_of([kind]))]
    if fitting and not any(name in metrics_of([kind]) for kind in fitting):
        kind = next(kind for kind in kinds if name in metrics_of([kind]))
        what = f"{name!r} goes with {_told_kind(kind)}, and {ours[-1]!r} with {_told_kind(fitting[0])}."
        yield Finding(path, what, f"{_told_kind(fitting[0])} has {', '.join(metrics_of(fitting[:1]))}.")


def _told_kind(kind: str) -> str:
    """Returns `problem multi-label` for a kind of a task, else the task's name."""
    problem = kind.partition(", ")[2]
    is_plain = not problem and any(other.startswith(f"{kind}, ") for other in DEFAULT_METRICS)
    return f"problem {'single-label' if is_plain else problem}" if problem or is_plain else kind


def check_monitor(known: Known) -> Iterator[Finding]:
    """Finds a metric to stop early by that no evaluation measures."""
    spec = known.spec
    monitor, measured = spec.early_stopping.monitor, computed_metrics(spec)
    if monitor is None or monitored_metric(spec) in measured:
        return
    kinds, names = _kinds(spec), [name.removeprefix("eval/") for name in measured]
    path: Path = ("early_stopping", "monitor")
    what = f"this run does not compute {monitor!r}."
    meant = metric_meant(monitor, names)
    asked = metric_meant(monitor, metrics_of(kinds))
    close = closest(monitor, measured)
    if meant or (close and not asked):
        found = f"eval/{meant}" if meant else close
        yield Finding(path, what, f"Did you mean {found!r}?")
        return
    fix = _what_it_computes(spec, kinds, measured)
    given = metric_names(spec) if spec.evaluate.metrics else []
    ours = {name for name in (*given, asked) if name in METRICS}
    fitting = next((kind for kind in kinds if ours <= set(metrics_of([kind]))), None)
    if asked and fitting:
        wanted = ", ".join([*(given or DEFAULT_METRICS[fitting]), asked])
        fix += f"\nTo monitor eval/{asked}, write   evaluate: {{metrics: [{wanted}]}}"
    yield Finding(path, what, fix)


def _what_it_computes(spec: RunSpec, kinds: list[str], measured: list[str]) -> str:
    if spec.evaluate.metrics or len(kinds) == 1:
        return f"It computes {', '.join(measured)}."
    if not _is_one_task(kinds):
        return "What it computes depends on the task: say it, as in   task: text-classification"
    first, *others = ([f"eval/{name}" for name in DEFAULT_METRICS[kind]] for kind in kinds)
    more = "; ".join(f"{kind.partition(', ')[2]}: {', '.join(m)}" for kind, m in zip(kinds[1:], others, strict=True))
    return f"It computes eval/loss, {', '.join(first)} ({more})."
