"""The living picture of early stopping: a slider that is dragged changes picture and sentence in the page, without the kernel.

What is sent: `view` (the evaluations, the rule in force, the sliders' ends, the sentence) and `answers`, which counts the
changes that were answered. What comes back when a slider is let go: `{op: "set", field: "patience", value: 4}`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import anywidget
import traitlets

from nbft.panels.base import HERE
from nbft.panels.plots import short
from nbft.panels.stopping_picture import would_have
from nbft.record.state import RunState, is_better_lower

SCRIPTS = ("words.js", "key_guard.js", "stopping_drawing.js", "stopping.js")
MOST_JUDGED = 2000
"""Newest evaluations that the page lets another rule judge."""
MAX_PATIENCE = 1_000_000


class LiveStopping(anywidget.AnyWidget):
    """Draws the rule and lets it be dragged; `change` is told a field's name and its new value."""

    _esm = traitlets.Unicode("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)).tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    answers = traitlets.Int(0).tag(sync=True)

    def __init__(self, change: Callable[[str, float], None]) -> None:
        self._change = change
        self._shown: tuple[Any, ...] = ()
        super().__init__(view=view_of(RunState()))
        self.on_msg(self._hear)

    def show(self, state: RunState) -> None:
        """Brings the page up to the record; nothing is made anew between evaluations."""
        shown = (len(state.evaluations), state.is_over, replace(state.early_stopping))
        if shown != self._shown:
            self._shown, self.view = shown, view_of(state)

    def _hear(self, _: Any, message: dict[str, Any], __: Any) -> None:
        value = message.get("value")
        if message.get("op") != "set" or not isinstance(value, int | float) or not math.isfinite(value):
            return
        if message.get("field") == "patience":
            self._change("patience", min(max(round(value), 1), MAX_PATIENCE))
        elif message.get("field") == "min_delta":
            self._change("min_delta", max(float(value), 0.0))


def view_of(state: RunState) -> dict[str, Any]:
    """Returns all that the page draws."""
    rule = state.early_stopping
    points = state.monitored(rule.monitor)[-MOST_JUDGED:]
    return {
        "metric": short(rule.monitor),
        "points": [list(point) for point in points],
        "rule": {
            "enabled": rule.enabled,
            "patience": rule.patience or 1,
            "min_delta": rule.min_delta,
            "lower": is_better_lower(rule.monitor),
            "reference": rule.reference,
            "waited": rule.waited,
        },
        "scales": {
            "patience": _patiences(rule.patience, len(points)),
            "min_delta": _deltas(rule.min_delta, [value for _, value in points if value is not None]),
        },
        "others": would_have(state),
        "over": state.is_over,
        "rests": state.is_over or not rule.monitor,
    }


def _patiences(patience: int, evaluations: int) -> list[float]:
    """Returns the slider's ends and step: up to all evaluations so far, or twice the patience, in round numbers."""
    wanted = max(12, 2 * patience, min(evaluations, 60))
    return [1, min(math.ceil(wanted / 12) * 12, MAX_PATIENCE), 1]


def _deltas(delta: float, values: Sequence[float]) -> list[float]:
    """Returns the slider's ends and step: up to half of what the metric has changed, or twice the delta, rounded up."""
    changed = max(values) - min(values) if values else 0.0
    wanted = max(changed / 2, 2 * delta) or 0.1
    scale = 10.0 ** math.floor(math.log10(wanted))
    top = next(first * scale for first in (1, 2, 5, 10) if first * scale >= wanted * 0.999)
    return [0, float(f"{top:.6g}"), float(f"{top / 100:.6g}")]
