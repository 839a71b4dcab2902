"""The kernels that a waiting cell is tried in: this python's and those of NBFT_KERNEL_VENVS (.ci/kernels)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels.kernel import Kernel

PREPARE = Path(__file__).with_name("prepare.py").read_text(encoding="utf-8")
OTHERS = [python for python in os.environ.get("NBFT_KERNEL_VENVS", "").split(os.pathsep) if python]
KERNELS = [
    pytest.param(sys.executable, id="this"),
    *(pytest.param(python, id=Path(python).parents[1].name, marks=pytest.mark.kernels) for python in OTHERS),
]


@pytest.fixture(scope="module", params=KERNELS)
def started(request: pytest.FixtureRequest) -> Iterator[Kernel]:
    """One kernel for the tests of a file."""
    with Kernel(request.param) as kernel:
        cell = kernel.run(PREPARE)
        assert cell.status == "ok", cell.error
        yield kernel


@pytest.fixture
def kernel(started: Kernel) -> Kernel:
    """The kernel, idle and with nothing noted yet."""
    started.heard()
    assert started.run("noted.clear()").status == "ok"
    return started
