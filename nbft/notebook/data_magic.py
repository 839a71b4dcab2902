"""`%ft_data`: the check-up of a data set."""

from __future__ import annotations

from typing import cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display

from nbft.data_check import data_of, data_of_run, data_of_spec
from nbft.errors import RunError
from nbft.notebook.line import read_line
from nbft.run import Run, runs
from nbft.spec.load import read_spec


@magics_class
class DataMagics(Magics):
    """What looks at data before they are trained on."""

    @no_var_expand
    @line_cell_magic
    def ft_data(self, line: str, cell: str | None = None) -> None:
        """%ft_data [NAME or FILE.yaml]: shows what is amiss with the data of a run (the newest if left out) or of a spec.

        %%ft_data [--set KEY=VALUE]: the same for the YAML in the cell; nothing is trained.
        """
        ip = cast("InteractiveShell", self.shell)
        if cell is not None:
            asked = read_line("%%ft_data", line, (), ("--set",))
            here = asked.name or f"cell In[{ip.execution_count}]"
            sets = asked.values.get("--set", ())
            found = data_of_spec(read_spec(cell, variables=ip.user_ns, name=here, first_line=2, overrides=sets))
        else:
            name = read_line("%ft_data", line, ()).name
            found = data_of(name) if name else data_of_run(_newest())
        display(found.output(), raw=True)


def _newest() -> Run:
    found = runs()
    if not found:
        raise RunError("No run has been started here yet.", "Name a spec:  %ft_data reviews.yaml")
    return found[0]
