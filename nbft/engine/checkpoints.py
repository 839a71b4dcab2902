"""Checkpoints that a kill, a power cut, a full disk or a flipped bit can't turn into a wrong resume.

transformers' Trainer writes into the final folder, never flushes, takes the newest folder without a look
inside and deletes what is named `checkpoint-*`. WholeCheckpoints gives it folders that are whole or not
there.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import distributed
from transformers import Trainer

from nbft.engine.whole_files import (
    STAGING,
    Found,
    newest_good,
    put_in_place,
    rotate,
    seal,
    settle,
    steps_on_disk,
    sweep,
    take_newest_good,
    verify,
)
from nbft.errors import TrainingError

__all__ = [
    "Found",
    "WholeCheckpoints",
    "newest_good",
    "restore_model_folder",
    "room_needed",
    "rotate",
    "save_model_whole",
    "seal",
    "steps_on_disk",
    "take_newest_good",
    "verify",
]

_TORCH_COULD_NOT_WRITE = ("unexpected pos", "PytorchStreamWriter", "inline_container", "iostream error")
MAX_FAILED_SAVES = 3
_SMALL_FILES_BYTES = 1_000_000
"""What a checkpoint holds besides weights and their moments: random numbers, schedule, history."""
_TRAINING_ARGS = "training_args.bin"
_REPLACED = ".replaced-"


class WholeCheckpoints(Trainer):
    """A Trainer, or mixin for its subclasses; args.save_total_limit stays None, as rotation is done here."""

    run = ""
    """The run that the checkpoints belong to; only a checkpoint that names it is resumed or rotated."""
    keep_checkpoints = 2
    protected_steps: Callable[[], set[int]] = staticmethod(set)
    """Returns the steps that rotation must not take, as that of the best model."""
    saved_step: int | None = None
    """The newest step of this process that stands whole on disk."""
    failed_saves = 0
    """Saves that failed since the last one that did not."""
    _staging: Path | None = None
    _checkpoint_bytes = 0

    @property
    def last_save_failed(self) -> bool:
        """Whether the newest weights asked to be saved are only in memory."""
        return self.failed_saves > 0

    def on_checkpoint_saved(self, step: int, seconds: float, size_bytes: int, removed: list[int]) -> None:
        """Hears that a checkpoint stands; `removed` names the steps that rotation took."""

    def on_checkpoint_failed(self, step: int, error: str, needed_bytes: int, free_bytes: int) -> None:
        """Hears that a checkpoint could not be written; those before it still stand."""

    def save_now(self) -> bool:
        """Writes a checkpoint of the present step, unless it stands already; returns whether it stands."""
        self._save_checkpoint(self.model, None)
        return not self.last_save_failed

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._staging or super()._get_output_dir(trial))

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        super()._save(output_dir, state_dict)
        folder = Path(output_dir or self.args.output_dir or ".")
        (folder / _TRAINING_ARGS).unlink(missing_ok=True)  # a pickle: loading it would run code

    def _save_checkpoint(self, model: Any, trial: Any = None) -> None:
        step, folder = self.state.global_step, Path(super()._get_output_dir(trial))
        if any(_of_all_ranks(self.args.should_save and self._stands(folder, step))):
            self.failed_saves, self.saved_step = 0, step
            return
        started = time.monotonic()
        error = self._write_staged(model, trial, folder)
        if error is None and self.args.should_save:
            error = self._commit(folder, step)
        errors = [text for text in _of_all_ranks(error) if text]
        if errors:
            self._give_up(folder, step, errors[0])
            return
        self.failed_saves, self.saved_step = 0, step
        if self.args.should_save:
            shutil.rmtree(folder / STAGING, ignore_errors=True)
            removed = rotate(folder, self.run, self.keep_checkpoints, {*self.protected_steps(), step})
            self.on_checkpoint_saved(step, time.monotonic() - started, self._checkpoint_bytes, removed)

    def _stands(self, folder: Path, step: int) -> bool:
        """Returns whether the step's checkpoint is there already; if not, clears the place to write it."""
        if self.saved_step == step or verify(folder / f"checkpoint-{step}", self.run) is None:
            return True
        sweep(folder)
        return False

    def _write_staged(self, model: Any, trial: Any, folder: Path) -> str | None:
        """Lets the Trainer write into the staging folder; returns the error, if any, that any rank met."""
        self._staging, error = folder / STAGING, None
        try:
            super()._save_checkpoint(model, trial)
        except Exception as problem:
            error = _in_words(problem)
        finally:
            self._staging = None
        return next((text for text in _of_all_ranks(error) if text), None)

    def _commit(self, folder: Path, step: int) -> str | None:
        """Seals the staged checkpoint and puts it in its place; returns the error, if any."""
        name = f"checkpoint-{step}"
        staged = folder / STAGING / name
        try:
            self._name_best(folder, staged)
            self._checkpoint_bytes = seal(staged, self.run, step)
            put_in_place(staged, folder / name)
        except Exception as problem:
            return _in_words(problem)
        return None

    def _name_best(self, folder: Path, staged: Path) -> None:
        """Writes the best checkpoint's real place where the Trainer wrote that of the staging folder."""
        if not self.state.best_global_step:
            return
        best = folder / f"checkpoint-{self.state.best_global_step}"
        there = best.is_dir() or best.name == staged.name
        self.state.best_model_checkpoint = str(best) if there else None
        self.state.save_to_json(str(staged / "trainer_state.json"))

    def _give_up(self, folder: Path, step: int, error: str) -> None:
        """Leaves the checkpoints as they were; raises TrainingError when that happens too often."""
        self.failed_saves += 1
        needed = self._checkpoint_bytes or _estimate(self.model, self.optimizer)
        if self.args.should_save:
            shutil.rmtree(folder / STAGING, ignore_errors=True)
            self.on_checkpoint_failed(step, error, needed, shutil.disk_usage(folder).free)
        if self.failed_saves >= MAX_FAILED_SAVES:
            raise TrainingError(
                f"{self.failed_saves} checkpoints in a row were not saved, the last at step {step}: {error}.",
                f"A checkpoint needs {_in_mb(needed)}; {_free_in(folder)}. Make room, then resume the run.",
            )


def save_model_whole(model: Any, tokenizer: Any, folder: Path) -> None:
    """Writes plain transformers or peft files; an older folder goes only once the new one is whole."""
    restore_model_folder(folder)
    staged, replaced = folder.with_name(f".saving-{folder.name}"), folder.with_name(_REPLACED + folder.name)
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir(parents=True)  # save_pretrained only logs it where a file has the name
        model.save_pretrained(staged)
        if tokenizer is not None:
            tokenizer.save_pretrained(staged)
        settle(staged)
        if os.path.lexists(folder):
            folder.rename(replaced)
        put_in_place(staged, folder)
    except Exception as error:
        words = _in_words(error)
        shutil.rmtree(staged, ignore_errors=True)
        restore_model_folder(folder)
        raise TrainingError(
            f"The model could not be saved: {words}.",
            f"It needs about {_in_mb(_bytes_of(model.parameters()))}; {_free_in(folder.parent)}. "
            "Make room, then resume the run: its checkpoints still stand.",
        ) from error
    shutil.rmtree(replaced, ignore_errors=True)


def restore_model_folder(folder: Path) -> None:
    """Mends what a kill inside save_model_whole left: the older folder comes back if no new one stands."""
    replaced = folder.with_name(_REPLACED + folder.name)
    if not replaced.is_dir():
        return
    if folder.is_dir():
        shutil.rmtree(replaced, ignore_errors=True)
    else:
        replaced.rename(folder)


def room_needed(model_bytes: int, keep: int, trained_bytes: int | None = None) -> int:
    """Returns the bytes that a run needs on disk at most, the final model included.

    `model_bytes` is what a saved model takes (an adapter alone, where only that is saved), `trained_bytes`
    what of it is trained: AdamW keeps two numbers for each of those weights.
    """
    moments = 2 * (model_bytes if trained_bytes is None else trained_bytes)
    checkpoint = model_bytes + moments + _SMALL_FILES_BYTES
    return checkpoint * (keep + 2) + model_bytes  # the newest, the best, and the one that is being written


def _of_all_ranks(value: Any) -> list[Any]:
    """Returns the value of every process of the run; all of them wait here for each other."""
    if not (distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1):
        return [value]
    values: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    return values


def _estimate(model: Any, optimizer: Any) -> int:
    """Returns the bytes that a checkpoint would take."""
    is_adapter = hasattr(model, "peft_config")  # then only what is trained is written
    weights = _bytes_of(weight for weight in model.parameters() if weight.requires_grad or not is_adapter)
    moments = (value for slots in optimizer.state.values() for value in slots.values())
    return weights + _bytes_of(value for value in moments if hasattr(value, "numel"))


def _bytes_of(tensors: Iterable[Any]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _in_words(error: Exception) -> str:
    """Returns why a file could not be written; raises what is no such error again."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    # torch raises RuntimeError, safetensors its own, and tokenizers a bare Exception
    if not isinstance(error, (OSError, RuntimeError, SafetensorError)) and "os error" not in text:
        raise error
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if is_full or "os error 28" in text or "No space left" in text:
        return "the disk is full"
    if isinstance(error, RuntimeError) and any(sign in text for sign in _TORCH_COULD_NOT_WRITE):
        return "a file could not be written to its end, as on a full disk"
    return text


def _in_mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _free_in(folder: Path) -> str:
    return f"{_in_mb(shutil.disk_usage(folder).free)} are free in {folder}"
