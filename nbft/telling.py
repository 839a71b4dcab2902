"""What a terminal asks of a run that goes on: words -> commands, and the record's answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nbft.errors import NbftError, RunError
from nbft.record import events as word
from nbft.record.events import Command, CommandTaken
from nbft.run import Run
from nbft.spec.guess import closest

ANSWER_S = 60.0
"""A step of a large model, or an evaluation, may take so long; commands wait for its end."""
LOOK_EVERY_S = 0.1
ORDERS: dict[str, type[Command]] = {
    "pause": word.Pause,
    "resume": word.Resume,
    "evaluate": word.EvaluateNow,
    "save": word.SaveNow,
    "sample": word.SampleNow,
    "stop": word.Stop,
    "stop-now": word.StopNow,
}
SWITCH = {"on": True, "off": False, "true": True, "false": False}


def _switch(value: str) -> Command:
    return word.SetEarlyStopping(enabled=SWITCH[value.lower()])


@dataclass(frozen=True)
class Setting:
    """A value that can be set: how it is read, what it is to be, and one of its values."""

    read: Callable[[str], Command]
    wanted: str
    example: str


SETTINGS = {
    "learning_rate": Setting(lambda value: word.SetLearningRate(value=float(value)), "a number", "1e-5"),
    "learning_rate_factor": Setting(lambda value: word.SetLearningRate(factor=float(value)), "a number", "0.5"),
    "epochs": Setting(lambda value: word.SetEpochs(epochs=float(value)), "a number", "4"),
    "early_stopping": Setting(_switch, "on or off", "on"),
    "monitor": Setting(lambda value: word.SetEarlyStopping(monitor=value), "a metric", "eval/loss"),
    "patience": Setting(lambda value: word.SetEarlyStopping(patience=int(value)), "a whole number", "3"),
    "min_delta": Setting(lambda value: word.SetEarlyStopping(min_delta=float(value)), "a number", "0.001"),
}
WORDS = f"{', '.join(ORDERS)}; or {', '.join(f'{name}={setting.example}' for name, setting in SETTINGS.items())}"


def command_of(said: str) -> Command:
    """Returns what a word asks for; raises NbftError where it says nothing that a run hears."""
    name, is_setting, value = said.partition("=")
    if not is_setting and name in ORDERS:
        return ORDERS[name]()
    if not is_setting or name not in SETTINGS:
        meant = closest(name, [*ORDERS, *SETTINGS])
        full = f"{meant}={SETTINGS[meant].example}" if meant in SETTINGS else meant
        raise NbftError(f"A run can't be told '{said}'.", f"Did you mean '{full}'?" if meant else f"It hears: {WORDS}.")
    setting = SETTINGS[name]
    try:
        return setting.read(value)
    except (ValueError, KeyError):
        example = f"As in: {name}={setting.example}"
        raise NbftError(f"{name} is to be {setting.wanted}, not '{value}'.", example) from None


def tell(run: Run, commands: Sequence[Command]) -> Iterator[CommandTaken]:
    """Sends the commands and yields the answer to each, in their order, as the record holds it."""
    for command in commands:
        run.send(command)
        yield _answer(run, command)


def _answer(run: Run, command: Command) -> CommandTaken:
    until = time.monotonic() + ANSWER_S
    while True:
        over = run.is_over  # asked first: the answer comes before the end
        run.follow()
        found = [taken for taken in run.state.commands if taken.id == command.id]
        if found:
            return found[-1]
        if over:
            raise RunError(f"{run.name} ended before it answered: it is {run.status}.")
        if time.monotonic() > until:
            raise RunError(
                f"{run.name} has not answered for {ANSWER_S:.0f} s.", f"It will after its step: nbft watch {run.name}"
            )
        time.sleep(LOOK_EVERY_S)
