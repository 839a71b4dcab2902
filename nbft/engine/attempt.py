"""One attempt at a run: load, train from the newest whole checkpoint, keep the best model, test it."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbft.engine.build import Built, build, plan
from nbft.engine.checkpoints import newest_good, room_needed, save_model_whole, verify
from nbft.engine.commands import Orders
from nbft.engine.control import Control
from nbft.engine.dry_run import judged_once, shortened
from nbft.engine.inbox import Inbox
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
        _refuse_too_little_room(folder, planned.parameters * BYTES_A_PARAMETER, spec.save.keep)
    record.say(planned)
    if not record.state.early_stopping.monitor:  # a resumed run keeps the rule as its user left it
        record.say(first_rule(spec, built))
    control = Control(spec, record, Inbox(folder, since), orders)
    control.trainer = built.trainer
    control.can_evaluate = bool(built.metrics)
    built.trainer.add_callback(control)
    try:
        _train(built, record, start, step)
    except TrainingError:
        _keep_best(built, folder, record, is_whole=False)
        raise
    if orders.terminated:
        return _ending("stopped", orders.stop or "", record, has_model=False)
    best_step = _keep_best(built, folder, record)
    if not orders.stop and not dry_run_steps:
        _test(built, record, best_step)
    reason = orders.stop or orders.early_stop or _all_done(spec.train.epochs, dry_run_steps and planned.total_steps)
    return _ending("stopped" if orders.stop else "finished", reason, record, has_model=True)


def _refuse_too_little_room(folder: RunFolder, model_bytes: int, keep: int) -> None:
    needed, free = room_needed(model_bytes, keep), shutil.disk_usage(folder.path).free
    if free < needed:
        raise DataError(
            f"The checkpoints and the model need {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in {folder.path}.",
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
    found = newest_good(folder.checkpoints, folder.run)
    for name, reason in found.skipped:
        record.warn(f"{name} was passed over: {reason}.", "It was left where it is; the one before it was taken.")
    return found.path, found.step


def _train(built: Built, record: EventWriter, start: Path | None, step: int) -> None:
    state = record.state
    if state.plan and step >= state.plan.total_steps:
        built.trainer.state.global_step = step
        built.trainer._load_from_checkpoint(str(start))  # noqa: SLF001 - the last step is done; only its end was cut off
        return
    record.say(word.PhaseStarted(phase="training"))
    built.trainer.train(resume_from_checkpoint=str(start) if start else None)
    if built.trainer.last_save_failed and not built.trainer.save_now():
        raise TrainingError(
            "The last checkpoint could not be saved, so the run is not finished.",
            f"Make room on the disk of {built.trainer.args.output_dir}, then resume the run.",
        )


def _keep_best(built: Built, folder: RunFolder, record: EventWriter, *, is_whole: bool = True) -> int:
    """Writes model/ from the best checkpoint, or from the weights in memory where nothing was evaluated."""
    trainer, best = built.trainer, record.state.early_stopping.best_step
    if best is None and not is_whole:
        return 0
    record.say(word.PhaseStarted(phase="keeping the best model"))
    if best is not None and (best != trainer.state.global_step or not is_whole):
        checkpoint = folder.checkpoints / f"checkpoint-{best}"
        flaw = verify(checkpoint, folder.run)
        if flaw:
            record.warn(f"The best checkpoint (step {best}) can't be used: {flaw}. The newest model was kept instead.")
            if not is_whole:
                return 0
        else:
            trainer.state.best_model_checkpoint = str(checkpoint)
            trainer._load_best_model()  # noqa: SLF001 - knows how to load adapters too
    built.tokenizer.model_max_length = built.features["train"].limit  # whoever uses the model cuts as training did
    save_model_whole(trainer.accelerator.unwrap_model(trainer.model), built.tokenizer, folder.model)
    return best or trainer.state.global_step


def _test(built: Built, record: EventWriter, step: int) -> None:
    if "test" not in built.features:
        return
    record.say(word.PhaseStarted(phase="testing"))
    built.trainer.state.global_step = step
    built.trainer.evaluate(built.features["test"].rows, metric_key_prefix="test")


def _all_done(epochs: float, dry_run_steps: int) -> str:
    if dry_run_steps:
        return f"The dry run of {dry_run_steps} step{'s' * (dry_run_steps > 1)} is done."
    return "The one epoch is done." if epochs == 1 else f"All {epochs:g} epochs are done."


def _ending(outcome: str, reason: str, record: EventWriter, *, has_model: bool) -> word.RunEnded:
    state = record.state
    return word.RunEnded(
        outcome=outcome, reason=reason, step=state.step, best_step=state.early_stopping.best_step, has_model=has_model
    )
