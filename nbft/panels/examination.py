"""What the model gets right and wrong, evaluation by evaluation: confusions, the surest mistakes, rows beside what is right."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from nbft.panels import examination_page as page
from nbft.panels.base import Panel, Send, html, set_class
from nbft.panels.steps import StepChooser
from nbft.record.events import Examined
from nbft.record.examination import read_examination
from nbft.record.state import RunState

Place = tuple[bool, int]
"""Of an evaluation: whether it is of the test rows, and its step."""


class ExaminationPanel(Panel):
    """The closer look at one evaluation, by default the newest; hidden until there is any."""

    def __init__(self, send: Send, folder: Path) -> None:
        super().__init__(send)
        self._folder = folder
        self._state = RunState()
        self._drawn: Examined | None = None
        self._steps = StepChooser(self._draw, name_of)
        self._said = html("nbft-exam-box")
        title = widgets.HTML('<h4 class="nbft-title">Right and wrong</h4>')
        top = widgets.Box([title, self._steps.widget])
        top.add_class("nbft-card-top")
        top.add_class("nbft-rule")
        self.widget = widgets.VBox([top, self._said])
        for name in ("nbft-exam", "nbft-card", "nbft-hidden"):
            self.widget.add_class(name)

    def show(self, state: RunState) -> None:
        """Shows the newest evaluation, or still the one that the user chose."""
        self._state = state
        set_class(self.widget, "nbft-hidden", not state.examined)
        self._steps.offer(sorted(map(place_of, state.examined)))
        self._draw()

    def _draw(self) -> None:
        known = {place_of(one): one for one in self._state.examined}
        chosen = self._steps.chosen
        wanted = known.get(chosen) if chosen is not None else known[max(known)] if known else None
        if wanted is None:
            self._drawn = None
            self._said.value = '<p class="nbft-exam-head">That evaluation is kept no longer.</p>' if chosen else ""
            return
        if wanted == self._drawn:
            return
        self._drawn = wanted
        found = read_examination(self._folder / wanted.file)
        self._said.value = page.to_page(found) if found else f'<p class="nbft-exam-head">{GONE}</p>'


GONE = "Its file in examinations/ is gone."


def place_of(one: Examined) -> Place:
    """Returns what evaluations are put in order by: those of the test rows come last."""
    return one.split == "test", one.step


def name_of(place: Place) -> str:
    """Returns an evaluation in words."""
    return f"step {place[1]:,}{', test rows' if place[0] else ''}"


def to_html(state: RunState, folder: Path) -> str:
    """Returns the closer look at the evaluation that counts, without styles; empty where there is none."""
    wanted = counting(state)
    found = read_examination(folder / wanted.file) if wanted else None
    return page.to_html(found, name_of(place_of(wanted))) if wanted and found else ""


def to_text(state: RunState, folder: Path) -> str:
    """Returns the same in lines."""
    wanted = counting(state)
    found = read_examination(folder / wanted.file) if wanted else None
    return page.to_text(found, name_of(place_of(wanted))) if wanted and found else ""


def counting(state: RunState) -> Examined | None:
    """Returns the evaluation of the test rows, else that of the best step, else the newest."""
    by_place = {place_of(one): one for one in state.examined}
    tested = [one for place, one in by_place.items() if place[0]]
    best = by_place.get((False, state.early_stopping.best_step or 0))
    newest = by_place[max(by_place)] if by_place else None
    return tested[-1] if tested else best or newest
