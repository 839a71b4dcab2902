"""A dashboard as a user sees it and touches it, and the record of its run beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Locator, expect

from nbft.record.events import Command, CommandTaken, Event, command_from, event_from
from nbft.record.journal import Follower
from nbft.run import Run
from tests.browser.lab import Notebook
from tests.notebook.training_cell import wait_for

AnEvent = TypeVar("AnEvent", bound=Event)


class Dashboard:
    """The dashboard below a cell."""

    def __init__(self, notebook: Notebook, cell: int, run: Run) -> None:
        self.notebook = notebook
        self.cell = cell
        self.run = run

    @property
    def root(self) -> Locator:
        """The whole dashboard; looked up anew each time, since a reload makes another one."""
        return self.notebook.output(self.cell).locator(".nbft-dashboard")

    def button(self, name: str) -> Locator:
        """The button with that label."""
        return self.root.get_by_role("button", name=name, exact=True)

    def step(self) -> int:
        """The step that is shown."""
        shown = self.root.locator(".nbft-facts dd").first.inner_text()
        return int(shown.split()[0].replace(",", ""))

    def share(self) -> float:
        """How much of the bar is filled."""
        width = "part => part.getBoundingClientRect().width"
        filled = self.root.locator(".nbft-bar .progress-bar").evaluate(width)
        return filled / self.root.locator(".nbft-bar .progress").evaluate(width)

    def points(self) -> int:
        """Points that the charts show."""
        shown = self.root.locator("[data-points]").evaluate_all("all => all.map(one => +one.dataset.points)")
        return sum(shown)

    def events(self, kind: type[AnEvent]) -> list[AnEvent]:
        """What the run has said of this kind."""
        said = [event_from(data) for data in Follower(self.run.folder.events).read()]
        return [event for event in said if isinstance(event, kind)]

    def commands(self) -> list[Command]:
        """What was asked of the run."""
        asked = [command_from(data) for data in Follower(self.run.folder.commands).read()]
        return [command for command in asked if command is not None]

    def stop(self) -> None:
        """Presses the stop button, says yes, and waits for the end of the run; its dashboard gives way to a picture."""
        self.button("Stop and keep the best").click()
        self.button("Yes, stop").click()
        wait_for(lambda: self.run.is_over, "the run does not stop", 30)

    def answer_to(self, act: Callable[[], None]) -> tuple[Command, CommandTaken]:
        """Does something that asks for a command; returns it with the run's answer, which the page shows."""
        before, started = len(self.commands()), time.time()
        act()
        command = wait_for(lambda: self.commands()[before:], "nothing was asked of the run", 10)[0]
        taken = wait_for(lambda: [one for one in self.events(CommandTaken) if one.id == command.id], "no answer", 20)[0]
        asked_s, taken_s = command.time - started, taken.time - command.time
        print(f"{taken.command}: asked after {asked_s:.3f} s, taken {taken_s:.3f} s later")
        expect(self.root.locator(".nbft-answers")).to_contain_text(taken.answer)
        return command, taken
