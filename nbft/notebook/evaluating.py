"""A cell that waits for an evaluation: a live panel meanwhile, the scorecard's page in its place at the end."""

from __future__ import annotations

import time
import uuid

from IPython.display import display

from nbft.evaluation import Evaluation
from nbft.notebook.dashboard import VIEW
from nbft.notebook.waiting import Waiting, can_click
from nbft.panels.base import close_tree, html
from nbft.panels.evaluating import EvaluatingPanel, line
from nbft.panels.scorecard_page import page
from nbft.record.state import RunState

POLL_S = 0.2
PLAIN_EVERY_S = 2.0
DEAF = "In this kernel the button acts after the cell. Until then: interrupt the kernel."


def wait_for(evaluation: Evaluation, name: str, *, shows_page: bool = True) -> Evaluation:
    """Shows how far it is until it is over, then the page unless it is not wanted; raises NbftError.

    The first interrupt, as the button, ends it after the present batch, the second at once.
    """
    shown = _Live(evaluation, name) if can_click() else _Plain(name)
    try:
        _wait(evaluation, shown)
        made = page(evaluation.scorecard, name) if shows_page else None
    except BaseException:
        shown.leave()
        raise
    if made is None:
        shown.leave()
    else:
        shown.finish(made)
    return evaluation


def _wait(evaluation: Evaluation, shown: _Live | _Plain) -> None:
    obeyed = 0
    with Waiting() as waiting:
        if isinstance(shown, _Live) and not waiting.hears_buttons:
            shown.panel.say(DEAF)
        try:
            while not evaluation.is_over:
                shown.show(evaluation.state)
                waiting.poll(POLL_S)
                while obeyed < waiting.interrupts:
                    obeyed += 1
                    evaluation.stop() if obeyed == 1 else evaluation.kill()
        except KeyboardInterrupt:  # the kernel is shut down: the worker shall not outlive what it works for
            evaluation.kill()
            raise


class _Live:
    """The panel, where somebody can click."""

    def __init__(self, evaluation: Evaluation, name: str) -> None:
        self.panel = EvaluatingPanel(name, evaluation.stop)
        self._id = uuid.uuid4().hex
        self.panel.show(RunState())
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.widget.model_id}
        plain = {"text/plain": line(name, RunState())}
        display({VIEW: view, **plain}, raw=True, display_id=self._id)

    def show(self, state: RunState) -> None:
        self.panel.show(state)

    def finish(self, made: dict[str, str]) -> None:
        """Puts the page in the panel's place, also on a page that was reloaded and takes no update of its outputs."""
        display(made, raw=True, display_id=self._id, update=True)
        picture, old = html("jp-RenderedHTMLCommon"), self.panel.widget.children
        picture.value = made["text/html"]
        self.panel.widget.children = [picture]
        for widget in old:
            close_tree(widget)

    def leave(self) -> None:
        """Takes the panel away: an error stands below it."""
        display({"text/html": "", "text/plain": ""}, raw=True, display_id=self._id, update=True)
        close_tree(self.panel.widget)


class _Plain:
    """A line of text, where nobody can click."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._id = uuid.uuid4().hex
        self._shown_at = time.monotonic()
        display({"text/plain": line(name, RunState())}, raw=True, display_id=self._id)

    def show(self, state: RunState) -> None:
        if time.monotonic() - self._shown_at >= PLAIN_EVERY_S:
            self._shown_at = time.monotonic()
            display({"text/plain": line(self._name, state)}, raw=True, display_id=self._id, update=True)

    def finish(self, made: dict[str, str]) -> None:
        display(made, raw=True, display_id=self._id, update=True)

    def leave(self) -> None:
        display({"text/plain": ""}, raw=True, display_id=self._id, update=True)
