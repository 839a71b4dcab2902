"""A list of steps to choose from, of which the newest is shown until the user chooses another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from nbft.panels.base import set_class

MAX_OFFERED = 200
"""Steps to choose from; beyond, those that are no longer kept are taken out."""
NEWEST = "newest"


class StepChooser:
    """`draw` is called where the user chooses; places are numbers, or tuples of them, that grow with time."""

    def __init__(self, draw: Callable[[], None], name: Callable[[Any], str] = "step {:,}".format) -> None:
        self._draw = draw
        self._name = name
        self._shower: int | None = None
        self._places: list[Any] = []
        """Oldest first: a choice comes as a place in the list, which must not move while it is on its way."""
        options = [("newest", NEWEST)]
        self.widget = widgets.Dropdown(options=options, value=NEWEST, description="Step shown")
        self.widget.add_class("nbft-steps")
        self.widget.observe(self._chosen, "value")

    @property
    def chosen(self) -> Any:
        """The place that the user chose, None for the newest."""
        return None if self.widget.value == NEWEST else self.widget.value

    def offer(self, kept: Sequence[Any]) -> None:
        """Offers the places, oldest first, and those offered before as long as they are older than the newest."""
        self._shower = threading.get_ident()
        try:
            self._offer(list(kept))
        finally:
            self._shower = None

    def _offer(self, kept: list[Any]) -> None:
        known = [place for place in self._places if kept and place <= kept[-1]]
        places = [*known, *(place for place in kept if not known or place > known[-1])]
        self._places = places if len(places) <= MAX_OFFERED else kept
        options: list[tuple[str, Any]] = [(f"{self._name(kept[-1])}, the newest" if kept else "newest", NEWEST)]
        options += [(self._name(place), place) for place in self._places[:-1]]
        set_class(self.widget, "nbft-hidden", len(options) < 2)
        if list(self.widget.options) == options:
            return
        chosen = self.widget.value
        self.widget.options = options  # which chooses the first of them
        if chosen in [value for _, value in options]:
            self.widget.value = chosen

    def _chosen(self, change: dict[str, Any]) -> None:
        if self._shower != threading.get_ident():  # the user, not the record
            self._draw()
