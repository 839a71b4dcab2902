"""What a user should know: why a run failed, what is amiss with it, and what was decided for them.

The error stands in the head of the dashboard (progress.py), where it is seen; warnings and notes come below the
controls, so that nothing moves away under a hand that is about to click.
"""

from __future__ import annotations

import ipywidgets as widgets

from nbft.panels.base import Panel, Send, html, text
from nbft.panels.wording import plural
from nbft.record.state import RunState

SHOWN_WARNINGS = 3


class NoticesPanel(Panel):
    """The warnings with what mends them, and the plan's notes, folded."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._warnings = html("nbft-warnings-box")
        self._notes = html("nbft-notes-box")  # a piece of its own: it stays unfolded while warnings come
        self.widget = widgets.VBox([self._warnings, self._notes])
        self.widget.add_class("nbft-notices")

    def show(self, state: RunState) -> None:
        """Shows warnings and notes of the state."""
        self._warnings.value = warnings(state)
        self._notes.value = notes(state)


def why_failed(state: RunState) -> tuple[str, str] | None:
    """Returns what went wrong and what would mend it; None for a run that did not fail."""
    if state.end is None or state.status != "failed":
        return None
    found = state.end.error or {}
    return str(found.get("what") or state.end.reason), str(found.get("fix") or "")


def error(state: RunState) -> str:
    """Returns the failed run's error; empty where there is none."""
    found = why_failed(state)
    return _note("error", "alert", *found) if found else ""


def warnings(state: RunState) -> str:
    """Returns the newest warnings."""
    shown = [_note("warning", "note", w.message, w.fix) for w in state.warnings[-SHOWN_WARNINGS:]]
    hidden = len(state.warnings) - len(shown)
    if hidden:
        shown.insert(0, f'<div class="nbft-more">{plural(hidden, "earlier warning")} in events.jsonl</div>')
    return "".join(shown)


def notes(state: RunState) -> str:
    """Returns what was decided for the user, folded."""
    made = state.plan.notes if state.plan else []
    if not made:
        return ""
    items = "".join(f"<li>{text(note)}</li>" for note in made)
    return (
        f'<details class="nbft-notes"><summary>{plural(len(made), "choice")} made for you</summary>'
        f"<ul>{items}</ul></details>"
    )


def _note(kind: str, role: str, what: str, fix: str) -> str:
    mend = f"<p>{text(fix)}</p>" if fix else ""
    return f'<div class="nbft-note nbft-{kind}" role="{role}"><strong>{text(what)}</strong>{mend}</div>'
