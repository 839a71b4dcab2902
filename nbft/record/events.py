"""The words of a run: events that a worker says; the commands that it hears are those of commands.py.

Units: `time` is Unix seconds, `*_s` are durations in seconds; `step` counts finished optimizer steps from 1 (0 before the
first); `epoch` is passes over the training rows, a fraction. Metrics are named `train/loss`, `eval/f1`, `test/accuracy`.
A value that is not a finite number is written as null, so that every line is strict JSON.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nbft.record.commands import (  # noqa: F401 - all words of a run are found here
    Command,
    EvaluateNow,
    Pause,
    Resume,
    SampleNow,
    SaveNow,
    SetEarlyStopping,
    SetEpochs,
    SetLearningRate,
    Stop,
    StopNow,
)

Values = dict[str, "float | None"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened; `seq` counts a run's events from 1 over all its attempts."""

    seq: int = 0
    time: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A worker took the run up; the first event of every attempt, said before anything heavy is loaded."""

    run: str
    pid: int
    host: str
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """What the worker does from now on, in a user's words: `loading the data`, `training`, ..."""

    phase: str


@dataclass(frozen=True, kw_only=True)
class Planned(Event):
    """What the run is going to do, known once model and data are loaded."""

    total_steps: int
    steps_per_epoch: int
    epochs: float
    rows: dict[str, int]
    device: str
    precision: str
    parameters: int
    trained_parameters: int
    metrics: list[str] = field(default_factory=list)
    """Names that can be monitored (`eval/loss`, `eval/f1`), in the order of the spec."""
    labels: list[str] = field(default_factory=list)
    task: str = ""
    """The task's name, also where the spec left it out."""
    step: int = 0
    """Where this attempt begins: 0, or the step of the checkpoint it resumes; later points of older attempts are void."""
    notes: list[str] = field(default_factory=list)
    """What was decided for the user (columns recognised, token limit, precision), a sentence each."""
    refused: dict[str, str] = field(default_factory=dict)
    """Commands (by the name of their kind) that this run can't obey, each with the reason in words."""


@dataclass(frozen=True, kw_only=True)
class DataChecked(Event):
    """The data were looked at before training; what was found is in the folder's data.json."""

    warnings: int
    notes: int


@dataclass(frozen=True, kw_only=True)
class EarlyStoppingSet(Event):
    """The early-stopping rule that holds from now on; said at the start and after each change."""

    enabled: bool
    monitor: str
    patience: int
    min_delta: float
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class ScheduleSet(Event):
    """What a user made of learning rate and length; holds for the steps after `step`, in every later attempt too."""

    step: int
    factor: float
    """What the learning rate of the spec's schedule is multiplied by."""
    epochs: float
    total_steps: int


@dataclass(frozen=True, kw_only=True)
class Progressed(Event):
    """How far the run is; said at most a few times a second."""

    step: int
    epoch: float
    examples_per_s: float | None = None
    tokens_per_s: float | None = None
    eta_s: float | None = None
    memory_bytes: int | None = None
    done: int | None = None
    """Of a phase other than training (batches evaluated, rows tokenised): how many of `total`."""
    total: int | None = None


@dataclass(frozen=True, kw_only=True)
class Measured(Event):
    """Numbers of training at a step: `train/loss`, `train/learning_rate`, `train/grad_norm`, and what it takes.

    That is `train/examples_per_s`, `train/tokens_per_s`, `memory/process_bytes` and, on a GPU, `memory/device_bytes`.
    """

    step: int
    epoch: float
    values: Values


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """An evaluation on held-out rows; `values` are named after their split (`eval/loss`, `test/f1`)."""

    step: int
    epoch: float
    values: Values
    split: str = "eval"
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SampleMade(Event):
    """Something the model said in an evaluation, for people to read; `reference` is what it should have said."""

    step: int
    prompt: str
    text: str
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class Examined(Event):
    """An evaluation was looked at closely: what was taken for what, and some rows, are in the folder's examinations/."""

    step: int
    file: str
    """Its name there."""
    split: str = "eval"


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """A whole checkpoint stands on disk; `removed` names the steps of those that rotation took away."""

    step: int
    seconds: float
    size_bytes: int
    removed: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CommandTaken(Event):
    """The answer to a command: obeyed or not, and what was done, in words."""

    id: str
    command: str
    step: int
    obeyed: bool = True
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """Training waits after this step."""

    step: int


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """Training goes on after a pause."""

    step: int


@dataclass(frozen=True, kw_only=True)
class Warned(Event):
    """Something a user should know, and what would mend it."""

    message: str
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The worker is done. `outcome`: finished (with or without early stopping), stopped (by the user) or failed."""

    outcome: str
    reason: str
    step: int
    best_step: int | None = None
    has_model: bool = False
    error: dict[str, Any] | None = None


EVENTS: dict[str, type[Event]] = {cls.__name__: cls for cls in Event.__subclasses__()}
COMMANDS: dict[str, type[Command]] = {cls.__name__: cls for cls in Command.__subclasses__()}

Word = TypeVar("Word", Event, Command)


def to_dict(word: Event | Command) -> dict[str, Any]:
    """Returns the word as plain data with its `kind`; numbers that are not finite become None."""
    return {"kind": type(word).__name__, **_finite(dataclasses.asdict(word))}


def event_from(data: dict[str, Any]) -> Event | None:
    """Returns the event, or None for a kind that this version does not know."""
    return _from(data, EVENTS)


def command_from(data: dict[str, Any]) -> Command | None:
    """Returns the command, or None for a kind that this version does not know."""
    return _from(data, COMMANDS)


def _from(data: dict[str, Any], kinds: dict[str, type[Word]]) -> Word | None:
    kind = kinds.get(str(data.get("kind")))
    if kind is None:
        return None
    known = {f.name for f in dataclasses.fields(kind)}
    try:
        return kind(**{key: value for key, value in data.items() if key in known})
    except TypeError:
        return None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
