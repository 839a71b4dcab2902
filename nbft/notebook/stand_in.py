"""What is left of a living run's dashboard when its kernel is gone: an output of its own, hidden while the live one is there.

A saved view of widgets shows "model not found" under another kernel, or nothing; this stands below it and is true up to
the last evaluation. GitHub, nbviewer and nbconvert show it too, since nothing there hides it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from IPython.display import display

from nbft.notebook.snapshot import Snapshot
from nbft.panels.base import text
from nbft.panels.wording import clock
from nbft.record.state import RunState

EVERY_S = 15.0
"""A picture is sent whole, some 30 kB each time."""
EMPTY = {"text/html": "", "text/plain": ""}


class StandIn:
    """The static picture of a run that goes on, renewed after evaluations; empty until the end where it isn't wanted."""

    def __init__(
        self,
        run: str,
        name: str,
        take: Callable[[], Snapshot],
        *,
        is_wanted: bool = True,
        like: str = "%ft_attach",
    ) -> None:
        self._like = like
        self._run, self._take, self._is_wanted = run, take, is_wanted
        self._class, self._id = f"nbft-stand-in-{name}", f"{name}-twin"
        self._seen = 0
        self._renewed_at = float("inf")

    @property
    def _hides_what_is_dead(self) -> str:
        """The style by which this one hides the live output above it where no dashboard came to life in that.

        JupyterLab says "model not found" there. In a notebook that it does not trust it drops the style, and shows the
        live output's empty HTML in the place of its view.
        """
        below = f".jp-OutputArea-child:has(+ .jp-OutputArea-child .{self._class})"
        return f"<style>{below}:not(:has(.nbft-dashboard)) {{ display: none }}</style>"

    @property
    def style(self) -> str:
        """The style by which the live dashboard, as long as it is there, hides this one."""
        return f".jp-OutputArea-child:has(.{self._class}), .{self._class} {{ display: none }}"

    def show(self, state: RunState) -> None:
        """Puts it below the live dashboard."""
        if self._is_wanted:
            self._put(state, update=False)
        else:
            display(EMPTY, raw=True, display_id=self._id)

    def refresh(self, state: RunState) -> None:
        """Draws it anew where there was an evaluation, at most every 15 seconds."""
        if len(state.evaluations) > self._seen and time.monotonic() - self._renewed_at >= EVERY_S:
            self._put(state, update=True)

    def begin_anew(self) -> None:
        """Counts evaluations from none again, as where the next run of a series begins."""
        self._seen = 0

    def become(self, html: str) -> None:
        """Shows this instead, for good; nothing where it is empty."""
        display({**EMPTY, "text/html": html}, raw=True, display_id=self._id, update=True)

    def _put(self, state: RunState, *, update: bool) -> None:
        self._renewed_at, self._seen = time.monotonic(), len(state.evaluations)
        at = f" at {clock(state.updated)}" if state.updated else ""
        words = f"As it was{at}. How it is by now: {self._like} {self._run}"
        said = f"<p><small>{text(words)}</small></p>{self._take().html}"
        twin = f'{self._hides_what_is_dead}<div class="{self._class}">{said}</div>'
        display({"text/html": twin, "text/plain": words}, raw=True, display_id=self._id, update=update)
