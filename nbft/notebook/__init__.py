"""What a notebook sees: the magics, the dashboard, the cell that waits, completion."""

from __future__ import annotations

from typing import Any


def load(ipython: Any) -> None:
    """Registers the magics and completion with an IPython shell."""
    from nbft.notebook import completion, magics

    magics.load(ipython)
    completion.load(ipython)


def unload(ipython: Any) -> None:
    """Takes completion away; the magics stay harmless."""
    from nbft.notebook import completion

    completion.unload(ipython)
