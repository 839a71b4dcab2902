"""The dashboard of a run below a cell: live while somebody can click, a static picture once the run is over."""

from __future__ import annotations

import dataclasses
import time
import uuid
from functools import cache

import ipywidgets as widgets
from IPython.display import display

from nbft.notebook.front_ends import is_colab
from nbft.notebook.snapshot import Snapshot, take_snapshot
from nbft.notebook.stand_in import EMPTY, StandIn
from nbft.panels.base import HERE, Panel, close_tree, html
from nbft.panels.charts import ChartsPanel, OtherRuns
from nbft.panels.controls import ControlsPanel
from nbft.panels.data_check import DataCheckPanel
from nbft.panels.early_stopping import EarlyStoppingPanel
from nbft.panels.examination import ExaminationPanel
from nbft.panels.keyboard import Keyboard
from nbft.panels.notices import NoticesPanel
from nbft.panels.progress import ProgressPanel
from nbft.panels.results import ResultsPanel
from nbft.panels.samples import SamplesPanel
from nbft.record.events import RunEnded
from nbft.record.folder import list_folders
from nbft.record.state import RunState
from nbft.run import Run, open_run

VIEW = "application/vnd.jupyter.widget-view+json"
LIVENESS_EVERY_S = 1.0
"""To ask for a worker's death takes its lock for a moment."""
MAX_OTHERS = 30
"""Runs that can be compared with, the newest."""


class Living:
    """A run's state as a dashboard shows it: also a worker's death, of which the record says nothing."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._death: str | None = None
        self._asked_at = float("-inf")

    def state(self) -> RunState:
        """Returns the state by now."""
        self.run.follow()
        state = self.run.state
        if state.is_over:
            return state
        if not self._death and time.monotonic() - self._asked_at >= LIVENESS_EVERY_S:
            self._asked_at, self._death = time.monotonic(), self.run.death
        return _dead(state, self._death) if self._death else state


def _others_than(run: Run) -> OtherRuns:
    """Returns the newest other runs, to be laid behind the curves of this one."""

    def names() -> list[str]:
        return [folder.run for folder in list_folders() if folder.run != run.name][:MAX_OTHERS]

    return OtherRuns(names, lambda name: open_run(name).state)


def _dead(state: RunState, death: str) -> RunState:
    """Returns the state of a run whose worker ended without a word, as if it had said how."""
    what, _, fix = death.partition("\n")
    error = {"type": "RunFailed", "what": what, "fix": fix, "path": ""}
    end = RunEnded(time=state.updated or 0.0, outcome="failed", reason=what, step=state.step, error=error)
    return dataclasses.replace(state, status="failed", phase="", end=end, ended=state.updated)


class Dashboard:
    """Panels of one run; `show` puts them below the cell, `refresh` keeps them true, `finish` leaves the static twin.

    With `keep_live` the charts stay live after the end, and the static twin stands folded below them.
    """

    def __init__(self, run: Run, variable: str = "run", *, keep_live: bool = False, waits: bool = False) -> None:
        self.keep_live = keep_live
        self.is_let_go = False
        """Whether the user wants the run to go on in the background."""
        self.hears_beside_cells = False
        """Whether clicks are to act while other cells run."""
        self._id = uuid.uuid4().hex
        self._variable = variable
        self._waits = waits
        self._style, self._keyboard = html("nbft-style"), Keyboard()
        self._stand_in = StandIn(self._name(run), self._id, self._snapshot, is_wanted=not is_colab())
        self._style.value = f"<style>{_style()}\n{self._stand_in.style}</style>"
        self._take(run)
        self.view = widgets.VBox(self._parts())
        self.view.add_class("nbft-dashboard")

    def _name(self, run: Run) -> str:
        """Returns by what name the dashboard is found again."""
        return run.name

    def _take(self, run: Run) -> None:
        """Makes the panels of a run."""
        self.run = run
        self._living = Living(run)
        self.controls = self._controls(run)
        self.charts = ChartsPanel(run.send, _others_than(run))
        self.panels: list[Panel] = [
            ProgressPanel(run.send),
            self.controls,
            self.charts,
            SamplesPanel(run.send),
            ExaminationPanel(run.send, run.folder.examinations),
            EarlyStoppingPanel(run.send),
            NoticesPanel(run.send),
            DataCheckPanel(run.send, run.folder.data_check),
            ResultsPanel(run.send, run.folder.path, self._variable),
        ]

    def _controls(self, run: Run) -> ControlsPanel:
        return ControlsPanel(run.send, self._let_go if self._waits else None)

    def _parts(self) -> list[widgets.Widget]:
        return [self._style, self._keyboard, *(panel.widget for panel in self.panels)]

    def _let_go(self) -> None:
        self.is_let_go = True

    def show(self) -> None:
        """Puts the dashboard below the cell."""
        self.refresh()
        display(self._bundle(EMPTY), raw=True, display_id=self._id)
        self._stand_in.show(self._living.state())

    def refresh(self) -> bool:
        """Brings all panels up to the record; returns whether there is more to come."""
        state = self._living.state()
        for panel in self.panels:
            panel.show(state)
        self._stand_in.refresh(state)
        return not state.is_over

    def finish(self) -> None:
        """Replaces the live output by its static twin, or leaves both."""
        twin = self._snapshot()
        if self.keep_live:
            folded = f"<details><summary>{self._name(self.run)}: static picture</summary>{twin.html}</details>"
            self._stand_in.become(folded)
            _update(self._bundle(twin.bundle()), self._id)
        else:
            _update(twin.bundle(), self._id)
            self._stand_in.become("")
            self._become(twin)

    def _become(self, twin: Snapshot) -> None:
        """Turns the live view itself into the picture: a page that was reloaded takes no update of its outputs."""
        picture, old = html("jp-RenderedHTMLCommon"), self.view.children
        hides = f"<style>.nbft-dashboard table {{ margin-left: 0 }}\n{self._stand_in.style}</style>"
        picture.value = f"{hides}{twin.html}"
        self.view.children = [picture]
        for widget in old:
            close_tree(widget)

    def _snapshot(self) -> Snapshot:
        return take_snapshot(self._living.state(), self.run.folder)

    def _bundle(self, others: dict[str, str]) -> dict[str, object]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.view.model_id}
        return {VIEW: view, **others}


def _update(data: dict[str, object] | dict[str, str], display_id: str) -> None:
    display(data, raw=True, display_id=display_id, update=True)


@cache
def _style() -> str:
    names = ("style.css", "progress.css", "controls.css", "stopping.css", "samples.css", "insight.css", "data.css")
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
