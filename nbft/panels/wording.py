"""Numbers, durations and states in the words that a dashboard, a static page and a terminal share."""

from __future__ import annotations

import math
from datetime import datetime

from nbft.record.events import COMMANDS, CommandTaken
from nbft.record.state import RunState

NONE = "–"
"""Stands where there is no value yet."""

STATUS = {"queued": "Waiting to start", "paused": "Paused", "stopped": "Stopped", "failed": "Failed"}


def number(value: float | None) -> str:
    """Returns four digits that matter: 0.8712, 12.35, 1,234, 2e-05."""
    if value is None or not math.isfinite(value):
        return NONE
    size = abs(value)
    if 0 < size < 1e-3:
        return f"{value:.2g}" if f"{value:.2g}" != "0" else "0"
    if size < 10:
        return f"{value:.4f}"
    return f"{value:.2f}" if size < 1000 else f"{value:,.0f}"


def amount(value: float | None, unit: str = "") -> str:
    """Returns a number of that unit: as `number` does, bytes as 1.24 GB."""
    if unit != "bytes" or value is None or not math.isfinite(value):
        return number(value)
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def tick(value: float, unit: str = "") -> str:
    """Returns a round number beside an axis: 0.25, 12,000, 1.5 GB."""
    if unit == "bytes" and value:
        return f"{value / 1e9:.3g} GB" if value >= 1e9 else f"{value / 1e6:.3g} MB"
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.3g}"


def setting(value: float) -> str:
    """Returns a number as a person would have typed it: 0.001, 3, 2e-05."""
    return f"{value:.6g}"


def duration(seconds: float | None) -> str:
    """Returns 0:42, 12:05 or 1:02:05."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    whole = max(round(seconds), 0)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def clock(time: float) -> str:
    """Returns the local time of day, as 14:05:09."""
    return datetime.fromtimestamp(time).astimezone().strftime("%H:%M:%S")


def count(amount: float) -> str:
    """Returns a large number in short: 950, 12.4 k, 66.9 M, 7.2 B."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if amount >= size:
            return f"{amount / (1e3 if unit == 'k' else size):.1f} {unit}"
    return f"{amount:.0f}"


def plural(amount: int, word: str) -> str:
    """Returns `1 evaluation`, `3 evaluations`."""
    return f"{amount} {word}{'' if amount == 1 else 's'}"


def epoch(value: float) -> str:
    """Returns passes over the rows, as 1.71 or 3."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def status(state: RunState) -> str:
    """Returns the one word or two that say what the run is doing."""
    if state.status == "running":
        return sentence(state.phase) or "Running"
    if state.status == "finished":
        return "Finished"
    return STATUS.get(state.status, sentence(state.status))


def sentence(words: str) -> str:
    """Returns the words with a capital first letter."""
    return words[:1].upper() + words[1:]


def machine(state: RunState) -> str:
    """Returns device, precision and sizes, as `cpu · bf16 · 4.4 M parameters`; empty before the plan is known."""
    plan = state.plan
    if plan is None:
        return ""
    size = f"{count(plan.parameters)} parameters"
    if plan.trained_parameters != plan.parameters:
        size = f"{count(plan.trained_parameters)} of {size}"
    return " · ".join(part for part in (plan.device, plan.precision, size) if part)


def took(state: RunState) -> str:
    """Returns how long the run has gone on, from its first event to its newest."""
    newest = state.ended or state.updated
    return duration(newest - state.started) if newest and state.started else NONE


def command(taken: CommandTaken) -> str:
    """Returns a command as its button says it."""
    kind = COMMANDS.get(taken.command)
    return getattr(kind, "label", taken.command)
