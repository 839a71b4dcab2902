"""Waiting outside a kernel; what it does inside one is tried in tests/kernels."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from nbft.notebook.waiting import Waiting, can_click


def test_outside_a_kernel_it_only_waits():
    started = time.monotonic()
    with Waiting() as waiting:
        assert waiting.poll(0.2) == 0
        assert waiting.hears_buttons is False
    assert 0.2 <= time.monotonic() - started < 2


def test_outside_a_kernel_nobody_can_click():
    assert can_click() is False


def test_in_ipython_without_a_kernel_it_only_waits():
    code = (
        "from nbft.notebook.waiting import Waiting, can_click\n"
        "with Waiting() as waiting: print(can_click(), waiting.hears_buttons, waiting.poll(0.01))"
    )
    command = [sys.executable, "-m", "IPython", "--quick", "--HistoryManager.enabled=False", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip().endswith("False False 0")


def test_interrupts_are_counted_and_raised_again_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with Waiting() as waiting:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            waiting.poll(0.01)
        assert waiting.interrupts == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_while_it_waits_leaves_the_interrupt_as_it_was():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), Waiting():
        _ = 1 / 0
    assert signal.getsignal(signal.SIGINT) is before


def test_in_a_thread_it_only_waits_and_leaves_interrupts_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def wait():
        with Waiting() as waiting:
            seen.extend([waiting.poll(0.01), waiting.hears_buttons, signal.getsignal(signal.SIGINT) is before])

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert seen == [0, False, True]
