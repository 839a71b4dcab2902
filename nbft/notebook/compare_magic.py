"""`%ft_compare`: runs beside each other."""

from __future__ import annotations

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from nbft.comparison import compare
from nbft.notebook.comparing import LiveComparison
from nbft.notebook.front_ends import is_colab
from nbft.notebook.line import split_line
from nbft.notebook.waiting import can_click


@magics_class
class CompareMagics(Magics):
    """What looks at several runs."""

    @no_var_expand
    @line_magic
    def ft_compare(self, line: str) -> None:
        """%ft_compare [A B ...]: curves over each other, what differs in the specs, the scores; `%ft_compare 3`: the newest 3."""
        asked = split_line("%ft_compare", line, ())
        found = compare(*(word for word in (asked.name, *asked.more) if word))
        if can_click() and not is_colab() and any(not run.is_over for run in found.runs):
            LiveComparison(found).show()
        else:
            display(found.output(), raw=True)
