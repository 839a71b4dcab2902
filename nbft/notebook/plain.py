"""A dashboard of plain text, where nobody can click: under nbclient and papermill, and in a terminal."""

from __future__ import annotations

import sys
import time
import uuid

from IPython.core.getipython import get_ipython
from IPython.display import display

from nbft.notebook.dashboard import Living
from nbft.notebook.front_ends import is_ci
from nbft.notebook.snapshot import Snapshot, take_snapshot
from nbft.panels import wording
from nbft.panels.progress import doing, share_done
from nbft.record.state import RunState
from nbft.run import Run

EVERY_S = 2.0
IN_CI_EVERY_S = 30.0
"""A log of a build keeps every version of the line."""
CELLS = 20
"""Characters of the bar."""


class PlainDashboard:
    """One line that says how far the run is, now and then; at the end the static twin in its place."""

    is_let_go = False

    def __init__(self, run: Run) -> None:
        self.run = run
        self._living = Living(run)
        self._id = uuid.uuid4().hex
        self._shown_at = float("-inf")
        self._width = 0
        self._is_terminal = getattr(get_ipython(), "kernel", None) is None

    def show(self) -> None:
        """Puts the line below the cell."""
        if not self._is_terminal:
            display({"text/plain": self._line(self._living.state())}, raw=True, display_id=self._id)
        self.refresh()

    def refresh(self) -> bool:
        """Writes the line anew if the last one is old; returns whether there is more to come."""
        state = self._living.state()
        if time.monotonic() - self._shown_at >= (IN_CI_EVERY_S if is_ci() else EVERY_S) and not state.is_over:
            self._shown_at = time.monotonic()
            self._write(self._line(state))
        return not state.is_over

    def _line(self, state: RunState) -> str:
        return line(state)

    def _twin(self) -> Snapshot:
        return take_snapshot(self._living.state(), self.run.folder)

    def finish(self) -> None:
        """Puts the static twin in the line's place."""
        twin = self._twin()
        if self._is_terminal:
            sys.stdout.write(f"\r{' ' * self._width}\r{twin.text}\n")
        else:
            display(twin.bundle(), raw=True, display_id=self._id, update=True)

    def _write(self, words: str) -> None:
        if not self._is_terminal:
            display({"text/plain": words}, raw=True, display_id=self._id, update=True)
            return
        sys.stdout.write(f"\r{words.ljust(self._width)}")
        sys.stdout.flush()
        self._width = len(words)


def line(state: RunState) -> str:
    """Returns one line in the manner of tqdm."""
    share = share_done(state) or 0.0
    full = round(share * CELLS)
    bar = "█" * full + "·" * (CELLS - full)
    progress = state.progress
    speed = f", {progress.examples_per_s:,.0f} examples/s" if progress and progress.examples_per_s else ""
    left = wording.duration(progress.eta_s if progress else None)
    steps = f" {state.step:,}/{state.total_steps:,} [{wording.took(state)}<{left}{speed}]" if state.total_steps else ""
    rule = state.early_stopping
    best = f", best {rule.monitor} {wording.number(rule.best)}" if rule.best is not None else ""
    return f"{state.run}: {share:4.0%} {bar}{steps} {doing(state)}{best}"
