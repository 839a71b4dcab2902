"""A cell that waits, in real kernels of several versions: nothing in line is lost, clicks act at once."""

from __future__ import annotations

import time

import pytest

from tests.kernels.kernel import Kernel

QUEUED = 20
ABORTS_FOR_S = 0.3
"""After an error ipykernel 6 also aborts a request that comes in the same moment."""
MOVES = [("moved", value) for value in range(1, 6)]


@pytest.fixture
def slider(kernel: Kernel) -> str:
    """The id by which the page speaks to a slider that stands at 0."""
    kernel.run("slider.value = 0; noted.clear()")
    return kernel.ask("slider.comm.comm_id")


def drag(kernel: Kernel, slider: str, subshell: str | None = None) -> list[str]:
    """Sends what the page sends while the slider is dragged."""
    states = [{"method": "update", "state": {"value": value}, "buffer_paths": []} for _, value in MOVES]
    return [kernel.send_message("comm_msg", {"comm_id": slider, "data": state}, subshell) for state in states]


def check_order(kernel: Kernel, ids: list[str]) -> None:
    replies = kernel.replies(ids)
    assert [reply["parent_header"]["msg_id"] for reply in replies] == ids
    assert {reply["content"]["status"] for reply in replies} == {"ok"}
    assert kernel.ask("noted") == ["begin", *MOVES, "end", *range(QUEUED)]


def test_cells_queued_while_it_waits_run_after_it_in_order_and_widgets_act_meanwhile(kernel, slider):
    ids = [kernel.send("wait(1);")]
    time.sleep(0.3)
    ids += [kernel.send(f"noted.append({number})") for number in range(QUEUED)]
    drag(kernel, slider)

    check_order(kernel, ids)


def test_cells_queued_before_it_starts_run_after_it_in_order(kernel, slider):
    ids = [kernel.send("wait(1);"), *(kernel.send(f"noted.append({number})") for number in range(QUEUED))]
    time.sleep(0.3)
    drag(kernel, slider)

    check_order(kernel, ids)


@pytest.mark.parametrize("pause_s", [0, 0.3], ids=["before it", "while it waits"])
def test_a_cell_that_fails_aborts_the_cells_queued(kernel, pause_s):
    ids = [kernel.send("wait(0.8, fail=True)")]
    time.sleep(pause_s)
    ids += [kernel.send(f"noted.append({number})") for number in range(QUEUED)]

    assert kernel.statuses(ids) == ["error", *["aborted"] * QUEUED]
    time.sleep(ABORTS_FOR_S)
    assert kernel.ask("noted") == ["begin", "end"]


def test_an_interrupt_is_counted_the_cell_ends_well_and_the_next_one_runs(kernel):
    ids = [kernel.send("waited = wait(30)")]
    time.sleep(0.3)
    ids.append(kernel.send("noted.append(waited.interrupts)"))
    kernel.manager.interrupt_kernel()

    assert kernel.statuses(ids, timeout_s=10) == ["ok", "ok"]
    assert kernel.ask("noted") == ["begin", "end", 1]


def test_interrupts_are_as_always_after_it(kernel):
    kernel.run("wait(0.1);")
    kernel.manager.interrupt_kernel()  # of an idle kernel: nothing happens
    time.sleep(0.3)
    sleeping = kernel.send("time.sleep(30)")
    time.sleep(0.3)
    kernel.manager.interrupt_kernel()

    (reply,) = kernel.replies([sleeping], timeout_s=10)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    time.sleep(ABORTS_FOR_S)
    assert kernel.ask("1 + 1") == 2


def test_the_page_is_told_that_a_widget_was_served_and_that_the_cell_still_runs(kernel, slider):
    cell = kernel.send("wait(0.8);")
    time.sleep(0.3)
    (first, *_) = drag(kernel, slider)
    kernel.replies([cell])

    told = [
        (message["parent_header"]["msg_id"], message["content"]["execution_state"])
        for message in kernel.heard()
        if message["msg_type"] == "status"
    ]
    served = told.index((first, "idle"))
    assert told[served - 1] == (first, "busy")
    assert told[served + 1] == (cell, "busy")
    assert told.index((cell, "idle")) > served


def test_the_echo_of_a_change_names_the_change(kernel, slider):
    """A page that waits in vain for the echo of its own change takes no change of that value from another page."""
    cell = kernel.send("wait(0.8);")
    time.sleep(0.3)
    asked = drag(kernel, slider)
    kernel.replies([cell])

    said = [message for message in kernel.heard() if message["msg_type"] == "comm_msg"]
    echoes = [message for message in said if message["content"]["data"]["method"] == "echo_update"]
    assert [message["parent_header"]["msg_id"] for message in echoes] == asked


def test_what_the_page_asks_after_a_reload_is_answered_while_it_waits(kernel):
    cell = kernel.send("wait(1.5);")
    time.sleep(0.3)
    asked = [kernel.send_message(kind, {}) for kind in ("kernel_info_request", "comm_info_request")]

    replies = kernel.replies([cell, *asked])
    assert [reply["msg_type"] for reply in replies] == [
        "kernel_info_reply",
        "comm_info_reply",
        "execute_reply",
    ]


def test_what_a_click_prints_belongs_to_the_cell_that_waits(kernel):
    button = kernel.ask("button.comm.comm_id")
    cell = kernel.send("wait(0.8);")
    time.sleep(0.3)
    click = {"method": "custom", "content": {"event": "click"}}
    kernel.send_message("comm_msg", {"comm_id": button, "data": click})
    kernel.replies([cell])

    printed = [message for message in kernel.heard() if message["msg_type"] == "stream"]
    assert "printed by a click" in printed[0]["content"]["text"]
    assert printed[0]["parent_header"]["msg_id"] == cell


def test_waiting_within_waiting_loses_nothing(kernel, slider):
    ids = [kernel.send("with Waiting() as outer:\n    wait(0.6)\n    outer.poll(0.1)")]
    time.sleep(0.3)
    ids += [kernel.send(f"noted.append({number})") for number in range(QUEUED)]
    drag(kernel, slider)

    check_order(kernel, ids)


def test_somebody_can_click_on_a_page_but_not_where_no_input_is_allowed(kernel):
    assert kernel.ask("can_click()") is True
    kernel.replies([kernel.send("noted.append(can_click())", allow_stdin=False)])
    assert kernel.ask("noted") == [False]


def test_a_click_whose_code_fails_does_not_end_the_cell(kernel, slider):
    kernel.run("def fail(change): raise ZeroDivisionError\nslider.observe(fail, 'value')")
    cell = kernel.send("wait(0.6);")
    time.sleep(0.3)
    drag(kernel, slider)

    assert kernel.statuses([cell]) == ["ok"]
    kernel.run("slider.unobserve(fail, 'value')")
    assert kernel.ask("noted") == ["begin", *MOVES, "end"]


def test_where_this_ipykernel_lacks_a_name_it_waits_plainly_and_clicks_act_after_the_cell(kernel, slider):
    cell = kernel.send(
        "from ipykernel.kernelbase import Kernel\n"
        "topic = Kernel._topic\n"
        "del Kernel._topic\n"
        "with Waiting() as waiting:\n"
        "    noted.append(waiting.hears_buttons)\n"
        "    waiting.poll(0.6)\n"
        "    noted.append('end')\n"
        "Kernel._topic = topic\n"
    )
    time.sleep(0.3)
    drag(kernel, slider)

    assert kernel.statuses([cell]) == ["ok"]
    assert kernel.ask("noted") == [False, "end", *MOVES]
