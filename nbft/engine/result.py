"""The result of a run: the best model whose checkpoint stands, written as plain transformers files."""

from __future__ import annotations

from nbft.engine.build import Built
from nbft.engine.checkpoints import save_model_whole, verify
from nbft.record import events as word
from nbft.record.folder import RunFolder
from nbft.record.state import is_better_lower
from nbft.record.writer import EventWriter


def keep_best(built: Built, folder: RunFolder, record: EventWriter, *, is_sound: bool = True) -> int | None:
    """Writes model/ and returns the step it is of; None where nothing that can be used was evaluated or trained.

    `is_sound` says whether the weights in memory may be the result; they are not after a loss that was not a number.
    """
    trainer = built.trainer
    present = trainer.state.global_step if is_sound else None
    best = _best_standing(folder, record, present)
    if best is None:
        best = present
    if best is None:
        return None
    record.say(word.PhaseStarted(phase="keeping the best model"))
    if best != present:
        trainer.state.best_model_checkpoint = str(folder.checkpoints / f"checkpoint-{best}")
        trainer._load_best_model()  # noqa: SLF001 - knows how to load adapters too
    built.tokenizer.model_max_length = built.features["train"].limit  # whoever uses the model cuts as training did
    save_model_whole(trainer.accelerator.unwrap_model(trainer.model), built.tokenizer, folder.model)
    return best


def _best_standing(folder: RunFolder, record: EventWriter, present: int | None) -> int | None:
    """Returns the best evaluated step whose weights are in memory or in a checkpoint that verifies; warns of better ones."""
    rule = record.state.early_stopping
    judged = [
        (value, e.step)
        for e in record.state.evaluations
        if e.split == "eval" and (value := e.values.get(rule.monitor)) is not None
    ]
    for _, step in sorted(judged, key=lambda pair: pair[0], reverse=not is_better_lower(rule.monitor)):
        flaw = None if step == present else verify(folder.checkpoints / f"checkpoint-{step}", folder.run)
        if flaw is None:
            return step
        if step == rule.best_step:
            record.warn(f"The model of step {step} was the best, but its checkpoint can't be used: {flaw}.")
    return None
