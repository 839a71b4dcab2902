"""Which front end shows the notebook, as far as a kernel can tell, and what it can't do.

Only what needs another behaviour is told apart. JupyterLab, Notebook 7 and VS Code need none, and a kernel cannot tell
them from each other anyway; whether anybody can click (not under nbclient, papermill and Kaggle's saved versions) is told by
waiting.can_click.
"""

from __future__ import annotations

import os
import sys


def is_colab() -> bool:
    """Returns whether the kernel runs in Google Colab, where nothing that changes after its cell is shown.

    Each output is a frame of its own there: styles of one do not reach another.
    """
    return "google.colab" in sys.modules


def is_ci() -> bool:
    """Returns whether a build server runs this; GitHub, GitLab and most others say so by CI."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
