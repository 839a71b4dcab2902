"""The one callback: it decides when to log, evaluate, save and stop, says what happens, and obeys commands."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from nbft.engine.commands import EndedAtOnce, Orders, obey
from nbft.engine.devices import memory_bytes, memory_in_use
from nbft.engine.early_stopping import reason_to_stop
from nbft.engine.examining import keep_examination
from nbft.engine.inbox import Inbox
from nbft.engine.pace import Pace
from nbft.engine.trainer import RunTrainer
from nbft.errors import TrainingError
from nbft.record import events as word
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec

PROGRESS_EVERY_S = 0.25
LOOK_EVERY_S = 0.05
"""How often a paused run looks for commands."""
MAX_MEASUREMENTS = 4000
"""Longer runs measure the mean over several steps, so that a record stays small."""


class Control(TrainerCallback):
    """Events out, commands in."""

    def __init__(self, spec: RunSpec, record: EventWriter, inbox: Inbox, orders: Orders) -> None:
        self.spec = spec
        self.record = record
        self.inbox = inbox
        self.orders = orders
        self.pace = Pace()
        self.trainer: RunTrainer
        self.can_evaluate = False
        self._said_at = 0.0
        self._listened_at = 0.0
        self._evaluated_batches = 0
        self._measure_every = 1
        self._unheeded: list[word.Command] = []
        """What came in mid-evaluation, to be obeyed after the step."""

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Starts the clock of the first step."""
        self._keep_to_schedule(state)
        self.pace.restart()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Says the progress, hears commands, and decides what follows the step."""
        step = state.global_step
        self.pace.step(self.trainer.batch_rows, self.trainer.batch_tokens)
        self.trainer.batch_rows = self.trainer.batch_tokens = 0
        control.should_log |= step == 1 or step % self._measure_every == 0
        control.should_evaluate |= self.can_evaluate and _is_due(self.spec.evaluate.every, step)
        control.should_save |= _is_due(self.spec.save.every, step)
        self._progress(state)
        self._hear(state, control)
        control.should_training_stop |= step >= state.max_steps
        if self.orders.paused and not control.should_training_stop:
            self._pause(state, control)

    def on_epoch_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Decides what follows an epoch; a run that is told to stop goes straight to its end."""
        if self.orders.stop or self.orders.early_stop:
            return
        control.should_log = True
        control.should_evaluate |= self.can_evaluate and self._epoch_due(self.spec.evaluate.every, state)
        control.should_save |= self._epoch_due(self.spec.save.every, state)

    def _epoch_due(self, every: str | int, state: TrainerState) -> bool:
        """The last step of a run is evaluated and saved whatever the rhythm."""
        return every == "epoch" or (state.global_step >= state.max_steps and not _is_due(every, state.global_step))

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **said: Any) -> None:
        """Says the numbers of training; the Trainer's own list of them would be written into every checkpoint."""
        del state.log_history[:-1]
        logs: dict[str, float] = said.get("logs") or {}
        if "loss" in logs:
            values = {f"train/{key}": logs[key] for key in ("loss", "learning_rate", "grad_norm") if key in logs}
            measured = {**values, **self._takes()}
            self.record.say(word.Measured(step=state.global_step, epoch=state.epoch or 0.0, values=measured))

    def _takes(self) -> word.Values:
        """Returns how fast training goes and what memory it holds, in few digits: every step says them."""
        rates = {"examples_per_s": self.pace.examples_per_s, "tokens_per_s": self.pace.tokens_per_s}
        memory = {f"memory/{where}_bytes": float(size) for where, size in memory_in_use().items()}
        return {**{f"train/{name}": float(f"{rate:.4g}") for name, rate in rates.items() if rate is not None}, **memory}

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **loaded: Any
    ) -> None:
        """Says how far an evaluation is."""
        self._evaluated_batches += 1
        self._hear_the_end(state)
        self._progress(state, done=self._evaluated_batches, total=len(loaded["eval_dataloader"]))

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **found: Any) -> None:
        """Says the evaluation, asks for a save where it is the best, and for a stop where the rule says so."""
        metrics: dict[str, float] = found["metrics"]
        self._evaluated_batches = 0
        split = "test" if any(key.startswith("test_") for key in metrics) else "eval"
        values, seconds = _named(metrics, split)
        self.pace.evaluated(seconds)
        evaluated = word.Evaluated(
            step=state.global_step, epoch=state.epoch or 0.0, values=dict(values), split=split, seconds=seconds
        )
        self.record.say(evaluated)
        for sample in self.trainer.samples:
            self.record.say(word.SampleMade(step=state.global_step, **dataclasses.asdict(sample)))
        if self.trainer.examination is not None:
            keep_examination(self.trainer.examination, split, state.global_step, self.record)
        if split == "test":
            return
        _refuse_not_finite(values, state.global_step)
        rule = self.record.state.early_stopping
        control.should_save |= rule.best_step == state.global_step
        reason = reason_to_stop(self.record.state)
        if reason:
            self.orders.early_stop = reason
            control.should_training_stop = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """A save is no part of a step's time."""
        self.pace.restart()

    def _progress(self, state: TrainerState, done: int | None = None, total: int | None = None) -> None:
        now = time.monotonic()
        if now - self._said_at < PROGRESS_EVERY_S and state.global_step < state.max_steps:
            return
        self._said_at = now
        left = state.max_steps - state.global_step
        self.record.say(
            word.Progressed(
                step=state.global_step,
                epoch=state.epoch or 0.0,
                examples_per_s=self.pace.examples_per_s,
                tokens_per_s=self.pace.tokens_per_s,
                eta_s=self.pace.eta_s(left, self._evaluations_in(left)),
                memory_bytes=memory_bytes(),
                done=done,
                total=total,
            )
        )

    def _evaluations_in(self, steps: int) -> float:
        if not self.can_evaluate or self.record.state.plan is None:
            return 0.0
        every = self.spec.evaluate.every
        return steps / (self.record.state.plan.steps_per_epoch if every == "epoch" else int(every))

    def on_substep_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Hears, in a step of several passes, whether the run is to end at once."""
        self._hear_the_end(state)

    def _hear_the_end(self, state: TrainerState) -> None:
        """Raises EndedAtOnce where the run is to end at once; other commands wait for the end of the step."""
        now = time.monotonic()
        if now - self._listened_at < PROGRESS_EVERY_S:
            return
        self._listened_at = now
        self._unheeded += self.inbox.read()
        if any(isinstance(command, word.StopNow) for command in self._unheeded):
            self._obey_all(state)
            raise EndedAtOnce

    def _obey_all(self, state: TrainerState) -> None:
        commands, self._unheeded = [*self._unheeded, *self.inbox.read()], []
        for command in commands:
            self.record.say(obey(command, state.global_step, self.orders, self.record))
        if any(isinstance(command, word.SetLearningRate | word.SetEpochs) for command in commands):
            self._keep_to_schedule(state)

    def _keep_to_schedule(self, state: TrainerState) -> None:
        """Lets the loop go on to the last step that is planned by now, at the learning rate of the schedule."""
        plan = self.record.state.plan
        if plan is not None:
            state.max_steps, state.num_train_epochs = plan.total_steps, math.ceil(plan.epochs)
        self.trainer.reschedule()
        self._measure_every = max(1, math.ceil(state.max_steps / MAX_MEASUREMENTS))

    def _hear(self, state: TrainerState, control: TrainerControl) -> None:
        self._obey_all(state)
        if self.orders.at_once:
            raise EndedAtOnce
        if self.orders.take_sample():
            self._sample(state.global_step)
        self.orders.early_stop = self.orders.early_stop or reason_to_stop(self.record.state)
        control.should_evaluate |= self.orders.take_evaluate()
        control.should_save |= self.orders.take_save()
        if self.orders.stop or self.orders.early_stop:
            control.should_training_stop = True
            control.should_save = True  # so that it can be resumed from here
            unjudged = self.record.state.early_stopping.best_step is None
            control.should_evaluate |= self.can_evaluate and unjudged and not self.orders.terminated

    def _sample(self, step: int) -> None:
        for sample in self.trainer.sample_now():
            self.record.say(word.SampleMade(step=step, **dataclasses.asdict(sample)))
        self.pace.restart()

    def _pause(self, state: TrainerState, control: TrainerControl) -> None:
        """Waits, still hearing commands; what is asked for meanwhile is done at once."""
        step = state.global_step
        self.record.say(word.Paused(step=step))
        while self.orders.paused and not control.should_training_stop:
            if control.should_evaluate:
                control.should_evaluate = False
                self.trainer.evaluate()
            if control.should_save:
                control.should_save = False
                self.trainer.save_now()
            time.sleep(LOOK_EVERY_S)
            self._hear(state, control)
        self.record.say(word.Resumed(step=step))
        self.pace.restart()


def _is_due(every: str | int, step: int) -> bool:
    return isinstance(every, int) and step % every == 0


def _named(metrics: dict[str, float], split: str) -> tuple[dict[str, float], float]:
    """Returns {`eval/f1`: value} and the seconds it took, without the Trainer's own bookkeeping."""
    own = {"runtime", "samples_per_second", "steps_per_second", "model_preparation_time"}
    values = {}
    for key, value in metrics.items():
        name = key.removeprefix(f"{split}_")
        if key.startswith(f"{split}_") and name not in own:
            values[f"{split}/{name}"] = float(value)
    return values, float(metrics.get(f"{split}_runtime", 0.0))


def _refuse_not_finite(values: dict[str, float], step: int) -> None:
    loss = values.get("eval/loss", 0.0)
    if not math.isfinite(loss):
        raise TrainingError(
            f"The validation loss is not a finite number at step {step}.",
            "Likely causes: a learning rate that is too high, or fp16. The last good checkpoint stands.",
        )
