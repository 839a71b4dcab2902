"""What a command changes, and the answer to it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from nbft.engine.schedule import Schedule
from nbft.record import events as word
from nbft.record.writer import EventWriter
from nbft.tasks.base import Task

MAX_FACTOR = 1000
"""A larger one is a slip of the keyboard."""
Answer = tuple[bool, str]
"""Whether the command is obeyed, and what is done or why not, in words."""


class EndedAtOnce(Exception):
    """The user wants no more steps: raised in the loop, caught around it."""


@dataclass
class Orders:
    """What has been asked of the training loop and not been done yet."""

    stop: str | None = None
    """Why the run is to stop, in words."""
    early_stop: str | None = None
    """Why the early-stopping rule ends the run, in words."""
    terminated: bool = False
    """Whether the system asked for the end (SIGTERM): save at the step's end, and exit 143."""
    at_once: bool = False
    """Whether the end must wait for nothing: no evaluation, no checkpoint."""
    paused: bool = False
    evaluate: bool = False
    save: bool = False
    sample: bool = False
    schedule: Schedule | None = None
    """The learning rate of every step, once the trainer is made."""

    def take_evaluate(self) -> bool:
        """Returns whether an evaluation was asked for, once."""
        asked, self.evaluate = self.evaluate, False
        return asked

    def take_save(self) -> bool:
        """Returns whether a save was asked for, once."""
        asked, self.save = self.save, False
        return asked

    def take_sample(self) -> bool:
        """Returns whether samples were asked for, once."""
        asked, self.sample = self.sample, False
        return asked

    def terminate(self) -> None:
        """Takes in a SIGTERM; only flags are set, so that it can come at any moment."""
        self.terminated = self.save = True
        self.paused = False
        self.stop = "The system asked the worker to end (SIGTERM)."


def refused(task: Task, *, can_evaluate: bool) -> dict[str, str]:
    """Returns the commands that a run of the task can't obey, each with the reason."""
    reasons = {} if can_evaluate else {"EvaluateNow": "has no validation rows"}
    if task.writes_to_prompts:
        if not task.spec.generate.prompts:
            reasons["SampleNow"] = "has no prompts: name some under generate.prompts"
    elif type(task).samples is Task.samples:
        reasons["SampleNow"] = f"writes no text: its task is {task.name}"
    else:
        reasons["SampleNow"] = "makes its samples in each evaluation: use Evaluate now"
    return reasons


def obey(command: word.Command, step: int, orders: Orders, record: EventWriter) -> word.CommandTaken:
    """Carries the command out, or notes it down for the loop; returns the answer."""
    name, plan = type(command).__name__, record.state.plan
    why_not = plan.refused.get(name) if plan else None
    obeyed, answer = (False, why_not) if why_not else _answer(command, step, orders, record)
    return word.CommandTaken(id=command.id, command=name, step=step, obeyed=obeyed, answer=answer)


def _answer(command: word.Command, step: int, orders: Orders, record: EventWriter) -> Answer:
    match command:
        case word.Stop() | word.StopNow():
            return _end(command, step, orders, record)
        case word.Pause() | word.Resume():
            return _hold(command, step, orders)
        case word.SaveNow() | word.EvaluateNow() | word.SampleNow():
            return _note_down(command, step, orders)
        case word.SetEarlyStopping():
            answer = _set_early_stopping(command, step, record)
        case word.SetLearningRate():
            answer = _set_learning_rate(command, step, orders, record)
        case word.SetEpochs():
            answer = _set_epochs(command, step, orders, record)
        case _:
            answer = False, "is not known to this worker"
    return answer


def _end(command: word.Command, step: int, orders: Orders, record: EventWriter) -> Answer:
    if isinstance(command, word.StopNow):
        orders.stop, orders.at_once = "Stopped at once by you.", True
        return True, f"ends at once after step {step}; {_what_stands(record)}"
    orders.stop = "Stopped by you."
    return True, f"stops after step {step}, keeping the best model"


def _hold(command: word.Command, step: int, orders: Orders) -> Answer:
    was, orders.paused = orders.paused, isinstance(command, word.Pause)
    if orders.paused:
        return not was, "is paused already" if was else f"paused after step {step}"
    return was, f"goes on after step {step}" if was else "is not paused"


def _note_down(command: word.Command, step: int, orders: Orders) -> Answer:
    if isinstance(command, word.SaveNow):
        orders.save = True
        return True, f"saves a checkpoint after step {step}"
    if isinstance(command, word.EvaluateNow):
        orders.evaluate = True
        return True, f"evaluates after step {step}"
    orders.sample = True
    return True, f"writes samples after step {step}"


def _what_stands(record: EventWriter) -> str:
    saved = record.state.checkpoints
    return f"the newest checkpoint is of step {saved[-1]}" if saved else "no checkpoint was saved yet"


def _set_learning_rate(command: word.SetLearningRate, step: int, orders: Orders, record: EventWriter) -> Answer:
    plan, schedule = record.state.plan, orders.schedule
    if plan is None or schedule is None:
        return False, "has no schedule yet"
    if (command.factor is None) == (command.value is None):
        return False, "takes either a factor or a value"
    factor = command.factor if command.factor is not None else (command.value or 0.0) / schedule.peak
    if not (math.isfinite(factor) and 0 < factor <= MAX_FACTOR):
        return False, f"must be above 0 and at most {MAX_FACTOR} times the schedule"
    before = schedule.rate(step)
    record.say(word.ScheduleSet(step=step, factor=factor, epochs=plan.epochs, total_steps=plan.total_steps))
    return (
        True,
        f"{factor:g} × the schedule: {schedule.rate(step):.3g} from step {step + 1} on, where it was {before:.3g}",
    )


def _set_epochs(command: word.SetEpochs, step: int, orders: Orders, record: EventWriter) -> Answer:
    plan, schedule = record.state.plan, orders.schedule
    if plan is None or schedule is None:
        return False, "has no plan yet"
    if not (math.isfinite(command.epochs) and command.epochs > 0):
        return False, "must be a number above 0"
    total = math.ceil(command.epochs * plan.steps_per_epoch)
    if total <= step:
        least = step // plan.steps_per_epoch + 1
        return False, f"step {step} is past the end of epoch {command.epochs:g}: {least} epochs are the least by now"
    before = schedule.rate(step)
    factor = record.state.factor
    record.say(word.ScheduleSet(step=step, factor=factor, epochs=command.epochs, total_steps=total))
    return True, (
        f"{command.epochs:g} in all, {total} steps; the schedule is that of a run so long: "
        f"{schedule.rate(step):.3g}, where it was {before:.3g}"
    )


def _set_early_stopping(command: word.SetEarlyStopping, step: int, record: EventWriter) -> Answer:
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
