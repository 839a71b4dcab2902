"""Tasks of lm-evaluation-harness: it asks, counts and scores; nbft loads the systems and sets them side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, set_seed

from nbft.engine.judging.card import Judgement, compare_all, default_pairs
from nbft.engine.judging.harness_model import Watched
from nbft.engine.judging.rows import spec_of, task_for
from nbft.engine.judging.systems import Asked, model_of, spec_of_system
from nbft.errors import DataError, NbftError
from nbft.record.folder import RunFolder
from nbft.record.scorecard import MetricNote, Score, Scorecard, System
from nbft.spec.guess import did_you_mean
from nbft.statistics.decomposed import RowMetric, mean_of
from nbft.statistics.shares import z_of
from nbft.tasks.by_row import ByRow
from nbft.tasks.tokenizers import load_tokenizer

SPLIT = "harness"
ROWS_AT_ONCE = 16
_WRITING = ("text-generation", "chat")
_ERROR = "_stderr"
_PLAIN = "none"
"""The harness's name for answers that go through no filter."""
_NOTE = (
    "Intervals are 1.96 of the harness's own standard errors to each side. Prompts are the harness's own: a chat template "
    "is not applied."
)
Heard = Callable[[int, int], None]
Results = Mapping[str, Any]


@dataclass
class Harness:
    """Tasks by name, and a folder of the user's own tasks where there is one."""

    tasks: Sequence[str]
    folder: str | None
    seed: int = 0
    notes: dict[str, MetricNote] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._manager = _manager(self.tasks, self.folder)
        known = list(self._manager.all_tasks)
        for name in self.tasks:
            if name not in known:
                raise DataError(f"The harness has no task {name!r}.", did_you_mean(name, known), "harness")

    def judge(self, asked: Asked, first: RunFolder, heard: Heard) -> tuple[System, Judgement, int]:
        """Returns a system's scores, its metrics by rows where the harness keeps them, and the number of rows."""
        model, tokenizer = _loaded(asked, first)
        started = time.monotonic()
        found = self._found(Watched(model, tokenizer, ROWS_AT_ONCE, heard))
        seconds = time.monotonic() - started
        scores: dict[str, Score] = {}
        by_row: dict[str, RowMetric] = {}
        for task in self._told(found):
            self._read(task, found, scores, by_row)
        counts = found.get("n-samples") or {}
        rows = sum(int(one["effective"]) for one in counts.values())
        judgement = Judgement(asked.name, False, ByRow([], None), by_row)
        return System(asked.name, asked.kind, asked.about, scores, rows / seconds if rows else None), judgement, rows

    def _found(self, model: Any) -> Results:
        harness: Any = import_module("lm_eval")
        try:
            found = harness.simple_evaluate(
                model, tasks=list(self.tasks), task_manager=self._manager, log_samples=True, random_seed=self.seed
            )
        except NbftError:
            raise
        except Exception as error:  # tasks bring data sets and code of their own
            what = f"The harness failed: {type(error).__name__}: {error}"
            raise DataError(
                what, "Its tasks take their rows from the hub, which needs a network.", "harness"
            ) from error
        return found or {}

    def _told(self, found: Results) -> list[str]:
        """Returns the tasks whose scores are shown: those asked for, the parts of a group that has no score of its own."""
        results, parts = found["results"], found.get("group_subtasks") or {}
        shown: list[str] = []
        for name in self.tasks:
            has_scores = any(_is_score(key, value) for key, value in results.get(name, {}).items())
            shown += [name] if has_scores else [part for part in parts.get(name, ()) if part in results]
        return list(dict.fromkeys(shown))

    def _read(self, task: str, found: Results, scores: dict[str, Score], by_row: dict[str, RowMetric]) -> None:
        for key, value in found["results"][task].items():
            if not _is_score(key, value):
                continue
            metric, _, way = key.partition(",")
            name = f"{task}/{metric}" if way == _PLAIN else f"{task}/{metric}/{way}"
            error = found["results"][task].get(f"{metric}{_ERROR},{way}")
            scores[name] = _score(float(value), error)
            self.notes[name] = _note(name, task, metric, way, found)
            values = _of_rows((found.get("samples") or {}).get(task) or [], metric, way)
            if values and np.isclose(np.mean(values), float(value)):
                by_row[name] = mean_of(values)


def harnessed(
    asked: Mapping[str, Any], systems: Sequence[Asked], first: RunFolder, phase: Any, heard: Heard
) -> Scorecard:
    """Returns the scorecard of systems in tasks of the harness; `phase` is told what is done; raises NbftError."""
    started = time.monotonic()
    kind = str(spec_of(first).task)
    if kind not in _WRITING:
        raise DataError(f"The harness asks models that write; {first.run} is a run of {kind}.", "", "harness")
    phase("looking up the tasks")
    harness = Harness(asked["harness"], asked.get("harness_tasks"), int(asked.get("seed", 0)))
    made = []
    for one in systems:
        phase(f"evaluating {one.name}")
        made.append(harness.judge(one, first, heard))
    phase("comparing")
    judgements = [judgement for _, judgement, _ in made]
    pairs = [(str(a), str(b)) for a, b in asked.get("compare") or default_pairs(judgements)]
    return Scorecard(
        task=kind,
        split=SPLIT,
        data=f"{', '.join(harness.tasks)}, by lm-evaluation-harness {version('lm_eval')}",
        rows=made[0][2],
        metrics=list(harness.notes.values()),
        systems=[system for system, *_ in made],
        comparisons=compare_all(judgements, pairs, harness.seed),
        notes=[_NOTE],
        seconds=time.monotonic() - started,
    )


def _manager(tasks: Sequence[str], folder: str | None) -> Any:
    """Returns what finds tasks: in the user's folder alone where all are there, for reading those that ship takes long."""
    tasks_of_harness: Any = import_module("lm_eval.tasks")
    if folder is None:
        return tasks_of_harness.TaskManager()
    place = str(Path(folder).expanduser())
    own = tasks_of_harness.TaskManager(include_path=place, include_defaults=False)
    return own if set(tasks) <= set(own.all_tasks) else tasks_of_harness.TaskManager(include_path=place)


def _loaded(asked: Asked, first: RunFolder) -> tuple[Any, Any]:
    """Returns the system's model, where the device is, and its tokenizer."""
    folder, spec, tokenizer_of, source = spec_of_system(asked, first)
    task = task_for(spec, folder, AutoConfig.from_pretrained(source, trust_remote_code=False))
    tokenizer = load_tokenizer(tokenizer_of)
    task.prepare_tokenizer(tokenizer)
    set_seed(spec.seed)
    model = model_of(task, tokenizer, asked)
    return model.eval().to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def _is_score(key: str, value: Any) -> bool:
    metric = key.partition(",")[0]
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return "," in key and is_number and not metric.endswith(_ERROR)


def _score(value: float, error: Any) -> Score:
    if not isinstance(error, int | float | np.number) or not np.isfinite(float(error)):
        return Score(value)
    reach = z_of(0.95) * float(error)
    return Score(value, value - reach, value + reach)


def _note(name: str, task: str, metric: str, way: str, found: Results) -> MetricNote:
    shots = (found.get("n-shot") or {}).get(task, 0)
    rows = ((found.get("n-samples") or {}).get(task) or {}).get("effective", "")
    signature = f"task:{task}|version:{(found.get('versions') or {}).get(task)}|shots:{shots}|filter:{way}|rows:{rows}"
    higher = ((found.get("higher_is_better") or {}).get(task) or {}).get(metric)
    library = f"lm-evaluation-harness {version('lm_eval')}, {metric}"
    return MetricNote(name, library, f"{signature}|harness:{version('lm_eval')}", higher is False)


def _of_rows(samples: Sequence[Mapping[str, Any]], metric: str, way: str) -> list[float]:
    """Returns a metric's value for each row, in the order of rows; none where it has no numbers for them."""
    mine = [one for one in samples if one.get("filter", _PLAIN) == way and metric in one]
    values = [one[metric] for one in sorted(mine, key=lambda one: int(one["doc_id"]))]
    is_number = all(isinstance(value, int | float | np.number) for value in values)
    return [float(value) for value in values] if is_number else []
