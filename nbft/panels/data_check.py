"""What the check-up found in the data: folded, and unfolded the whole page."""

from __future__ import annotations

from pathlib import Path

from nbft.panels.base import Panel, Send, html, set_class, text
from nbft.panels.data_page import to_html
from nbft.panels.data_text import verdict
from nbft.record.data_check import DataCheck, read_check
from nbft.record.state import RunState


class DataCheckPanel(Panel):
    """One line, `Data check-up: 2 warnings, 5 notes`; hidden until the data were looked at."""

    def __init__(self, send: Send, file: Path) -> None:
        super().__init__(send)
        self._file = file
        self._shown = 0
        self.widget = html("nbft-data-box", "nbft-hidden")

    def show(self, state: RunState) -> None:
        """Reads the file when the record says that it is there."""
        said = state.data_check
        if said is None or said.seq == self._shown:
            return
        self._shown = said.seq
        check = read_check(self._file)
        set_class(self.widget, "nbft-hidden", check is None)
        self.widget.value = folded(check) if check else ""


def folded(check: DataCheck) -> str:
    """Returns the page under one line."""
    level = "nbft-warn" if check.warnings else "nbft-fine"
    line = f'<span class="{level}">Data check-up: {text(check.summary)}</span>'
    return f'<details class="nbft-data-fold"><summary>{line}</summary>{to_html(check)}</details>'


def to_list(check: DataCheck | None) -> str:
    """Returns what was found without styles, folded, for a static picture; empty where nothing was looked at."""
    if check is None:
        return ""
    told = [finding for finding in check.findings if finding.level != "ok"]
    items = "".join(f"<li><b>{text(finding.topic)}</b> {text(finding.what)}</li>" for finding in told)
    head = f"<summary>Data check-up: {text(check.summary)}</summary>"
    return f"<details>{head}<p>{text(verdict(check))}</p><ul>{items}</ul></details>"
