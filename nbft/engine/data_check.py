"""The check-up phase of a run, and the same for a spec that nobody trains yet."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.checkup import Extras, check_data
from nbft.data.tongues import make_ready
from nbft.engine.check_cache import CheckCache
from nbft.record.data_check import DataCheck, read_check
from nbft.record.events import DataChecked, PhaseStarted, Warned
from nbft.record.folder import RunFolder
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec
from nbft.tasks.base import Features, Task
from nbft.tasks.tokenizers import load_tokenizer

if TYPE_CHECKING:
    from nbft.engine.build import Built

FEW_ROWS = 2000
"""A run of fewer rows does not wait for what tells languages apart."""
_LEAKED = "stand in train too"
"""What loading says of leaks."""


def get_ready(splits: Mapping[str, Dataset]) -> None:
    """Begins to load what a new check-up will need, while rows are tokenised and the model is loaded."""
    if len(splits["train"]) >= FEW_ROWS:
        make_ready()


def check_up_data(built: Built, folder: RunFolder, record: EventWriter) -> None:
    """Writes data.json into the run's folder and says what is worth a warning; a fault in it costs nothing but that.

    A run that is resumed keeps the check-up it has.
    """
    record.say(PhaseStarted(phase="check-up"))
    try:
        check = read_check(folder.data_check)
        if check is None:
            splits = built.splits.present
            is_quick = len(splits["train"]) < FEW_ROWS
            check = _check(built.task, splits, built.features, built.tokenizer, record, is_quick=is_quick)
            _write(check, folder)
    except Exception as error:
        traceback.print_exc()
        record.warn(f"The data check-up failed: {type(error).__name__}: {error}", "The run goes on without it.")
        return
    record.say(DataChecked(warnings=len(check.warnings), notes=len(check.of("note"))))
    heard = [warning.message for warning in record.state.warnings]
    is_told = any(_LEAKED in message for message in heard)
    for finding in check.warnings:
        if finding.what not in heard and not (finding.topic == "leaks" and is_told):
            record.warn(finding.what, finding.fix)


def look_at_data(spec: RunSpec, folder: RunFolder, record: EventWriter) -> dict[str, Any]:
    """Returns the check-up of a spec's data, no model loaded; raises DataError and ModelError as a run would."""
    from nbft.engine.build import load_rows
    from nbft.engine.tokenising import tokenise

    task, splits = load_rows(spec, folder, record)
    tokenizer = load_tokenizer(task.spec, task.texts(splits.train), folder.tokenizer)
    task.prepare_tokenizer(tokenizer)
    features, _ = tokenise(spec, task, splits, tokenizer, make_ready)
    return {"check": json.loads(_check(task, splits.present, features, tokenizer, record).to_json())}


def _check(
    task: Task,
    splits: Mapping[str, Dataset],
    features: Mapping[str, Features],
    tokenizer: PreTrainedTokenizerBase,
    record: EventWriter,
    *,
    is_quick: bool = False,
) -> DataCheck:
    heard = [(warning.message, warning.fix) for warning in record.state.warnings if _is_of_rows(warning)]
    is_new = task.spec.model.from_scratch is not None
    cache = CheckCache(task, features, heard, is_quick=is_quick)
    found = cache.find()
    if found is None:
        extras = Extras(task.collator(tokenizer), heard, tells_languages=not is_quick, is_new=is_new)
        found = check_data(task, splits, features, tokenizer, extras)
        cache.keep(found)
    return found


def _is_of_rows(warning: Warned) -> bool:
    is_of_rows = " rows " in f"{warning.message} " or "conversations " in warning.message
    return is_of_rows and _LEAKED not in warning.message  # the check-up shows leaks itself, with examples


def _write(check: DataCheck, folder: RunFolder) -> None:
    staged = folder.data_check.with_suffix(f".{os.getpid()}.tmp")
    staged.write_text(check.to_json(), encoding="utf-8")
    staged.replace(folder.data_check)
