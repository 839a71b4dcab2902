"""What came out of a run: its scores, what it took, where the model lies, and how to use it."""

from __future__ import annotations

from pathlib import Path

from nbft.panels import wording
from nbft.panels.base import Panel, Send, html, text
from nbft.panels.scores import scores, to_html
from nbft.record.state import RunState


class ResultsPanel(Panel):
    """Shows nothing before the end; `variable` is the name that the run has in the notebook."""

    def __init__(self, send: Send, folder: Path, variable: str = "run") -> None:
        super().__init__(send)
        self.folder = folder
        self.variable = variable
        self.widget = html("nbft-results")

    def show(self, state: RunState) -> None:
        """Shows the results of a run that is over."""
        self.widget.value = results(state, self.folder, self.variable) if state.is_over else ""


def results(state: RunState, folder: Path, variable: str) -> str:
    """Returns the results as HTML."""
    rows = [("took", wording.took(state)), ("folder", str(folder))]
    if state.checkpoints:
        kept = ", ".join(f"{step:,}" for step in sorted(state.checkpoints))
        rows.insert(1, ("checkpoints", f"of step {kept}"))
    facts = "".join(f'<tr><th align="left">{text(k)}</th><td align="left">{text(v)}</td></tr>' for k, v in rows)
    return (
        f'<section class="nbft-card" aria-label="Results"><h4 class="nbft-title">Results</h4>'
        f"{to_html(scores(state))}<table>{facts}</table>{how_to_use(state, variable)}</section>"
    )


def how_to_use(state: RunState, variable: str) -> str:
    """Returns the lines that use the model; empty where none was kept."""
    if state.end is None or not state.end.has_model:
        return ""
    name = text(variable)
    return (
        f'<p>Use it: <code>{name}.predict(["..."])</code>, <code>{name}.load_model()</code>, '
        f"<code>%ft_eval {text(state.run)}</code></p>"
    )
