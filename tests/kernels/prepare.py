# ruff: noqa: F401 - for the cells that follow
"""Runs in the kernel that is tried: a widget, a cell that waits, and notes of what happened."""

import time

import ipywidgets

from nbft.notebook.following import Following, hear_beside_cells
from nbft.notebook.waiting import Waiting, can_click

noted = []
slider = ipywidgets.IntSlider()
slider.observe(lambda change: noted.append(("moved", change.new)), "value")
button = ipywidgets.Button()
button.on_click(lambda _: print("printed by a click"))


def wait(seconds, fail=False):
    """Waits as a training cell does."""
    noted.append("begin")
    end = time.monotonic() + seconds
    with Waiting() as waiting:
        while time.monotonic() < end and not waiting.interrupts:
            waiting.poll(0.05)
    noted.append("end")
    if fail:
        raise RuntimeError("the cell fails")
    return waiting
