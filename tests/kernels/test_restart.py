"""A kernel that is restarted or shut down while a cell waits: Jupyter interrupts it first, the user did not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.kernels.conftest import PREPARE
from tests.kernels.kernel import Kernel

CELL = """
try:
    outcome = f'{wait(60).interrupts} interrupts'
except KeyboardInterrupt:
    outcome = 'ended'
import pathlib
pathlib.Path(PLACE).write_text(outcome)
"""


def test_a_restart_ends_the_cell_that_waits_and_counts_as_no_interrupt(started: Kernel, tmp_path: Path):
    place = tmp_path / "outcome"
    started.send(CELL.replace("PLACE", repr(str(place))))
    time.sleep(0.5)
    started.manager.shutdown_kernel(now=False, restart=True)
    started.client.stop_channels()
    started.manager.start_kernel(**started.options)
    started.connect()

    assert started.run(PREPARE).status == "ok"
    assert place.read_text() == "ended"


@pytest.mark.parametrize("times", [1, 2])
def test_interrupts_of_the_user_are_counted_half_a_second_later(started: Kernel, times: int):
    cell = started.send(
        "with Waiting() as waiting:\n"
        "    begin = time.monotonic()\n"
        f"    while waiting.interrupts < {times} and time.monotonic() < begin + 20: waiting.poll(0.05)\n"
        "took = time.monotonic() - begin"
    )
    time.sleep(0.3)
    for _ in range(times):
        started.manager.interrupt_kernel()
        time.sleep(0.2)

    assert started.statuses([cell], timeout_s=30) == ["ok"]
    assert 0.5 <= started.ask("took") < 10
