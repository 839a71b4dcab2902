"""An evaluation while it runs: what it does, how far it is, the time left, and a button that ends it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from nbft.panels import wording
from nbft.panels.base import HERE, html, text
from nbft.record.state import RunState


class EvaluatingPanel:
    """Phase, bar, time left, Stop. It has no thread and no timer; clicks may come in any thread."""

    def __init__(self, name: str, stop: Callable[[], None]) -> None:
        self._name = name
        self._head = html("nbft-head-box")
        self._bar = widgets.FloatProgress(min=0.0, max=1.0, layout=widgets.Layout(width="auto"))
        self._bar.add_class("nbft-bar")
        self._stop = widgets.Button(
            description="Stop", tooltip="End the evaluation", layout=widgets.Layout(width="auto")
        )
        for kind in ("nbft-button", "nbft-stop"):
            self._stop.add_class(kind)
        self._stop.on_click(lambda _: self._ask(stop))
        self._hint = html("nbft-hint-box")
        row = widgets.Box([self._stop])
        row.add_class("nbft-buttons")
        style = html("nbft-style")
        names = ("style.css", "progress.css", "controls.css")
        style.value = f"<style>{chr(10).join((HERE / name).read_text(encoding='utf-8') for name in names)}</style>"
        self.widget = widgets.VBox([style, self._head, self._bar, row, self._hint])
        self.widget.add_class("nbft-dashboard")
        self.widget.add_class("nbft-evaluating")
        self._is_stopping = False

    def show(self, state: RunState) -> None:
        """Brings the panel up to the state."""
        self._head.value = head(self._name, "Stopping" if self._is_stopping else words(state))
        self._bar.value = round(share(state), 4)
        self._stop.disabled = self._is_stopping

    def say(self, hint: str) -> None:
        """Shows a sentence about the button, as where it acts only after the cell."""
        self._hint.value = f'<p class="nbft-hint">{text(hint)}</p>' if hint else ""

    def _ask(self, stop: Callable[[], None]) -> None:
        self._is_stopping = True
        stop()


def head(name: str, doing: str) -> str:
    """Returns the line that says what is evaluated and how far it is."""
    return (
        f'<div class="nbft-head nbft-is-running"><span class="nbft-name">{text(name)}</span>'
        f'<span class="nbft-status" role="status"><i class="nbft-mark" aria-hidden="true"></i>{text(doing)}</span></div>'
    )


def share(state: RunState) -> float:
    """Returns how much of the phase is done, 0 to 1."""
    progress = state.progress
    return min((progress.done or 0) / progress.total, 1.0) if progress and progress.total else 0.0


def words(state: RunState) -> str:
    """Returns the phase with how far it is and the time left, as far as they are known."""
    progress = state.progress
    phase = wording.sentence(state.phase) or "Starting"
    if progress is None or not progress.total:
        return phase
    left = f", {wording.duration(progress.eta_s)} left" if progress.eta_s is not None else ""
    return f"{phase} {progress.done or 0:,} of {progress.total:,}{left}"


def line(name: str, state: RunState) -> str:
    """Returns the same as a line of plain text."""
    return f"{name}: {words(state)}"
