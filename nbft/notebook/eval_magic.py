"""`%ft_eval`: runs, and the models they began from, on the same rows, with error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from nbft.errors import NbftError, RunError
from nbft.evaluation import start_evaluation
from nbft.evaluation_request import BASE
from nbft.launch.series import seeds_of, series_of
from nbft.notebook.evaluating import wait_for
from nbft.notebook.line import Line, split_line
from nbft.run import runs
from nbft.spec.evaluation import EvalSpec, functions_in, read_evaluation
from nbft.spec.guess import did_you_mean
from nbft.spec.judged_metrics import wrong_metrics

VALUED = ("--data", "--metrics", "--by", "--require", "--harness", "--harness-tasks")
TRUST = "--trust-remote-code"
FLAGS = (*VALUED, TRUST)
"""All flags of `%ft_eval`; each but the last takes a value."""
KEYS = tuple(EvalSpec.model_fields)
"""Keys of a `%%ft_eval` cell."""
OPTIONS = (
    *("metrics", "by", "require", "compare", "baselines", "seed", "trust_remote_code", "harness", "harness_tasks"),
)
"""Keys that become options of start_evaluation as they are."""
BOUND = "evaluation"


@dataclass(frozen=True)
class Asked:
    """What a line or a cell asks for."""

    systems: list[str]
    data: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    """Those of start_evaluation, where they are given."""


@magics_class
class EvalMagics(Magics):
    """The magic that says how good a model is."""

    @no_var_expand
    @line_cell_magic
    def ft_eval(self, line: str, cell: str | None = None) -> None:
        """%ft_eval [NAME ...] [base] [--data FILE] [--metrics A,B] [--by label,length] [--require "accuracy >= 0.85"]

        Scores runs on the same rows, with 95% intervals, and says in words whether a difference can be told: on the test
        rows of the first run, or where it has none on its validation rows, which is said. `base` is the model that the
        first run began from. Without a name: the newest run. It works in a process of its own; interrupt or Stop ends it.
        The result is bound to `evaluation`. A series (`seeds`) is scored seed by seed and by the mean over its seeds.

        --data FILE      rows of your own: a source as in `data.test`, or a $variable
        --metrics A,B    metrics other than the first run's own: by name, a $function of (predictions, references), or a
                         folder that holds a script for `evaluate`; with --trust-remote-code also of the hub, whose code runs
        --by A,B         also the scores of parts of the rows: label, length, or a column
        --require DEMAND an error where the first run falls short, as --require "accuracy >= 0.85"; may be given several times

        --harness A,B    tasks of lm-evaluation-harness instead of rows of yours (pip install "nbft[harness]"); with
                         --harness-tasks FOLDER also those of a folder

        %%ft_eval [VARIABLE]: the same as YAML, with the keys runs, data, metrics, by, require, compare
        (pairs of systems), harness, harness_tasks, generate (how answers are written), baselines, seed and
        trust_remote_code; `data` may also be a list of rows, or a mapping with source, columns, clean, ... The evaluation
        is bound to VARIABLE.
        """
        shell = cast("InteractiveShell", self.shell)
        variable = BOUND
        if cell is None:
            asked = asked_on_line(split_line("%ft_eval", line, (TRUST,), VALUED), shell.user_ns)
        else:
            variable = line.strip() or BOUND
            if not variable.isidentifier():
                raise NbftError(f"The evaluation can't be bound to {variable!r}.", "As in: %%ft_eval scores")
            asked = asked_in_cell(cell, shell.user_ns, f"cell In[{shell.execution_count}]")
        started = start_evaluation(asked.systems, asked.data, **asked.options)
        evaluation = wait_for(started, " against ".join(asked.systems))
        shell.push({variable: evaluation})
        evaluation.require()


def asked_on_line(line: Line, names: dict[str, Any]) -> Asked:
    """Returns what a line asks for; raises NbftError."""
    systems = [word for word in (line.name, *line.more) if word]
    given = line.values.get("--data", [None])[-1]
    options: dict[str, Any] = {
        key: _listed(line.values[f"--{key}"]) for key in ("metrics", "by", "harness") if f"--{key}" in line.values
    }
    if demands := line.values.get("--require"):
        options["require"] = demands
    if folders := line.values.get("--harness-tasks"):
        options["harness_tasks"] = folders[-1]
    if TRUST in line.flags:
        options["trust_remote_code"] = True
    options |= _functions(options.get("metrics"), names, trusts=TRUST in line.flags)
    return Asked(_systems(systems), data_of(given, names), options)


def asked_in_cell(cell: str, names: dict[str, Any], here: str = "%%ft_eval") -> Asked:
    """Returns what a cell of YAML asks for; raises NbftError and SpecError."""
    read = read_evaluation(cell, variables=names, name=here, first_line=2)
    spec = read.spec
    options: dict[str, Any] = {
        key: value for key in OPTIONS if key in spec.model_fields_set and (value := getattr(spec, key)) is not None
    }
    if spec.generate:
        options["generate"] = spec.generate.model_dump(exclude_unset=True)
    if read.functions:
        options["functions"] = dict(read.functions)
    return Asked(_systems(spec.runs), data_of(read.data, names), options)


def _functions(metrics: list[str] | None, names: dict[str, Any], *, trusts: bool) -> dict[str, Any]:
    """Returns the functions that metrics name, as an option; raises NbftError for the first metric that can't be had."""
    for _, (what, fix) in wrong_metrics(metrics or (), names, trusts=trusts):
        raise NbftError(what, fix)
    found = functions_in(metrics or (), names)
    return {"functions": found} if found else {}


def _listed(given: Sequence[str]) -> list[str]:
    return [word.strip() for part in given for word in part.split(",") if word.strip()]


def _systems(named: Sequence[str]) -> list[str]:
    """Returns the systems; the newest run where none is named, also before a lone `base`."""
    for name in named:
        if name.startswith("$") or (Path(name).is_file() and name != BASE):
            raise NbftError(f"{name} is no run.", f"Rows of your own:  --data {name}")
    if [name for name in named if name != BASE]:
        return list(named)
    found = runs()
    if not found:
        raise RunError("No run has been started here yet.", "Start one with a cell that begins with %%finetune.")
    newest = found[0].folder
    return [series_of(newest) if seeds_of(newest) else newest.run, *named]


def data_of(given: Any, names: dict[str, Any]) -> Any:
    """Returns a source's name or rows; `$name` is a variable of the notebook."""
    if isinstance(given, list) and given and all(isinstance(row, dict) for row in given):
        import pandas as pd

        return pd.DataFrame(given)
    if not isinstance(given, str) or not given.startswith("$"):
        return given
    name = given[1:]
    if name not in names:
        raise NbftError(
            f"There is no variable {name!r} in this notebook.", did_you_mean(name, list(names), "There are")
        )
    return names[name]
