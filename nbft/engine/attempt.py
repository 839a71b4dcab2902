"""One attempt at a run: load, train from the newest whole checkpoint, keep the best model, test it."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from nbft.engine.build import Built, build, plan
from nbft.engine.checkpoints import room_needed, steps_on_disk, take_newest_good
from nbft.engine.commands import EndedAtOnce, Orders
from nbft.engine.control import Control
from nbft.engine.dry_run import judged_once, shortened
from nbft.engine.early_stopping import reason_to_stop
from nbft.engine.inbox import Inbox
from nbft.engine.result import keep_best
from nbft.engine.whole_files import size_of
from nbft.errors import DataError, NbftError, TrainingError
from nbft.record import events as word
from nbft.record.folder import RunFolder
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec

BYTES_A_PARAMETER = 4
"""Weights are kept in float32."""


def train_run(
    spec: RunSpec, folder: RunFolder, record: EventWriter, orders: Orders, dry_run_steps: int = 0
) -> word.RunEnded:
    """Trains the run to its end and returns its last word, not yet said. Raises NbftError for what the user can mend."""
    since = record.last_time
    if dry_run_steps:
        spec = judged_once(spec, dry_run_steps)
    built = build(spec, folder, record)
    start, step = _starting_point(folder, record)
    planned = plan(built, spec, step)
    if dry_run_steps:
        planned = shortened(planned, built, dry_run_steps)
    if start is None:
        refuse_too_little_room(folder.path, planned.parameters * BYTES_A_PARAMETER, spec.save.keep)
    record.say(planned)
    if not record.state.early_stopping.monitor:  # a resumed run keeps the rule as its user left it
        record.say(first_rule(spec, built))
    control = Control(spec, record, Inbox(folder, since), orders)
    control.trainer = built.trainer
    control.can_evaluate = bool(built.metrics)
    orders.schedule = built.trainer.schedule
    built.trainer.add_callback(control)
    try:
        with contextlib.suppress(EndedAtOnce):
            _train(built, record, start, step)
    except TrainingError:
        keep_best(built, folder, record, is_sound=False)
        raise
    if orders.terminated:
        return _ending("stopped", orders.stop or "", record, has_model=False)
    best_step = keep_best(built, folder, record) or 0
    if not orders.stop and not dry_run_steps:
        with contextlib.suppress(EndedAtOnce):
            _test(built, record, best_step)
    early = orders.early_stop or reason_to_stop(record.state)
    reason = orders.stop or early or _all_done(planned_epochs(record), dry_run_steps and planned.total_steps)
    return _ending("stopped" if orders.stop else "finished", reason, record, has_model=True)


def refuse_too_little_room(place: Path, model_bytes: int, keep: int) -> None:
    """Raises DataError where the disk is too full for what a run saves."""
    needed, free = room_needed(model_bytes, keep), shutil.disk_usage(place).free
    if free < needed:
        raise DataError(
            f"The checkpoints and the model need {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in {place}.",
            "Make room, move the runs with NBFT_RUNS, or keep fewer checkpoints:  save: {keep: 1}",
            "save.keep",
        )


def first_rule(spec: RunSpec, built: Built) -> word.EarlyStoppingSet:
    """Returns the early-stopping rule of the spec, its monitor filled in."""
    rule = spec.early_stopping
    monitor = rule.monitor or (built.metrics[0] if built.metrics else "")
    if monitor and "/" not in monitor:
        monitor = f"eval/{monitor}"
    if built.metrics and monitor not in built.metrics:
        known = ", ".join(built.metrics)
        raise NbftError(f"This run computes no {monitor!r}.", f"It computes {known}.", "early_stopping.monitor")
    return word.EarlyStoppingSet(
        enabled=rule.enabled and bool(built.metrics),
        monitor=monitor,
        patience=rule.patience,
        min_delta=rule.min_delta,
    )


def _starting_point(folder: RunFolder, record: EventWriter) -> tuple[Path | None, int]:
    found = take_newest_good(folder.checkpoints, folder.run)
    for name, reason in found.skipped:
        record.warn(f"{name} was passed over: {reason}.", "It was set aside, not deleted; the one before it was taken.")
    _say_what_stands(folder, record)
    return found.path, found.step


def _say_what_stands(folder: RunFolder, record: EventWriter) -> None:
    """A kill between a save and its event leaves the record behind the disk: it must know of every best model that stands."""
    standing = steps_on_disk(folder.checkpoints, folder.run)
    gone = [step for step in record.state.checkpoints if step not in standing]
    unsaid = [step for step in standing if step not in record.state.checkpoints]
    for step in unsaid or standing[-1:] if gone or unsaid else []:
        size = size_of(folder.checkpoints / f"checkpoint-{step}")
        record.say(word.CheckpointSaved(step=step, seconds=0.0, size_bytes=size, removed=gone))


def _train(built: Built, record: EventWriter, start: Path | None, step: int) -> None:
    state = record.state
    is_done = state.plan is not None and step >= state.plan.total_steps
    if start and (is_done or reason_to_stop(state)):
        built.trainer.state.global_step = step
        built.trainer._load_from_checkpoint(str(start))  # noqa: SLF001 - only the end was cut off
        return
    record.say(word.PhaseStarted(phase="training"))
    built.trainer.train(resume_from_checkpoint=str(start) if start else None)
    if built.trainer.last_save_failed and not built.trainer.save_now():
        raise TrainingError(
            "The last checkpoint could not be saved, so the run is not finished.",
            f"Make room on the disk of {built.trainer.args.output_dir}, then resume the run.",
        )


def _test(built: Built, record: EventWriter, step: int) -> None:
    if "test" not in built.features:
        return
    record.say(word.PhaseStarted(phase="testing"))
    built.trainer.state.global_step = step
    built.trainer.evaluate_on(built.features["test"], "test")


def _all_done(epochs: float, dry_run_steps: int) -> str:
    if dry_run_steps:
        return f"The dry run of {dry_run_steps} step{'s' * (dry_run_steps > 1)} is done."
    return "The one epoch is done." if epochs == 1 else f"All {epochs:g} epochs are done."


def planned_epochs(record: EventWriter) -> float:
    """Returns the passes over the rows that the run has by now."""
    return record.state.plan.epochs if record.state.plan else 0.0


def _ending(outcome: str, reason: str, record: EventWriter, *, has_model: bool) -> word.RunEnded:
    state = record.state
    return word.RunEnded(
        outcome=outcome, reason=reason, step=state.step, best_step=state.early_stopping.best_step, has_model=has_model
    )
