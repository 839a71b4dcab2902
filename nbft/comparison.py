"""Several runs beside each other: their curves in one picture, what differs in their specs, and their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nbft.errors import RunError
from nbft.panels import wording
from nbft.panels.base import text
from nbft.panels.overlay import overlay
from nbft.panels.picture import images
from nbft.panels.plots import short
from nbft.panels.side_by_side import Cell, Group, Row, to_html, to_text
from nbft.record.events import Values
from nbft.record.folder import find_series, folders_of_series
from nbft.record.state import RunState, is_better_lower
from nbft.run import Run, open_run, runs
from nbft.spec.differences import Difference, Setting, differences

MOST = 12
"""Runs whose lines can be told apart by colour and dashes."""


@dataclass(frozen=True)
class Comparison:
    """What `nbft.compare` returns: a notebook shows curves and tables, print() the tables."""

    runs: tuple[Run, ...]

    def __str__(self) -> str:
        table = to_text([run.name for run in self.runs], self.groups())
        return "\n\n".join([table, *(f"* {note}" for note in self.notes())])

    def output(self) -> dict[str, str]:
        """Returns it as the data of a cell's output: static, small, without styles."""
        laid_over = overlay({run.name: run.state for run in self.runs})
        curves = f"<p>{images(laid_over.plots, laid_over.state)}</p>"
        return {"text/html": f"<div>{self.table()}{curves}</div>", "text/plain": str(self)}

    def table(self) -> str:
        """Returns names, notes and the table as HTML."""
        names = [run.name for run in self.runs]
        notes = "".join(f"<li>{text(note)}</li>" for note in self.notes())
        listed = f"<ul>{notes}</ul>" if notes else ""
        return f"<p><b>{text(' · '.join(names))}</b></p>{listed}{to_html(names, self.groups())}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.output()

    def groups(self) -> list[Group]:
        """Returns the table: scores, differences of the specs, and how each run went."""
        scores = [*_scores("eval", self._states), *_scores("test", self._states)]
        changed = [Row(each.key, tuple(map(_setting, each.settings))) for each in self._differences()]
        return [
            Group("Best scores", tuple(scores), "None of them was evaluated."),
            Group("What differs in their specs", tuple(changed), "Nothing: their specs are the same."),
            Group("The runs", tuple(_fact(title, say, self.runs) for title, say in _FACTS.items())),
        ]

    def notes(self) -> list[str]:
        """Returns what has to be known before the scores are compared."""
        keys = [each.key for each in self._differences()]
        rows = {_rows(state, "validation") for state in self._states}
        apart = [key for key in keys if key.startswith("data.") and key != "data.cache"]
        seeds = {run.spec.split_seed for run in self.runs}
        if len(seeds) > 1 and not [key for key in apart if key != "data.split_seed"] and len(rows) == 1:
            return ["Their seeds differ: rows that are held out by chance are not the same in all of them."]
        if apart or len(rows) > 1:
            why = f" ({', '.join(apart)} differ{'s' if len(apart) == 1 else ''})" if apart else ""
            return [f"Their data are not the same{why}: look whether the scores are of the same rows."]
        return []

    @property
    def _states(self) -> list[RunState]:
        return [run.state for run in self.runs]

    def _differences(self) -> list[Difference]:
        specs = {run.name: run.spec for run in self.runs}
        return differences(specs, {run.name: run.state.plan for run in self.runs})


def compare(*chosen: str | int | Run) -> Comparison:
    """Returns runs beside each other: `compare("a", "b")`, or `compare(3)` for the newest three; two if none is named.

    The name of a series is that of all its runs.

    Raises RunError where there are fewer than two different ones.
    """
    found = _newest(2) if not chosen else [run for one in chosen for run in _runs_of(one)]
    different = {run.folder.path: run for run in found}
    if len(different) < 2:
        alone = found[0].name
        others = [run.name for run in runs() if run.name != alone]
        like = f"compare {alone} {others[0]}" if others else "train another one first"
        raise RunError(f"It takes two runs to compare; there is only {alone}.", f"As in: {like}")
    if len(different) > MOST:
        raise RunError(f"{len(different)} runs are too many for one picture.", f"Name at most {MOST} of them.")
    return Comparison(tuple(different.values()))


def _runs_of(chosen: str | int | Run) -> list[Run]:
    if isinstance(chosen, Run):
        return [chosen]
    word = str(chosen)
    series = None if word.isdecimal() else find_series(word)
    if series:
        return [Run(folder) for folder in folders_of_series(series).values()]
    return _newest(int(word)) if word.isdecimal() else [open_run(word)]


def _newest(count: int) -> list[Run]:
    found = runs()[:count]
    if not found:
        raise RunError("No run has been started here yet.", "Start one with a cell that begins with %%finetune.")
    return found[::-1]


def _scores(split: str, states: Sequence[RunState]) -> list[Row]:
    columns = [_values(split, state) for state in states]
    rows = []
    for name in dict.fromkeys(name for values in columns for name in values):
        title = short(name) if split == "eval" else f"test {short(name)}"
        rows.append(Row(title, _ranked(name, [values.get(name) for values in columns])))
    if rows and split == "eval":
        rows.append(Row("at step", tuple(Cell(f"{s.best.step:,}") if s.best else Cell() for s in states)))
    return rows


def _values(split: str, state: RunState) -> Values:
    if split == "eval":
        return state.best.values if state.best else {}
    tested = [evaluation for evaluation in state.evaluations if evaluation.split == split]
    return tested[-1].values if tested else {}


def _ranked(metric: str, values: Sequence[float | None]) -> tuple[Cell, ...]:
    known = [value for value in values if value is not None]
    best = (min if is_better_lower(metric) else max)(known) if len(set(known)) > 1 else None
    return tuple(Cell(wording.number(value), is_best=best is not None and value == best) for value in values)


def _setting(setting: Setting | None) -> Cell:
    return Cell(setting.value, is_default=setting.is_default) if setting else Cell()


def _fact(title: str, say: Callable[[RunState], str], found: Sequence[Run]) -> Row:
    return Row(title, tuple(Cell(say(run.state) or wording.NONE) for run in found))


def _rows(state: RunState, split: str) -> str:
    rows = state.plan.rows.get(split) if state.plan else None
    return f"{rows:,}" if rows is not None else ""


_FACTS: dict[str, Callable[[RunState], str]] = {
    "status": wording.status,
    "steps": lambda state: f"{state.step:,} of {state.total_steps:,}" if state.total_steps else "",
    "epochs": lambda state: wording.epoch(state.epoch),
    "time": wording.took,
    "training rows": lambda state: _rows(state, "train"),
    "validation rows": lambda state: _rows(state, "validation"),
    "test rows": lambda state: _rows(state, "test"),
    "machine": wording.machine,
}
