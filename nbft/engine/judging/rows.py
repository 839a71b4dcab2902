"""The rows that systems are judged on, as the first run among them reads rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import AutoConfig

from nbft.data.dropped import ROW, Dropped
from nbft.data.load import Loader, Splits, read_training
from nbft.data.sources import read_sources
from nbft.engine.functions import preprocessing
from nbft.errors import DataError, NbftError
from nbft.functions import Function, load_function, named_functions
from nbft.record.events import Planned, event_from
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower
from nbft.spec.row_source import RowSource
from nbft.spec.sections import Data, RunSpec
from nbft.spec.sources import Count, Nothing, Share, called, share_or_source
from nbft.tasks import TASKS
from nbft.tasks.base import Task

_OWN_WAYS = ("columns", "labels", "clean")
"""What an evaluation may say of its own rows, in place of the first run's."""


@dataclass
class Judged:
    """Rows in the task's columns."""

    task: Task
    """The first run's: it read the rows."""
    trained: RunSpec
    """What the first run was trained with: the rows may be read otherwise, where the evaluation says how."""
    rows: Dataset
    split: str
    """test, validation, or data."""
    about: str
    """Where the rows came from, in words."""
    train: Dataset | None = None
    """What baselines learn from, where it could be read."""
    notes: list[str] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """The number of each row in its source, from 1."""
        if ROW in self.rows.column_names:
            return [number + 1 for number in self.rows[ROW]]
        return list(range(1, len(self.rows) + 1))


def spec_of(folder: RunFolder) -> RunSpec:
    """Returns a run's spec with its task named, also where the spec left it out."""
    resolved = json.loads(folder.resolved.read_text(encoding="utf-8"))["spec"]
    spec = RunSpec.model_validate(resolved)
    if spec.task:
        return spec
    planned = [e for data in Follower(folder.events).read() if isinstance(e := event_from(data), Planned)]
    return spec.model_copy(update={"task": planned[-1].task})


def task_for(spec: RunSpec, folder: RunFolder, config: Any, variables: Path | None = None) -> Task:
    """Returns the task of a trained model, what its config says of it taken."""
    task = TASKS[str(spec.task)](spec, print)
    task.preprocess = preprocessing(spec, _functions(spec, folder, variables))
    task.trained_as(config)
    return task


def names_in(config: Any) -> list[str]:
    """Returns the labels of a model in the order of its outputs."""
    names = {int(i): str(label) for i, label in (getattr(config, "id2label", None) or {}).items()}
    return [names[i] for i in sorted(names)]


def rows_to_judge(folder: RunFolder, data: Any, *, with_train: bool, variables: Path) -> Judged:
    """Returns the rows of `data`, or of the run's test split (validation where it has none); raises DataError.

    `variables` is the folder of the evaluation's own functions.
    """
    trained = spec_of(folder)
    spec = _read_as(trained, data)
    config = AutoConfig.from_pretrained(str(folder.model), trust_remote_code=False)
    task = task_for(spec, folder, config, variables)
    functions = _functions(spec, folder, variables)
    loader = Loader(task, spec.data, spec.split_seed, folder.variables, Dropped(None), functions)
    if data is not None:
        source = source_in(data)
        judged = Judged(task, trained, loader.read(source, "test"), "data", called(source))
        known = _functions(trained, folder, variables)
        itself = task_for(trained, folder, config)
        own = Loader(itself, trained.data, trained.split_seed, folder.variables, Dropped(None), known)
        judged.train = _training_rows(own) if with_train else None
    else:
        judged = _held_out(task, loader, spec)
    task.take_labels(names_in(config), {judged.split: judged.rows})
    judged.notes += [note for note in loader.notes if "held out" in note]
    return judged


def source_in(data: Any) -> Any:
    """Returns the source alone of what an evaluation says of its rows."""
    if not isinstance(data, Mapping):
        return data
    return {name: value for name, value in data.items() if name in RowSource.model_fields}


def _read_as(spec: RunSpec, data: Any) -> RunSpec:
    """Returns the run's spec with the columns, labels and cleaning that an evaluation names for its own rows."""
    given = {name: data[name] for name in _OWN_WAYS if name in data} if isinstance(data, Mapping) else {}
    if not given:
        return spec
    said = spec.data.model_dump(exclude_unset=True) | given
    return spec.model_copy(update={"data": Data.model_validate(said)})


def _functions(spec: RunSpec, folder: RunFolder, variables: Path | None) -> dict[str, Function]:
    """Returns the functions of a spec, each from the evaluation's folder where it is there, else from the run's."""
    named = named_functions(spec).items()
    here = {name: path for name, path in named if variables and (variables / f"{name}.pkl").is_file()}
    places = {name: variables if name in here and variables else folder.variables for name, _ in named}
    return {name: load_function(name, path, places[name]) for name, path in named}


def _held_out(task: Task, loader: Loader, spec: RunSpec) -> Judged:
    splits = loader.load(read_training(spec.data, loader.variables))
    split, rows = ("test", splits.test) if splits.test is not None else ("validation", splits.validation)
    if rows is None:
        raise DataError("The run held out no rows to judge by.", "Name some:  --data test.csv")
    judged = Judged(task, spec, rows, split, _told(spec, split), splits.train)
    if split == "validation":
        judged.notes.append(
            "There are no test rows: these are the validation rows, by which the best model was chosen, so scores flatter it."
        )
    return judged


def _told(spec: RunSpec, split: str) -> str:
    value = getattr(spec.data, split)
    drawn = value is None or isinstance(share_or_source(value), Share | Count | Nothing)
    return f"the {split} rows of {spec.data.train}" if drawn else str(value)


def _training_rows(loader: Loader) -> Dataset | None:
    """Returns the run's training rows; None where they are gone: only the baselines need them."""
    try:
        splits: Splits = loader.load(read_training(loader.data, loader.variables))
    except NbftError:
        return None
    return splits.train


def column_of(judged: Judged, folder: RunFolder, data: Any, column: str) -> list[str]:
    """Returns a column of the source, row by row, as text; raises DataError where there is none."""
    spec = spec_of(folder)
    is_drawn = data is None and _told(spec, judged.split).startswith("the ")
    value = source_in(data) if data is not None else spec.data.train if is_drawn else getattr(spec.data, judged.split)
    sources = read_sources(value, folder.variables)
    if len(sources) > 1:
        raise DataError(f"The rows come from {len(sources)} sources: they can't be parted by {column!r}.", "", "by")
    splits = sources[0].splits
    name = judged.split if judged.split in splits else "test" if data is not None and "test" in splits else "train"
    rows = splits[name]
    if column not in rows.column_names:
        known = ", ".join(dict.fromkeys(["label", "length", *rows.column_names]))
        raise DataError(f"The rows have no column {column!r} to part them by.", f"There are: {known}.", "by")
    values = rows[column][:]
    return [str(values[number - 1]) for number in judged.numbers]
