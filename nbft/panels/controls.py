"""The buttons of a dashboard, and the record's answers to what was asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ipywidgets as widgets

from nbft.errors import NbftError
from nbft.panels import wording
from nbft.panels.base import Panel, Send, html, text
from nbft.record import events as word
from nbft.record.events import Command
from nbft.record.state import RunState

SHOWN_ANSWERS = 4


class ControlsPanel(Panel):
    """Pause or resume, evaluate, save, let the cell go, stop; below them the last commands with their answers.

    `go_on` lets a waiting cell go; without it there is no cell to let go and no button for it.
    """

    def __init__(self, send: Send, go_on: Callable[[], None] | None = None) -> None:
        super().__init__(send)
        self._asked: dict[str, str] = {}
        self._failed: list[str] = []
        self._state: RunState | None = None
        self._pause = _button("Pause", "nbft-pause", "Wait after this step, holding everything in memory")
        self._evaluate = _button("Evaluate now", "nbft-evaluate", "Evaluate on the validation rows after this step")
        self._save = _button("Save now", "nbft-save", "Write a checkpoint after this step")
        self._background = _button("Continue in background", "nbft-background", "Let this cell go; the run goes on")
        self._stop = _button(
            "Stop and keep the best", "nbft-stop", "Finish this step, keep the best model, end the run"
        )
        self._answers = html("nbft-answers-box")
        self._hint = html("nbft-hint-box")
        self._pause.on_click(lambda _: self._ask(word.Resume() if self._is_paused else word.Pause()))
        self._evaluate.on_click(lambda _: self._ask(word.EvaluateNow()))
        self._save.on_click(lambda _: self._ask(word.SaveNow()))
        self._stop.on_click(lambda _: self._ask(word.Stop()))
        if go_on is not None:
            self._background.on_click(partial(_call, go_on))
        self._set_waiting(go_on is not None)
        row = widgets.Box([self._pause, self._evaluate, self._save, self._background, self._stop])
        row.add_class("nbft-buttons")
        self.widget = widgets.VBox([row, self._hint, self._answers])
        self.widget.add_class("nbft-controls")

    def show(self, state: RunState) -> None:
        """Shows which buttons can act, and how the newest commands were answered."""
        self._state = state
        answered = {taken.id for taken in state.commands}
        for done in [asked for asked in list(self._asked) if asked in answered or state.is_over]:
            self._asked.pop(done, None)
        self._pause.description = "Resume" if self._is_paused else "Pause"
        for button in (self._pause, self._evaluate, self._save, self._background, self._stop):
            button.disabled = state.is_over
        if state.is_over:
            self.let_go()
        self._answers.value = answers(state, list(self._asked.values()), self._failed)

    def let_go(self) -> None:
        """Takes the button away that lets the cell go: it has been let go."""
        self._set_waiting(False)

    def say(self, hint: str) -> None:
        """Shows a sentence about the buttons, as where they act only after the cell."""
        self._hint.value = f'<p class="nbft-hint">{text(hint)}</p>' if hint else ""

    @property
    def _is_paused(self) -> bool:
        return self._state is not None and self._state.status == "paused"

    def _set_waiting(self, waiting: bool) -> None:
        self._background.layout.display = None if waiting else "none"

    def _ask(self, command: Command) -> None:
        """Sends the command, unless the same one still waits for its answer.

        Clicks may come in another thread: widgets are left to the next `show`.
        """
        label = getattr(command, "label", type(command).__name__)
        if label in self._asked.values():
            return
        try:
            self.send(command)
        except (NbftError, OSError) as error:  # from a click nobody would see it
            self._failed = [f"{label}: {error}"]
        else:
            self._asked[command.id], self._failed = label, []


def _call(action: Callable[[], None], _: widgets.Button) -> None:
    action()


def _button(label: str, name: str, tip: str) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="auto"))
    button.add_class("nbft-button")
    button.add_class(name)
    return button


def answers(state: RunState, waiting: list[str], failed: list[str]) -> str:
    """Returns the newest commands as ticks with their time, the newest first, as many as fit into one line."""
    taken = [_answer(command) for command in reversed(state.commands[-SHOWN_ANSWERS:])]
    asked = [f'<li class="nbft-waits">{text(label)} <small>waiting for the run</small></li>' for label in waiting]
    lost = [f'<li class="nbft-refused">✕ {text(line)}</li>' for line in failed]
    return f'<ol class="nbft-answers" aria-live="polite">{"".join([*lost, *asked, *taken][:SHOWN_ANSWERS])}</ol>'


def _answer(taken: word.CommandTaken) -> str:
    mark, kind = ("✓", "obeyed") if taken.obeyed else ("✕", "refused")
    said = f"{taken.answer or f'step {taken.step:,}'} · {wording.clock(taken.time)}"
    return f'<li class="nbft-{kind}"><b>{mark}</b> {text(wording.command(taken))} <small>{text(said)}</small></li>'
