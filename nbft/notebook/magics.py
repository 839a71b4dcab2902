"""The magics: `%%finetune` starts a run from a cell of YAML, `%ft_...` look after runs."""

from __future__ import annotations

import keyword
import re
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from nbft.checkup import check_up
from nbft.errors import NbftError, RunError
from nbft.launch.prepare import default_name
from nbft.launch.series import seeds_of, series_of
from nbft.mask import ROWS, mask_of_run, mask_of_spec
from nbft.notebook import tables
from nbft.notebook.compare_magic import CompareMagics
from nbft.notebook.data_magic import DataMagics
from nbft.notebook.eval_magic import EvalMagics
from nbft.notebook.label_magic import LabelMagics
from nbft.notebook.line import Line, read_line
from nbft.notebook.try_magic import TryMagics
from nbft.notebook.vote_magic import VoteMagics
from nbft.notebook.watch import until_taken_up, watch
from nbft.record.folder import NUMBERED, check_name
from nbft.run import Run, open_run, runs, start_run
from nbft.series import Series, find, start_series, stop, to_resume
from nbft.spec.load import LoadedSpec, read_spec
from nbft.spec.reference import reference_markdown

WATCHING = ("--background", "--keep-live")
VALUED = ("--set", "--dry-run-steps")
FLAGS = (*WATCHING, "--check", "--plan", "--mask", "--resume", *VALUED)
"""All flags of `%%finetune`; those of VALUED take a value."""


HELP = """\
%%finetune NAME [--flags]: fine-tunes a model as the YAML below says, and shows how it goes.

The run is bound to NAME (`run` if left out); with `seeds` in the YAML that is a series: a run for each seed.
Interrupt once: stop and keep the best; twice: end the worker now.

  --background          return at once; the run goes on
  --keep-live           keep the charts live after the end
  --check               train nothing: say what is wrong, or what would be done with which defaults
  --plan                train nothing: also take a few steps and foretell memory and time
  --mask                train nothing: show which tokens of the first rows would be learnt
  --set KEY=VALUE       a value that wins over the YAML's, as --set train.epochs=1; may be given several times
  --resume              go on with the newest run of that name if it is unfinished, instead of starting another
  --dry-run-steps N     end after N steps, with one evaluation and a saved model"""


@magics_class
class FinetuneMagics(Magics):
    """What `%load_ext nbft` brings."""

    @property
    def _names(self) -> dict[str, Any]:
        """The notebook's variables."""
        return self._ip.user_ns

    @property
    def _ip(self) -> InteractiveShell:
        return cast("InteractiveShell", self.shell)

    @no_var_expand
    @cell_magic
    def finetune(self, line: str, cell: str) -> None:
        """%%finetune NAME [--flags]: fine-tunes a model as the YAML below says, and shows how it goes."""
        asked = read_line("%%finetune", line, FLAGS, VALUED)
        here = f"cell In[{self._ip.execution_count}]"
        sets = asked.values.get("--set", ())
        loaded = read_spec(cell, variables=self._names, name=here, first_line=2, overrides=sets)
        if asked.flags & {"--check", "--plan"}:
            display(check_up(loaded, plan="--plan" in asked.flags).output(), raw=True)
            return
        if "--mask" in asked.flags:
            display(mask_of_spec(loaded).output(), raw=True)
            return
        name = check_name(asked.name or default_name(loaded))
        variable = identifier(asked.name) if asked.name else "run"
        steps = asked.count("--dry-run-steps")
        run = to_resume(loaded, name, steps) if "--resume" in asked.flags else None
        if run is not None:
            self._ip.push({variable: run})
            self._go_on(run, variable, asked)
            return
        _refuse_taken(name, variable, loaded)
        start = start_series if loaded.spec.seeds else start_run
        run = start(loaded, name, dry_run_steps=steps)
        self._ip.push({variable: run})
        _watch(run, variable, asked)

    def _go_on(self, run: Run | Series, variable: str, asked: Line) -> None:
        """Takes a run up where it is: watches one that lives, resumes one that was cut off, leaves a finished one alone."""
        if run.status == "finished":
            display(
                {"text/plain": f"{run.name} is finished: nothing to resume. It is bound to `{variable}`."}, raw=True
            )
            return
        if run.is_over:
            _take_up(run)
        _watch(run, variable, asked)

    @no_var_expand
    @line_magic
    def ft_attach(self, line: str) -> None:
        """%ft_attach [NAME] [--keep-live]: shows the dashboard of a run or a series, living or over; the newest without NAME."""
        asked = read_line("%ft_attach", line, ("--keep-live",))
        run = find(asked.name) if asked.name else _newest()
        over = run.is_over
        watch_live = "--keep-live" in asked.flags or over
        watch(run, self._bind(run), background=not over, keep_live=watch_live)

    @no_var_expand
    @line_magic
    def ft_resume(self, line: str) -> None:
        """%ft_resume NAME [--background] [--keep-live]: goes on with a run, or a series, that was paused, stopped or cut off."""
        asked = read_line("%ft_resume", line, WATCHING)
        run = find(_given("%ft_resume", asked.name))
        if run.is_over:
            _take_up(run)
        else:
            run.resume()
        _watch(run, self._bind(run), asked)

    @no_var_expand
    @line_magic
    def ft_stop(self, line: str) -> None:
        """%ft_stop NAME [--this-seed]: ends a run after its present step and keeps the best model.

        Of a series (`seeds`) it ends the run at work and starts no other seed; with --this-seed the series goes on.
        """
        asked = read_line("%ft_stop", line, ("--this-seed",))
        said = stop(find(_given("%ft_stop", asked.name)), only_this_seed="--this-seed" in asked.flags)
        display({"text/plain": said}, raw=True)

    @no_var_expand
    @line_magic
    def ft_mask(self, line: str) -> None:
        """%ft_mask [NAME] [--rows N]: shows which tokens of the first training rows a run learns; the newest if left out."""
        asked = read_line("%ft_mask", line, (), ("--rows",))
        display(mask_of_run(_find(asked.name), asked.count("--rows") or ROWS).output(), raw=True)

    @no_var_expand
    @line_magic
    def ft_save(self, line: str) -> None:
        """%ft_save NAME FILE.yaml [--resolved] [--force]: writes a run's spec as it was typed, or with every default."""
        asked = read_line("%ft_save", line, ("--resolved", "--force"), names=2)
        if not asked.more:
            raise NbftError(
                "%ft_save needs a run and a file.", f"As in: %ft_save {asked.name or 'reviews'} reviews.yaml"
            )
        run = open_run(_given("%ft_save", asked.name))
        file = run.save_spec(asked.more[0], resolved="--resolved" in asked.flags, force="--force" in asked.flags)
        display({"text/plain": f"The spec of {run.name} is in {file}."}, raw=True)

    @no_var_expand
    @line_magic
    def ft_runs(self, line: str) -> None:
        """%ft_runs: lists the runs beside this notebook, the newest first."""
        read_line("%ft_runs", line, ())
        display(tables.listing(runs()), raw=True)

    def _bind(self, run: Run | Series) -> str:
        """Gives the run its name in the notebook, unless that is taken by something else."""
        match = NUMBERED.match(run.name)
        variable = identifier(match["name"] if match else run.name)
        if isinstance(self._names.get(variable, run), Run | Series):
            self._ip.push({variable: run})
        return variable


def identifier(name: str) -> str:
    """Returns the variable for a run's name: `my-run` is bound to `my_run`."""
    word = re.sub(r"\W", "_", name)
    return f"_{word}" if word[:1].isdigit() else f"{word}_" if keyword.iskeyword(word) else word


def _take_up(run: Run | Series) -> None:
    """Resumes a run that is over, or a series, and waits for its worker's first word."""
    if isinstance(run, Series):
        run.resume()
        return
    attempt = run.state.attempt
    run.resume()
    until_taken_up(run, attempt)


def _watch(run: Run | Series, variable: str, asked: Line) -> None:
    watch(run, variable, background="--background" in asked.flags, keep_live="--keep-live" in asked.flags)


def _given(magic: str, name: str | None) -> str:
    if name:
        return name
    known = ", ".join(run.name for run in runs()) or "none yet"
    raise NbftError(f"{magic} needs the name of a run.", f"There are: {known}.")


def _newest() -> Run | Series:
    """Returns the newest run, or the series that it is of."""
    run = _find(None)
    return Series(series_of(run.folder)) if seeds_of(run.folder) else run


def _find(name: str | None) -> Run:
    if name:
        return open_run(name)
    newest = runs()
    if not newest:
        raise RunError("No run has been started here yet.", "Start one with a cell that begins with %%finetune.")
    return newest[0]


def _refuse_taken(name: str, variable: str, loaded: LoadedSpec) -> None:
    """Refuses a name whose run still goes on, and one that would take the place of the data it trains on."""
    if variable in loaded.variables or variable in loaded.functions:
        raise RunError(
            f"The run would be bound to `{variable}`, which holds what the run is to use.",
            f"Give it another name, as in: %%finetune {name}-run",
        )
    going = [run for run in runs() if (m := NUMBERED.match(run.name)) and m["name"] == name and not run.is_over]
    if going:
        run = going[0]
        raise RunError(
            f"{run.name} still goes on (step {run.state.step:,} of {run.state.total_steps:,}).",
            f"Watch it: %ft_attach {run.name}   Stop it: %ft_stop {run.name}   "
            f"Or start another beside it under another name.",
        )


def load(ipython: InteractiveShell) -> None:
    """Registers the magics; `%%finetune?` shows its flags and the reference of the YAML."""
    FinetuneMagics.finetune.__doc__ = f"{HELP}\n\n{reference_markdown()}"
    ipython.register_magics(FinetuneMagics, CompareMagics, DataMagics, EvalMagics, LabelMagics, TryMagics, VoteMagics)
