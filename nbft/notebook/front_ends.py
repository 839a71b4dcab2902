"""Which front end shows the notebook, as far as a kernel can tell, and what it can't do.

Only what needs another behaviour is told apart. JupyterLab, Notebook 7 and VS Code need none: their page takes updates
from threads, and a kernel cannot tell them from each other anyway.
"""

from __future__ import annotations

import os
import sys


def is_colab() -> bool:
    """Returns whether the kernel runs in Google Colab, where nothing that changes after its cell is shown.

    Each output is a frame of its own there: styles of one do not reach another.
    """
    return "google.colab" in sys.modules


def is_kaggle() -> bool:
    """Returns whether the kernel runs at Kaggle; a saved version runs there as under papermill, with nobody to click."""
    return "KAGGLE_KERNEL_RUN_TYPE" in os.environ


def is_batch() -> bool:
    """Returns whether Kaggle runs the whole notebook to save it."""
    return os.environ.get("KAGGLE_KERNEL_RUN_TYPE") == "Batch"


def is_ci() -> bool:
    """Returns whether a build server runs this; GitHub, GitLab and most others say so by CI."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
