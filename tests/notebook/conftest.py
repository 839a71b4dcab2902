"""A real IPython, and what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbft.notebook import magics


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[InteractiveShell]:
    """An IPython with the magics loaded, which keeps nothing on disk."""
    config = Config()
    config.HistoryManager.enabled = False
    config.BaseIPythonApplication.ipython_dir = str(tmp_path / "ipython")
    shell = InteractiveShell.instance(config=config)
    magics.load(shell)
    yield shell
    InteractiveShell.clear_instance()
