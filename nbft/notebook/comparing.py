"""Runs beside each other while one of them goes on: curves and table follow the records, and become static at the end."""

from __future__ import annotations

import time
import uuid

import ipywidgets as widgets
from IPython.display import display

from nbft.comparison import Comparison
from nbft.notebook.dashboard import VIEW
from nbft.notebook.following import Following
from nbft.notebook.snapshot import Snapshot
from nbft.notebook.stand_in import EMPTY, StandIn
from nbft.panels.base import close_tree, html
from nbft.panels.charts import live_overlay, show_overlay
from nbft.panels.overlay import Overlay, overlay
from nbft.record.state import RunState

EVERY_S = 0.5
TABLE_EVERY_S = 2.0
"""A table is sent whole."""
STYLE = """.nbft-style { display: none } .nbft-dashboard table { margin-left: 0 }
.nbft-dashboard table [align="left"] { text-align: left }"""


class LiveComparison:
    """`show` puts it below the cell, and a thread keeps it true until all of its runs are over."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self._id = uuid.uuid4().hex
        self._chart = live_overlay(self._overlay())
        self._table = html("jp-RenderedHTMLCommon")
        self._told_at = float("-inf")
        self._stand_in = StandIn(" ".join(self._names), self._id, self._static, like="%ft_compare")
        style = html("nbft-style")
        style.value = f"<style>{self._stand_in.style}\n{STYLE}</style>"
        self.view = widgets.VBox([style, self._table, *([self._chart] if self._chart else [])])
        self.view.add_class("nbft-dashboard")

    def show(self) -> Following:
        """Puts it below the cell, with the static one hidden below, and follows the runs."""
        self.refresh()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.view.model_id}
        display({VIEW: view, **EMPTY}, raw=True, display_id=self._id)
        self._stand_in.show(RunState())
        return Following(self._follow, every_s=EVERY_S, name="nbft-compare")

    def refresh(self) -> bool:
        """Brings curves and table up to the records; returns whether there is more to come."""
        goes_on = any(not run.is_over for run in self.comparison.runs)
        for run in self.comparison.runs:
            run.follow()
        if self._chart is not None:
            show_overlay(self._chart, self._overlay())
        if time.monotonic() - self._told_at >= TABLE_EVERY_S or not goes_on:
            self._told_at, self._table.value = time.monotonic(), self.comparison.table()
        return goes_on

    def finish(self) -> None:
        """Leaves the static comparison in its place, also within the live view: a page loaded anew takes no update."""
        output = self.comparison.output()
        display(output, raw=True, display_id=self._id, update=True)
        self._stand_in.become("")
        picture, old = html("jp-RenderedHTMLCommon"), self.view.children
        picture.value = f"<style>{self._stand_in.style}\n{STYLE}</style>{output['text/html']}"
        self.view.children = [picture]
        for widget in old:
            close_tree(widget)

    def _follow(self) -> bool:
        goes_on = self.refresh()
        if not goes_on:
            self.finish()
        return goes_on

    @property
    def _names(self) -> list[str]:
        return [run.name for run in self.comparison.runs]

    def _overlay(self) -> Overlay:
        return overlay({run.name: run.state for run in self.comparison.runs})

    def _static(self) -> Snapshot:
        output = self.comparison.output()
        return Snapshot(output["text/html"], output["text/plain"])
