"""RunState: all that is known of a run after some events. Live and replay are this one code; no clock, no files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from nbft.record import events as word
from nbft.record.curve import Curve
from nbft.record.events import Event, Values

LOWER_IS_BETTER = ("loss", "perplexity", "mse", "mae", "ter", "wer", "cer", "error")
"""A metric whose name ends in one of these is better when it is smaller."""


MAX_SAMPLES = 200
"""Newest samples kept; older ones are in events.jsonl."""

MAX_EXAMINED = 100
"""Newest examinations kept."""


def is_better_lower(metric: str) -> bool:
    """Returns whether smaller values of the metric are better."""
    return metric.rsplit("/", 1)[-1].endswith(LOWER_IS_BETTER)


@dataclass
class EarlyStopping:
    """The rule in force, and where it stands: `best` is the best value seen, `left` the evaluations before it stops."""

    enabled: bool = False
    monitor: str = ""
    patience: int = 0
    min_delta: float = 0.0
    best: float | None = None
    best_step: int | None = None
    reference: float | None = None
    """The value that the next evaluation has to beat by more than min_delta; only that starts the patience anew."""
    waited: int = 0
    """Evaluations since the reference was set."""

    @property
    def left(self) -> int:
        """Evaluations without enough gain that are left before the run stops."""
        return max(self.patience - self.waited, 0)

    @property
    def is_exhausted(self) -> bool:
        """Whether the rule asks for a stop."""
        return self.enabled and self.patience > 0 and self.waited >= self.patience

    def see(self, step: int, value: float | None) -> None:
        """Judges one evaluation; a value that is not a number is no gain."""
        if value is not None and (self.best is None or self._gain(value, self.best) > 0):
            self.best, self.best_step = value, step
        if value is not None and (self.reference is None or self._gain(value, self.reference) > self.min_delta):
            self.reference, self.waited = value, 0
        else:
            self.waited += 1

    def _gain(self, value: float, over: float) -> float:
        return over - value if is_better_lower(self.monitor) else value - over

    def would_stop_at(self, values: Iterable[tuple[int, float | None]]) -> int | None:
        """Returns the step at which this rule, in force from the start, would have ended a run with these evaluations."""
        rule = EarlyStopping(True, self.monitor, self.patience, self.min_delta)
        for step, value in values:
            rule.see(step, value)
            if rule.is_exhausted:
                return step
        return None


@dataclass
class Evaluation:
    """One evaluation on held-out rows."""

    step: int
    epoch: float
    values: Values
    split: str = "eval"
    seconds: float = 0.0


@dataclass
class RunState:
    """What a run's events add up to; made by `see`, shown by panels, asked by the engine itself."""

    run: str = ""
    status: str = "queued"
    """queued, running, paused, finished, stopped or failed, as far as the events tell."""
    phase: str = ""
    attempt: int = 0
    pid: int | None = None
    host: str = ""
    started: float | None = None
    ended: float | None = None
    updated: float | None = None
    plan: word.Planned | None = None
    step: int = 0
    epoch: float = 0.0
    progress: word.Progressed | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    evaluations: list[Evaluation] = field(default_factory=list)
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)
    schedule: list[word.ScheduleSet] = field(default_factory=list)
    """What was made of learning rate and length while training, in the order of the steps from which it holds."""
    checkpoints: list[int] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)
    """The steps after which the run waited."""
    samples: list[word.SampleMade] = field(default_factory=list)
    """What the model said, oldest first."""
    examined: list[word.Examined] = field(default_factory=list)
    """Evaluations that were looked at closely, oldest first."""
    commands: list[word.CommandTaken] = field(default_factory=list)
    warnings: list[word.Warned] = field(default_factory=list)
    data_check: word.DataChecked | None = None
    end: word.RunEnded | None = None

    @property
    def total_steps(self) -> int:
        """Optimizer steps planned; 0 before the plan is known."""
        return self.plan.total_steps if self.plan else 0

    @property
    def factor(self) -> float:
        """What the learning rate of the spec's schedule is multiplied by."""
        return self.schedule[-1].factor if self.schedule else 1.0

    @property
    def best(self) -> Evaluation | None:
        """The evaluation of the step whose model is kept as the result, None where none was made."""
        step = self.early_stopping.best_step
        matching = [e for e in self.evaluations if e.step == step and e.split == "eval"]
        return matching[-1] if matching else None

    @property
    def is_over(self) -> bool:
        """Whether the worker said its last word."""
        return self.end is not None

    def latest(self, name: str) -> float | None:
        """Returns the newest value of a metric, None where there is none yet."""
        curve = self.curves.get(name)
        return curve.last[1] if curve and curve.last else None

    def see(self, event: Event) -> None:
        """Takes one event in; events of unknown kinds change nothing."""
        self.updated = event.time
        take = getattr(self, f"_see_{type(event).__name__}", None)
        if take is not None:
            take(event)

    def _see_RunStarted(self, event: word.RunStarted) -> None:  # noqa: N802 - named after the event
        self.run, self.pid, self.host, self.attempt = event.run, event.pid, event.host, event.attempt
        self.status, self.phase, self.end, self.ended = "running", "starting", None, None
        self.started = self.started or event.time
        self.progress = None

    def _see_PhaseStarted(self, event: word.PhaseStarted) -> None:  # noqa: N802
        self.phase = event.phase
        if self.progress:  # what was counted belonged to the phase before
            self.progress = replace(self.progress, done=None, total=None)

    def _see_Planned(self, event: word.Planned) -> None:  # noqa: N802
        self.plan = event
        self._rewind(event.step)

    def _rewind(self, step: int) -> None:
        """Forgets what an attempt that was cut off did after the checkpoint from which this one goes on."""
        self.step = step
        for curve in self.curves.values():
            curve.cut_after(step)
        self.evaluations = [e for e in self.evaluations if e.step <= step and e.split == "eval"]
        self.samples = [sample for sample in self.samples if sample.step <= step]
        self.pauses = [pause for pause in self.pauses if pause <= step]
        self.examined = [one for one in self.examined if one.step <= step and one.split == "eval"]
        self._judge_anew()

    def _see_DataChecked(self, event: word.DataChecked) -> None:  # noqa: N802
        self.data_check = event

    def _see_ScheduleSet(self, event: word.ScheduleSet) -> None:  # noqa: N802
        """What an attempt that was cut off had set for later steps gives way to the newest word."""
        self.schedule = [*(old for old in self.schedule if old.step < event.step), event]
        if self.plan:
            self.plan = replace(self.plan, epochs=event.epochs, total_steps=event.total_steps)

    def _see_EarlyStoppingSet(self, event: word.EarlyStoppingSet) -> None:  # noqa: N802
        self.early_stopping = self.under(event)

    def under(self, event: word.EarlyStoppingSet) -> EarlyStopping:
        """Returns how early stopping would stand if this were the rule from now on."""
        old = self.early_stopping
        rule = replace(old, enabled=event.enabled, patience=event.patience)
        if (old.monitor, old.min_delta) != (event.monitor, event.min_delta):
            rule = self._judged(EarlyStopping(event.enabled, event.monitor, event.patience, event.min_delta))
        if event.enabled and not old.enabled:
            rule.waited = 0
        return rule

    def _judge_anew(self) -> None:
        old = self.early_stopping
        self.early_stopping = self._judged(EarlyStopping(old.enabled, old.monitor, old.patience, old.min_delta))

    def _judged(self, rule: EarlyStopping) -> EarlyStopping:
        """Lets a new rule judge all evaluations; only those whose model still stands can be the best."""
        for step, value in self.monitored(rule.monitor):
            kept = step in self.checkpoints or step == self.step
            before = (rule.best, rule.best_step)
            rule.see(step, value)
            if not kept:
                rule.best, rule.best_step = before
        return rule

    def monitored(self, metric: str) -> list[tuple[int, float | None]]:
        """Returns (step, value) of every evaluation on the validation rows that has the metric."""
        return [(e.step, e.values[metric]) for e in self.evaluations if metric in e.values and e.split == "eval"]

    def _see_Progressed(self, event: word.Progressed) -> None:  # noqa: N802
        self.progress = event
        self.step, self.epoch = max(self.step, event.step), event.epoch

    def _see_Measured(self, event: word.Measured) -> None:  # noqa: N802
        self.step, self.epoch = max(self.step, event.step), event.epoch
        self._plot(event.step, event.values)

    def _see_Evaluated(self, event: word.Evaluated) -> None:  # noqa: N802
        evaluation = Evaluation(event.step, event.epoch, event.values, event.split, event.seconds)
        self.evaluations.append(evaluation)
        if event.split != "eval":
            return
        self._plot(event.step, event.values)
        if self.early_stopping.monitor in event.values:
            self.early_stopping.see(event.step, event.values[self.early_stopping.monitor])

    def _plot(self, step: int, values: Values) -> None:
        for name, value in values.items():
            self.curves.setdefault(name, Curve()).add(step, value)

    def _see_SampleMade(self, event: word.SampleMade) -> None:  # noqa: N802
        """A step that is evaluated twice says the same things once."""
        others = [old for old in self.samples if (old.step, old.prompt) != (event.step, event.prompt)]
        self.samples = [*others, event][-MAX_SAMPLES:]

    def _see_Examined(self, event: word.Examined) -> None:  # noqa: N802
        others = [old for old in self.examined if (old.step, old.split) != (event.step, event.split)]
        self.examined = [*others, event][-MAX_EXAMINED:]

    def _see_CheckpointSaved(self, event: word.CheckpointSaved) -> None:  # noqa: N802
        gone = {*event.removed, event.step}
        self.step = max(self.step, event.step)
        self.checkpoints = [*(step for step in self.checkpoints if step not in gone), event.step]

    def _see_CommandTaken(self, event: word.CommandTaken) -> None:  # noqa: N802
        self.commands.append(event)
        self.step = max(self.step, event.step)

    def _see_Paused(self, event: word.Paused) -> None:  # noqa: N802
        self.status, self.step = "paused", event.step
        self.pauses.append(event.step)

    def _see_Resumed(self, event: word.Resumed) -> None:  # noqa: N802
        self.status = "running"

    def _see_Warned(self, event: word.Warned) -> None:  # noqa: N802
        if event.message not in [old.message for old in self.warnings]:
            self.warnings.append(event)

    def _see_RunEnded(self, event: word.RunEnded) -> None:  # noqa: N802
        self.status, self.end, self.ended, self.phase = event.outcome, event, event.time, ""
        self.step = max(self.step, event.step)


def replay(events: Iterable[Event]) -> RunState:
    """Returns the state that the events add up to."""
    state = RunState()
    for event in events:
        state.see(event)
    return state
