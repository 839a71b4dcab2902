"""The magics: `%%finetune` starts a run from a cell of YAML, `%ft_...` look after runs."""

from __future__ import annotations

import keyword
import re
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from nbft.errors import NbftError, RunError
from nbft.launch.prepare import default_name
from nbft.notebook import tables
from nbft.notebook.watch import until_taken_up, watch
from nbft.record.folder import NUMBERED, check_name
from nbft.run import Run, open_run, runs, start_run
from nbft.spec.guess import did_you_mean
from nbft.spec.load import LoadedSpec, read_spec

FLAGS = ("--background", "--keep-live")


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
        """%%finetune NAME [--background] [--keep-live]: fine-tunes a model as the YAML below says, and shows how it goes.

        The run is bound to NAME (`run` if left out). --background returns at once; --keep-live keeps the charts live
        after the end. Interrupt once: stop and keep the best; twice: end the worker now.
        """
        name, flags = read_line("%%finetune", line, FLAGS)
        here = f"cell In[{self._ip.execution_count}]"
        loaded = read_spec(cell, variables=self._names, name=here, first_line=2)
        variable = identifier(name) if name else "run"
        _refuse_taken(check_name(name or default_name(loaded)), variable, loaded)
        run = start_run(loaded, name)
        self._ip.push({variable: run})
        watch(run, variable, background="--background" in flags, keep_live="--keep-live" in flags)

    @no_var_expand
    @line_magic
    def ft_attach(self, line: str) -> None:
        """%ft_attach [NAME] [--keep-live]: shows the dashboard of a run, living or over; the newest if NAME is left out."""
        name, flags = read_line("%ft_attach", line, ("--keep-live",))
        run = _find(name)
        over = run.is_over
        watch_live = "--keep-live" in flags or over
        watch(run, self._bind(run), background=not over, keep_live=watch_live)

    @no_var_expand
    @line_magic
    def ft_resume(self, line: str) -> None:
        """%ft_resume NAME [--background] [--keep-live]: goes on with a run that was paused, stopped or cut off."""
        name, flags = read_line("%ft_resume", line, FLAGS)
        run = open_run(_given("%ft_resume", name))
        attempt, was_over = run.state.attempt, run.is_over
        run.resume()
        if was_over:
            until_taken_up(run, attempt)
        watch(run, self._bind(run), background="--background" in flags, keep_live="--keep-live" in flags)

    @no_var_expand
    @line_magic
    def ft_stop(self, line: str) -> None:
        """%ft_stop NAME: ends a run after its present step and keeps the best model."""
        name, _ = read_line("%ft_stop", line, ())
        run = open_run(_given("%ft_stop", name))
        run.stop()
        display({"text/plain": f"{run.name} stops after this step and keeps the best model."}, raw=True)

    @no_var_expand
    @line_magic
    def ft_eval(self, line: str) -> None:
        """%ft_eval [NAME] [DATA]: shows the metrics of a run's best model on its test rows, or on a file or $variable."""
        words = line.split(maxsplit=1)
        name, _ = read_line("%ft_eval", words[0] if words else "", ())
        run = _find(name)
        values = run.evaluate(self._data(words[1]) if len(words) > 1 else None)
        display(tables.metrics(run.name, values), raw=True)

    @no_var_expand
    @line_magic
    def ft_runs(self, line: str) -> None:
        """%ft_runs: lists the runs beside this notebook, the newest first."""
        read_line("%ft_runs", line, ())
        display(tables.listing(runs()), raw=True)

    def _bind(self, run: Run) -> str:
        """Gives the run its name in the notebook, unless that is taken by something else."""
        match = NUMBERED.match(run.name)
        variable = identifier(match["name"] if match else run.name)
        if isinstance(self._names.get(variable, run), Run):
            self._ip.push({variable: run})
        return variable

    def _data(self, word: str) -> Any:
        if not word.startswith("$"):
            return word
        if word[1:] not in self._names:
            raise NbftError(f"There is no variable {word[1:]!r} in this notebook.")
        return self._names[word[1:]]


def read_line(magic: str, line: str, flags: tuple[str, ...]) -> tuple[str | None, set[str]]:
    """Returns the name, None if left out, and the flags; raises NbftError for anything else on the line."""
    words = line.split()
    given = {word for word in words if word.startswith("--")}
    names = [word for word in words if word not in given]
    for flag in sorted(given - set(flags)):
        raise NbftError(f"{magic} knows no flag {flag!r}.", did_you_mean(flag, flags) if flags else "It knows none.")
    if len(names) > 1:
        raise NbftError(f"{magic} takes one name, not {len(names)}: {' '.join(names)}", f"As in: {magic} {names[0]}")
    return (names[0] if names else None), given


def identifier(name: str) -> str:
    """Returns the variable for a run's name: `my-run` is bound to `my_run`."""
    word = re.sub(r"\W", "_", name)
    return f"_{word}" if word[:1].isdigit() else f"{word}_" if keyword.iskeyword(word) else word


def _given(magic: str, name: str | None) -> str:
    if name:
        return name
    known = ", ".join(run.name for run in runs()) or "none yet"
    raise NbftError(f"{magic} needs the name of a run.", f"There are: {known}.")


def _find(name: str | None) -> Run:
    if name:
        return open_run(name)
    newest = runs()
    if not newest:
        raise RunError("No run has been started here yet.", "Start one with a cell that begins with %%finetune.")
    return newest[0]


def _refuse_taken(name: str, variable: str, loaded: LoadedSpec) -> None:
    """Refuses a name whose run still goes on, and one that would take the place of the data it trains on."""
    if variable in loaded.variables:
        raise RunError(
            f"The run would be bound to `{variable}`, which holds the rows it is to learn from.",
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
    """Registers the magics."""
    ipython.register_magics(FinetuneMagics)
