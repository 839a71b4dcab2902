"""The head of a dashboard: which run, what it is doing, how far it is, and when it will be done."""

from __future__ import annotations

import ipywidgets as widgets

from nbft.panels import wording
from nbft.panels.base import Panel, Send, html, set_class, text
from nbft.panels.notices import error
from nbft.record.state import RunState

MARKS = {"queued": "", "running": "", "paused": "", "finished": "✓", "stopped": "■", "failed": "✕"}
"""Every status has a shape besides its colour; running and paused are drawn by the style sheet."""


class ProgressPanel(Panel):
    """Run, status, bar, and a row of facts: step, epoch, time left, speed, best; below them why a run failed."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._head = html("nbft-head-box")
        self._bar = widgets.FloatProgress(min=0.0, max=1.0, layout=widgets.Layout(width="auto"))
        self._bar.add_class("nbft-bar")
        self._facts = html("nbft-facts-box")
        self._error = html("nbft-error-box")
        self.widget = widgets.VBox([self._head, self._bar, self._facts, self._error])
        self.widget.add_class("nbft-progress")

    def show(self, state: RunState) -> None:
        """Brings head, bar and facts up to the state."""
        self._head.value = head(state)
        fraction = share_done(state)
        self._bar.value = round(fraction or 0.0, 4)
        set_class(self._bar, "nbft-busy", fraction is None and not state.is_over)
        for name in MARKS:
            set_class(self._bar, f"nbft-is-{name}", name == state.status)
        self._facts.value = facts(state)
        self._error.value = error(state)


def share_done(state: RunState) -> float | None:
    """Returns how much of the run is done, or of its preparation where that is counted; None where nobody knows."""
    if state.status == "finished":
        return 1.0
    if state.total_steps:
        return min(state.step / state.total_steps, 1.0)
    if state.progress and state.progress.total:
        return min((state.progress.done or 0) / state.progress.total, 1.0)
    return 0.0 if state.status == "queued" else None


def head(state: RunState) -> str:
    """Returns the line that names the run, its status and its machine."""
    name = text(state.run or "run")
    mark = f'<i class="nbft-mark" aria-hidden="true">{MARKS.get(state.status, "")}</i>'
    flag = f'<span class="nbft-flag">▲ {wording.plural(len(state.warnings), "warning")} below</span>'
    return (
        f'<div class="nbft-head nbft-is-{text(state.status)}"><span class="nbft-name">{name}</span>'
        f'<span class="nbft-status" role="status">{mark}{text(doing(state))}</span>'
        f"{flag if state.warnings else ''}{_about(state)}</div>"
    )


def _about(state: RunState) -> str:
    """Returns the machine of a run, and why it ended once it is over."""
    if state.end is not None and state.status != "failed":
        return f'<span class="nbft-reason">{text(state.end.reason)}</span>'
    machine = text(wording.machine(state))
    return f'<span class="nbft-machine" title="{machine}">{machine}</span>'


def doing(state: RunState) -> str:
    """Returns the status in words, with how far the phase is where that is counted."""
    progress = state.progress
    if state.status != "running" or progress is None or not progress.total:
        return wording.status(state)
    words = "Evaluating" if state.phase == "training" else wording.status(state)
    return f"{words} {progress.done or 0:,} of {progress.total:,}"


def facts(state: RunState) -> str:
    """Returns the row of facts; each keeps its place while its value changes."""
    cells = [
        ("Step", *_of(f"{state.step:,}", f"{state.total_steps:,}" if state.plan else "")),
        ("Epoch", *_of(f"{state.epoch:.2f}", wording.epoch(state.plan.epochs) if state.plan else "")),
        _time(state),
        ("Speed", *_speed(state)),
        ("Best", *_best(state)),
    ]
    return '<dl class="nbft-facts">' + "".join(_cell(*cell) for cell in cells) + "</dl>"


def _cell(label: str, value: str, more: str) -> str:
    note = f" <small>{text(more)}</small>" if more else ""
    return f"<div><dt>{text(label)}</dt><dd>{text(value)}{note}</dd></div>"


def _of(value: str, total: str) -> tuple[str, str]:
    return value, f"of {total}" if total else ""


def _time(state: RunState) -> tuple[str, str, str]:
    if state.is_over:
        return "Took", wording.took(state), ""
    eta = state.progress.eta_s if state.progress else None
    return "Time left", wording.duration(eta), ""


def _speed(state: RunState) -> tuple[str, str]:
    speed = state.progress.examples_per_s if state.progress else None
    return (f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}", "examples/s") if speed else (wording.NONE, "")


def _best(state: RunState) -> tuple[str, str]:
    rule = state.early_stopping
    if rule.best is None:
        return wording.NONE, rule.monitor
    return wording.number(rule.best), f"{rule.monitor}, step {rule.best_step:,}"
