"""A dashboard that lives on after its cell, in real kernels of several versions."""

from __future__ import annotations

import time

import pytest

from tests.kernels.kernel import Kernel

FOLLOW = """
def refresh():
    slider.value += 1
    return slider.value < 5

slider.value = 0
following = Following(refresh, every_s=0.05)
"""


def test_its_thread_updates_widgets_while_other_cells_run(kernel: Kernel):
    ids = [kernel.send(FOLLOW), kernel.send("time.sleep(1)")]

    assert kernel.statuses(ids) == ["ok", "ok"]
    values = [
        message["content"]["data"]["state"]["value"]
        for message in kernel.heard()
        if message["msg_type"] == "comm_msg" and "value" in message["content"]["data"].get("state", {})
    ]
    assert values[-4:] == [2, 3, 4, 5]
    assert kernel.ask("following.is_alive") is False


def test_it_stops_when_asked(kernel: Kernel):
    kernel.run("following = Following(lambda: True, every_s=0.05)\nfollowing.stop()")
    assert kernel.ask("following.is_alive") is False


def test_clicks_act_while_another_cell_runs(kernel: Kernel):
    kernel.run("slider.value = 0; noted.clear(); hear_beside_cells(ipywidgets.VBox([slider]))")
    slider = kernel.ask("slider.comm.comm_id")
    if not kernel.ask("hasattr(get_ipython().kernel, 'create_subshell_request')"):
        pytest.skip("this kernel has no subshells: a click waits for the cell")
    subshell = kernel.control("create_subshell_request")["subshell_id"]
    busy = kernel.send("noted.append('begin'); time.sleep(1); noted.append('end')")
    time.sleep(0.3)
    moved = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
    kernel.send_message("comm_msg", {"comm_id": slider, "data": moved}, subshell)
    kernel.replies([busy])

    assert kernel.ask("noted") == ["begin", ("moved", 7), "end"]
