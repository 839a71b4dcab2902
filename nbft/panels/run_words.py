"""A run in words: how far it came, why it ended, its best value, its spec and where it ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nbft.panels import wording
from nbft.panels.notices import why_failed
from nbft.record.folder import RunFolder
from nbft.record.state import RunState

MAX_SPEC = 4000
"""Characters of a spec that are shown; a mapping can hold a whole list of rows."""


def best(state: RunState) -> str:
    """Returns the best value and where it was, in a sentence; empty where there is none."""
    rule = state.early_stopping
    if rule.best is None or rule.best_step is None:
        return ""
    return f"Best {rule.monitor}: {wording.number(rule.best)} at step {rule.best_step:,}."


def outcome_of(state: RunState) -> list[str]:
    """Returns why the run ended, and its best value."""
    reason = state.end.reason if state.end and not why_failed(state) else ""
    tells_best = reason.startswith("Early stopping") and state.early_stopping.monitor in reason
    return [part for part in (reason, "" if tells_best else best(state)) if part]


def headline(state: RunState) -> list[str]:
    """Returns status, steps, epochs, time, and the machine."""
    steps = f"{state.step:,} of {state.total_steps:,} steps" if state.total_steps else ""
    passes = wording.epoch(state.epoch)
    epochs = f"{passes} epoch{'' if passes == '1' else 's'}" if state.total_steps else ""
    took = wording.took(state)
    parts = [wording.status(state), steps, epochs, took if took != wording.NONE else "", wording.machine(state)]
    return [part for part in parts if part]


def typed_spec(folder: RunFolder) -> str:
    """Returns the YAML as it was typed, cut where it is very long; empty where it can't be read."""
    try:
        whole = folder.spec.read_text(encoding="utf-8").strip("\n")
    except OSError:
        return ""
    return whole if len(whole) <= MAX_SPEC else f"{whole[:MAX_SPEC]}\n..."


def environment(folder: RunFolder) -> str:
    """Returns versions and machine in one line; empty where the worker did not get as far as to write them."""
    return " · ".join(f"{name} {value}" for name, value in environment_facts(folder).items())


def environment_facts(folder: RunFolder) -> dict[str, str]:
    """Returns versions and machine by name; empty where the worker did not get as far as to write them."""
    try:
        facts = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(_facts(facts)) if isinstance(facts, dict) else {}


def _facts(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in facts.items():
        if key == "time":
            continue
        if isinstance(value, dict):
            yield from _facts(value)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield key, str(value)
