"""`%ft_try` and `%ft_attention`: what a run's model says of a text, and what it looks at."""

from __future__ import annotations

from typing import cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from nbft.errors import NbftError, RunError
from nbft.notebook.attention import show_attention
from nbft.notebook.line import split_line
from nbft.notebook.trying import Trying
from nbft.notebook.waiting import can_click
from nbft.run import Run, open_run, runs

BOUND = "tried"


@magics_class
class TryMagics(Magics):
    """What asks a trained model."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._open: dict[str, Trying] = {}

    @no_var_expand
    @line_magic
    def ft_try(self, line: str) -> None:
        """%ft_try NAME: a playground: what the run's model says of a text, beside what it said before training.

        %ft_try NAME "a text": the same at once, in print. Where the task takes two (question and context, a pair of
        texts), write both in quotes. The models are in a process of their own, which ends with the kernel, after ten
        minutes without a question, or with `tried.close()`; `tried.history` holds what was tried.
        """
        asked = split_line("%ft_try", line, ())
        trying = self._trying(_run("%ft_try", asked.name))
        cast("InteractiveShell", self.shell).push({BOUND: trying})
        if asked.more:
            trying.ask(*asked.more)
            trying.say()
        elif can_click():
            trying.show()
        else:
            what = "Nobody can type here: say on the line what is to be tried."
            raise NbftError(what, f'As in: %ft_try {asked.name} "a text"')

    @no_var_expand
    @line_magic
    def ft_attention(self, line: str) -> None:
        """%ft_attention NAME "a sentence" [--layer N] [--head N]: which tokens each head of a run's model looks at.

        Shows every head of every layer small, and one of them large: hover or focus a token to see its weights. Layers
        and heads are counted from 1. A pair of texts is written as two, each in quotes.
        """
        asked = split_line("%ft_attention", line, (), ("--layer", "--head"))
        run = _run("%ft_attention", asked.name)
        if not asked.more:
            raise NbftError(
                "%ft_attention needs a sentence, in quotes.", f'As in: %ft_attention {run.name} "a sentence"'
            )
        given = asked.more[0] if len(asked.more) == 1 else asked.more
        show_attention(self._trying(run).asking, given, asked.count("--layer"), asked.count("--head"))

    def _trying(self, run: Run) -> Trying:
        """Returns the run's playground; its worker, if one lives, is used again."""
        known = str(run.folder.path)
        if known not in self._open:
            self._open[known] = Trying(run)
        return self._open[known]


def _run(magic: str, name: str | None) -> Run:
    if name:
        return open_run(name)
    known = ", ".join(run.name for run in runs()) or "none yet"
    raise RunError(f"{magic} needs the name of a run.", f"There are: {known}.")
