"""What a command changes, and the answer to it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from nbft.record import events as word
from nbft.record.writer import EventWriter


@dataclass
class Orders:
    """What has been asked of the training loop and not been done yet."""

    stop: str | None = None
    """Why the run is to stop, in words."""
    early_stop: str | None = None
    """Why the early-stopping rule ends the run, in words."""
    terminated: bool = False
    """Whether the system asked for the end (SIGTERM): save at the step's end, and exit 143."""
    paused: bool = False
    evaluate: bool = False
    save: bool = False

    def take_evaluate(self) -> bool:
        """Returns whether an evaluation was asked for, once."""
        asked, self.evaluate = self.evaluate, False
        return asked

    def take_save(self) -> bool:
        """Returns whether a save was asked for, once."""
        asked, self.save = self.save, False
        return asked

    def terminate(self) -> None:
        """Takes in a SIGTERM; only flags are set, so that it can come at any moment."""
        self.terminated = self.save = True
        self.paused = False
        self.stop = "The system asked the worker to end (SIGTERM)."


def obey(
    command: word.Command, step: int, orders: Orders, record: EventWriter, *, can_evaluate: bool
) -> word.CommandTaken:
    """Carries the command out, or notes it down for the loop; returns the answer."""
    obeyed, answer = True, ""
    match command:
        case word.Stop():
            orders.stop, answer = "Stopped by you.", f"stops after step {step}, keeping the best model"
        case word.Pause():
            obeyed, answer = (
                not orders.paused,
                f"paused after step {step}" if not orders.paused else "is paused already",
            )
            orders.paused = True
        case word.Resume():
            obeyed, answer = orders.paused, f"goes on after step {step}" if orders.paused else "is not paused"
            orders.paused = False
        case word.SaveNow():
            orders.save, answer = True, f"saves a checkpoint after step {step}"
        case word.EvaluateNow():
            obeyed = orders.evaluate = can_evaluate
            answer = f"evaluates after step {step}" if can_evaluate else "has no validation rows"
        case word.SetEarlyStopping():
            obeyed, answer = _set_early_stopping(command, step, record)
        case _:
            obeyed, answer = False, "is not known to this worker"
    name = type(command).__name__
    return word.CommandTaken(id=command.id, command=name, step=step, obeyed=obeyed, answer=answer)


def _set_early_stopping(command: word.SetEarlyStopping, step: int, record: EventWriter) -> tuple[bool, str]:
    rule, plan = record.state.early_stopping, record.state.plan
    known = plan.metrics if plan else []
    if command.monitor is not None and command.monitor not in known:
        return False, f"this run computes no {command.monitor}; it computes {', '.join(known)}"
    if command.patience is not None and command.patience < 1:
        return False, "patience must be at least 1"
    if command.min_delta is not None and command.min_delta < 0:
        return False, "min_delta can't be negative"
    wanted = {k: v for k, v in dataclasses.asdict(command).items() if k not in ("id", "time") and v is not None}
    now = {key: getattr(rule, key) for key in ("enabled", "monitor", "patience", "min_delta")}
    record.say(word.EarlyStoppingSet(**{**now, **wanted}, step=step))
    shown = ", ".join(f"{key} {_shown(value)}" for key, value in wanted.items())
    return True, shown or "nothing to change"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
