"""The inputs for learning rate and epochs: they follow the record, unless a change of theirs waits for its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from nbft.record import events as word
from nbft.record.events import Command
from nbft.record.state import RunState


class ScheduleInputs:
    """A factor on the learning rate and the number of epochs; `ask` is told what the user sets."""

    def __init__(self, ask: Callable[[Command], None]) -> None:
        self._ask = ask
        self._shower: int | None = None
        # 0 is refused by the run; a page counts its steps from the least value, and 4 is to become 5, not 4.01
        self.factor = widgets.BoundedFloatText(
            value=1.0,
            min=0.0,
            max=1000,
            step=0.1,
            description="Learning rate ×",
            tooltip="What the learning rate of the schedule is multiplied by",
        )
        self.epochs = widgets.BoundedFloatText(
            value=1.0,
            min=0.0,
            max=1_000_000,
            step=1,
            description="Epochs",
            tooltip="Passes over the training rows in all; the schedule follows",
        )
        self.factor.observe(self._changed, "value")
        self.epochs.observe(self._changed, "value")
        self.parts = (self.factor, self.epochs)
        for part, name in zip(self.parts, ("nbft-factor", "nbft-epochs"), strict=True):
            part.add_class("nbft-schedule-input")
            part.add_class(name)

    def show(self, state: RunState, is_waiting: set[str]) -> None:
        """Brings the inputs up to the record."""
        plan = state.plan
        self._shower = threading.get_ident()
        try:
            if word.SetLearningRate.label not in is_waiting:
                self.factor.value = state.factor
            if plan and word.SetEpochs.label not in is_waiting:
                self.epochs.value = plan.epochs
        finally:
            self._shower = None
        refused = plan.refused if plan else {}
        self.factor.disabled = plan is None or state.is_over or "SetLearningRate" in refused
        self.epochs.disabled = plan is None or state.is_over or "SetEpochs" in refused

    def _changed(self, change: dict[str, Any]) -> None:
        """Asks the run for what the user set; clicks may come in another thread than `show` runs in."""
        if self._shower == threading.get_ident():
            return  # the record speaking, not the user
        wanted = float(change["new"])
        is_factor = change["owner"] is self.factor
        self._ask(word.SetLearningRate(factor=wanted) if is_factor else word.SetEpochs(epochs=wanted))
