"""Fine-tune a language model from one notebook cell of YAML, watch it live, and know how good it is.

    %load_ext nbft

    %%finetune reviews
    model: starter-encoder
    data: {train: starter-reviews}

In Python: evaluate, finetune, load_spec, open_run, open_series, runs. Nothing here imports torch until the model itself is
asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbft.comparison import compare
    from nbft.errors import NbftError, RunError, RunFailed, SpecError
    from nbft.evaluation import evaluate
    from nbft.run import Run, open_run, runs
    from nbft.series import Series, finetune, open_series
    from nbft.spec.load import load_spec
    from nbft.spec.sections import RunSpec

__version__ = "0.1.0"

_HOMES = {
    "NbftError": "nbft.errors",
    "Run": "nbft.run",
    "RunError": "nbft.errors",
    "RunFailed": "nbft.errors",
    "RunSpec": "nbft.spec.sections",
    "Series": "nbft.series",
    "SpecError": "nbft.errors",
    "compare": "nbft.comparison",
    "evaluate": "nbft.evaluation",
    "finetune": "nbft.series",
    "load_spec": "nbft.spec.load",
    "open_run": "nbft.run",
    "open_series": "nbft.series",
    "runs": "nbft.run",
}

__all__ = [
    "NbftError",
    "Run",
    "RunError",
    "RunFailed",
    "RunSpec",
    "Series",
    "SpecError",
    "compare",
    "evaluate",
    "finetune",
    "load_spec",
    "open_run",
    "open_series",
    "runs",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'nbft' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])


def load_ipython_extension(ipython: Any) -> None:
    """Registers the magics and completion: `%load_ext nbft`."""
    from nbft.notebook import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Takes the magics and completion away again."""
    from nbft.notebook import unload

    unload(ipython)
