"""The controls of a dashboard: what is done now, what is changed, how the run ends; and the record's answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import ipywidgets as widgets

from nbft.errors import NbftError
from nbft.panels import wording
from nbft.panels.base import Panel, Send, html, text
from nbft.panels.schedule_inputs import ScheduleInputs
from nbft.record import events as word
from nbft.record.events import Command
from nbft.record.state import RunState

SHOWN_ANSWERS = 4
CONFIRM_S = 15.0
"""A question that nobody answers goes away."""
QUESTIONS = {
    "Stop": "Stop after this step and keep the best model?",
    "StopNow": "Stop at once? What was trained since the newest checkpoint can't be resumed.",
}
ENDS_SERIES = "The seeds to come are not started; %ft_resume goes on with them."


class ControlsPanel(Panel):
    """Buttons in three groups, a question before what ends the run, and the last commands with their answers.

    `go_on` lets a waiting cell go; without it there is no cell to let go and no button for it. `in_series` says that
    other seeds come after this one: what stops it ends them too, unless its user wants only this one to end.
    """

    def __init__(
        self,
        send: Send,
        go_on: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        in_series: bool = False,
    ) -> None:
        super().__init__(send)
        self._in_series = in_series
        self._asked: dict[str, str] = {}
        self._failed: list[str] = []
        self._state: RunState | None = None
        self._clock = clock
        self._question: tuple[Command, float] | None = None
        self._make_buttons(go_on)
        self.schedule = ScheduleInputs(self._ask)
        self._answers, self._hint, self._refused = (
            html("nbft-answers-box"),
            html("nbft-hint-box"),
            html("nbft-refused-box"),
        )
        self._set_waiting(go_on is not None)
        self.groups = [
            _group("Now", self._pause, self._evaluate, self._save, self._sample),
            _group("Change", *self.schedule.parts),
            _group("End", self._stop, self._stop_now, self._background),
        ]
        self._confirm = self._make_confirm()
        row = widgets.Box(self.groups)
        row.add_class("nbft-buttons")
        self.widget = widgets.VBox([row, self._confirm, self._refused, self._hint, self._answers])
        self.widget.add_class("nbft-controls")

    def _make_buttons(self, go_on: Callable[[], None] | None) -> None:
        self._pause = _button("Pause", "nbft-pause", "Wait after this step, holding everything in memory")
        self._evaluate = _button("Evaluate now", "nbft-evaluate", "Evaluate on the validation rows after this step")
        self._save = _button("Save now", "nbft-save", "Write a checkpoint after this step")
        self._sample = _button("Write samples", "nbft-sample", "Let the model answer the prompts after this step")
        self._background = _button("Continue in background", "nbft-background", "Let this cell go; the run goes on")
        self._stop = _button("Stop and keep the best", "nbft-stop", "Finish this step, keep the best model, end")
        self._stop_now = _button("Stop now", "nbft-stop-now", "End at once, without an evaluation or a checkpoint")
        self._pause.on_click(lambda _: self._ask(word.Resume() if self._is_paused else word.Pause()))
        self._evaluate.on_click(lambda _: self._ask(word.EvaluateNow()))
        self._save.on_click(lambda _: self._ask(word.SaveNow()))
        self._sample.on_click(lambda _: self._ask(word.SampleNow()))
        self._stop.on_click(lambda _: self._ask_first(word.Stop()))
        self._stop_now.on_click(lambda _: self._ask_first(word.StopNow()))
        if go_on is not None:
            self._background.on_click(partial(_call, go_on))

    def _make_confirm(self) -> widgets.Box:
        self._words = html("nbft-question")
        self._yes = _button("Yes, stop", "nbft-yes", "Do it")
        self._no = _button("No, go on", "nbft-no", "Leave the run as it is")
        self._only = _button(
            "Only this seed", "nbft-only", "Stop this one, keep its best model, go on with the next seed"
        )
        self._yes.on_click(lambda _: self._confirmed())
        self._only.on_click(lambda _: self._confirmed(word.Stop(series_goes_on=True)))
        self._no.on_click(lambda _: self._take_back())
        row = widgets.Box([self._words, self._yes, self._only, self._no], layout=widgets.Layout(display="none"))
        row.add_class("nbft-confirm")
        return row

    def show(self, state: RunState) -> None:
        """Shows which controls can act, and how the newest commands were answered."""
        self._state = state
        answered = {taken.id for taken in state.commands}
        for done in [asked for asked in list(self._asked) if asked in answered or state.is_over]:
            self._asked.pop(done, None)
        self._pause.description = "Resume" if self._is_paused else "Pause"
        refused = state.plan.refused if state.plan else {}
        every = (self._pause, self._save, self._background, self._stop, self._stop_now)
        for button in every:
            button.disabled = state.is_over
        self._evaluate.disabled = state.is_over or "EvaluateNow" in refused
        self._sample.disabled = state.is_over or "SampleNow" in refused
        self._refused.value = _cannot(refused)
        self.schedule.show(state, is_waiting=set(self._asked.values()))
        if state.is_over:
            self.let_go()
        self._show_question(state)
        self._answers.value = answers(state, list(self._asked.values()), self._failed)

    def _show_question(self, state: RunState) -> None:
        if self._question and (state.is_over or self._clock() - self._question[1] > CONFIRM_S):
            self._question = None
        asked = self._question[0] if self._question else None
        said = QUESTIONS[type(asked).__name__] if asked else ""
        said = f"{said} {ENDS_SERIES}" if said and self._in_series else said
        self._only.layout.display = None if self._in_series and isinstance(asked, word.Stop) else "none"
        self._words.value = f'<p role="alert">{text(said)}</p>' if said else ""
        was_hidden = self._confirm.layout.display == "none"
        self._confirm.layout.display = None if said else "none"
        if said and was_hidden:
            self._no.focus()  # the answer that does no harm

    def let_go(self) -> None:
        """Takes the button away that lets the cell go: it has been let go."""
        self._set_waiting(False)

    @property
    def hint(self) -> str:
        """The sentence about the buttons, as HTML."""
        return self._hint.value

    @hint.setter
    def hint(self, shown: str) -> None:
        self._hint.value = shown

    def say(self, hint: str) -> None:
        """Shows a sentence about the buttons, as where they act only after the cell."""
        self._hint.value = f'<p class="nbft-hint">{text(hint)}</p>' if hint else ""

    @property
    def _is_paused(self) -> bool:
        return self._state is not None and self._state.status == "paused"

    def _set_waiting(self, waiting: bool) -> None:
        self._background.layout.display = None if waiting else "none"

    def _ask_first(self, command: Command) -> None:
        self._question = (command, self._clock())

    def _take_back(self) -> None:
        self._question = None

    def _confirmed(self, instead: Command | None = None) -> None:
        question, self._question = self._question, None
        if question:
            self._ask(instead or question[0])

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


def _group(title: str, *parts: widgets.DOMWidget) -> widgets.Box:
    head = html("nbft-group-title")
    head.value = f"<h4>{title}</h4>"
    group = widgets.Box([head, *parts])
    group.add_class("nbft-group")
    return group


def _button(label: str, name: str, tip: str) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=tip, layout=widgets.Layout(width="auto"))
    button.add_class("nbft-button")
    button.add_class(name)
    return button


def _cannot(refused: dict[str, str]) -> str:
    """Returns in words what can't be asked of this run."""
    kinds = word.COMMANDS
    lines = [f"{getattr(kinds.get(name), 'label', name)}: this run {why}." for name, why in refused.items()]
    return f'<p class="nbft-quiet"><small>{text(" ".join(lines))}</small></p>' if lines else ""


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
