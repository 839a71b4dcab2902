"""The commands that a worker hears; each is answered by a CommandTaken with the same id."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something asked of a worker; answered by a CommandTaken with the same id."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    time: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stop(Command):
    """Finish the step, keep the best model, end."""

    label: ClassVar[str] = "Stop and keep the best"
    series_goes_on: bool = False
    """Whether the series that the run is of trains its other seeds all the same."""


@dataclass(frozen=True, kw_only=True)
class Pause(Command):
    """Wait after this step, holding everything in memory."""

    label: ClassVar[str] = "Pause"


@dataclass(frozen=True, kw_only=True)
class Resume(Command):
    """Go on after a pause."""

    label: ClassVar[str] = "Resume"


@dataclass(frozen=True, kw_only=True)
class SaveNow(Command):
    """Write a checkpoint after this step."""

    label: ClassVar[str] = "Save now"


@dataclass(frozen=True, kw_only=True)
class EvaluateNow(Command):
    """Evaluate on the validation rows after this step."""

    label: ClassVar[str] = "Evaluate now"


@dataclass(frozen=True, kw_only=True)
class SetEarlyStopping(Command):
    """Change the early-stopping rule; what is None stays as it is."""

    label: ClassVar[str] = "Early stopping"
    enabled: bool | None = None
    monitor: str | None = None
    patience: int | None = None
    min_delta: float | None = None


@dataclass(frozen=True, kw_only=True)
class StopNow(Command):
    """End at once, in mid-step or mid-evaluation; the result is the best model that stands."""

    label: ClassVar[str] = "Stop now"


@dataclass(frozen=True, kw_only=True)
class SampleNow(Command):
    """Let the model write its samples after this step."""

    label: ClassVar[str] = "Write samples"


@dataclass(frozen=True, kw_only=True)
class SetLearningRate(Command):
    """Multiply the schedule by `factor` from the next step on, or let `value` stand in for `train.learning_rate`."""

    label: ClassVar[str] = "Learning rate"
    factor: float | None = None
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class SetEpochs(Command):
    """Train for more or fewer epochs in all; the schedule is that of a run of so many."""

    label: ClassVar[str] = "Epochs"
    epochs: float
