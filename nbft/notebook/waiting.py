"""A cell that waits and still hears its buttons.

A Jupyter kernel does one request at a time: what a user clicks while a cell runs waits behind that cell.
While a Waiting is open it receives the requests itself, serves those of widgets at once, and hands all
others back in their order when it closes. It uses private names of ipykernel (6.17 to 7.4; tests/kernels
tries them). Where one is missing, it only waits, `hears_buttons` is False, and clicks act after the cell.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import signal
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

SERVED = {"comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request"}
BUSY_EVERY_S = 2.0
"""How often the page is told that the kernel is busy: what others say to it turns its busy light off."""
SHUTDOWN_WITHIN_S = 0.5
"""Jupyter interrupts a kernel before it restarts or ends it; this long after its interrupt the user meant only that."""


def can_click() -> bool:
    """Returns whether somebody may click: nobody outside a kernel, under nbclient and under papermill."""
    return bool(getattr(_kernel(), "_allow_stdin", False))


@dataclass(frozen=True)
class Line:
    """Where a kernel's main thread gets its requests from, and where replies to them go."""

    kernel: Any
    stream: Any
    replies: Any


class Waiting:
    """While it is open, `poll` waits and serves widgets, and interrupts are counted instead of raised."""

    def __init__(self) -> None:
        self._interrupted_at: list[float] = []
        self._line: Line | None = None
        self._kept: list[Any] = []
        self._served = 0
        self._said_busy = 0.0
        self._old_handler: Any = None

    @property
    def hears_buttons(self) -> bool:
        """Whether widgets are served while this waits."""
        return self._line is not None

    @property
    def interrupts(self) -> int:
        """Times that the user interrupted so far, half a second late in a kernel; 0 outside the main thread."""
        until = time.monotonic() - (SHUTDOWN_WITHIN_S if _kernel() else 0.0)
        return sum(at <= until for at in self._interrupted_at)

    def __enter__(self) -> Waiting:
        if threading.current_thread() is not threading.main_thread():
            return self
        self._old_handler = signal.signal(signal.SIGINT, self._count_interrupt)
        self._line = _find_line()
        if self._line is not None:
            stream, self._parent = self._line.stream, self._line.kernel.get_parent()
            self._receive_before, self._copy_before = stream._recv_callback, stream._recv_copy  # noqa: SLF001
            stream.on_recv(self._receive, copy=False)
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if self._line is not None and not _is_shutting_down():
                self._hand_back(self._line.stream)
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, self._old_handler or signal.SIG_DFL)

    def poll(self, timeout_s: float) -> int:
        """Waits until a request arrives or the time is over; returns how many widget messages were served.

        Raises KeyboardInterrupt where the kernel is restarted or shut down, so that nothing keeps it from ending.
        """
        try:
            served = self._serve_for(timeout_s)
        except Exception:
            if not _is_shutting_down():  # which closes the streams, in another thread
                raise
            served = 0
        if _is_shutting_down():
            raise KeyboardInterrupt
        return served

    def _serve_for(self, timeout_s: float) -> int:
        if self._line is None:
            time.sleep(timeout_s)
            return 0
        if time.monotonic() - self._said_busy > BUSY_EVERY_S:
            self._say(self._line.kernel, "busy", self._parent)
        before, stream = self._served, self._line.stream
        stream.socket.poll(int(timeout_s * 1000))
        stream.flush()
        return self._served - before

    def _count_interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupted_at.append(time.monotonic())  # KeyboardInterrupt could strike amid a half-served message

    def _hand_back(self, stream: Any) -> None:
        self._line = None
        stream.on_recv(self._receive_before, copy=self._copy_before)
        kept, self._kept = self._kept, []
        for message in kept:  # now, not later: a cell that raises aborts only what is in line behind it
            taken = self._receive_before(message)
            if inspect.isawaitable(taken):
                _hold(asyncio.ensure_future(taken))

    def _receive(self, message: list[Any]) -> None:
        line = self._line
        request = _widget_request(line.kernel, message) if line else None
        if line is None or request is None:
            self._kept.append(message)
        else:
            self._serve(line, *request)

    def _serve(self, line: Line, identities: list[bytes], request: dict[str, Any]) -> None:
        """Does what the kernel's dispatch does, except that what a callback prints belongs to the cell."""
        self._served += 1
        handler = line.kernel.shell_handlers[request["header"]["msg_type"]]
        self._say(line.kernel, "busy", request)
        try:
            with _answering(line.kernel, request):
                answer = handler(line.replies, identities, request)
                if inspect.iscoroutine(answer):
                    _run_at_once(answer)
        except Exception:
            line.kernel.log.exception("nbft could not serve a widget's message")
        finally:
            self._say(line.kernel, "idle", request)  # the page holds back a widget's next change until then
            self._say(line.kernel, "busy", self._parent)

    def _say(self, kernel: Any, status: str, parent: dict[str, Any]) -> None:
        self._said_busy = time.monotonic()
        topic, content = kernel._topic("status"), {"execution_state": status}  # noqa: SLF001
        kernel.session.send(kernel.iopub_socket, "status", content, parent=parent, ident=topic)


def _kernel() -> Any:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)


def _is_shutting_down() -> bool:
    """Returns whether the kernel was told, in its other thread, to end after this cell."""
    return bool(getattr(getattr(_kernel(), "shell", None), "exit_now", False))


def _find_line() -> Line | None:
    """Returns None outside a kernel, and where this ipykernel is built in a way that nbft doesn't know."""
    kernel = _kernel()
    wanted = ("session", "shell_handlers", "iopub_socket", "get_parent", "_topic", "log")
    if kernel is None or not all(hasattr(kernel, name) for name in wanted):
        return None
    thread = getattr(kernel, "shell_channel_thread", None)
    try:
        if thread is not None:  # ipykernel 7: a thread of its own reads the socket and sorts by subshell
            stream = thread.manager._shell_channel_to_main.to_stream  # noqa: SLF001
            replies = thread.manager.get_subshell_to_shell_channel_socket(None)
        else:
            stream = replies = kernel.shell_stream
        known = callable(stream._recv_callback) and hasattr(stream, "_recv_copy")  # noqa: SLF001
    except (AttributeError, TypeError, LookupError):
        return None
    return Line(kernel, stream, replies) if known else None


def _widget_request(kernel: Any, message: list[Any]) -> tuple[list[bytes], dict[str, Any]] | None:
    """Returns who sent it and the request; None for what the kernel shall see to, also what can't be read."""
    session = kernel.session
    try:
        identities, frames = session.feed_identities(message, copy=False)
        kind = session.deserialize(frames, content=False, copy=False)["header"]["msg_type"]
        if kind not in SERVED or kind not in kernel.shell_handlers:
            return None  # only peeked at: reading the content would use up its signature
        return identities, session.deserialize(frames, content=True, copy=False)
    except (ValueError, TypeError, KeyError):
        return None


@contextlib.contextmanager
def _answering(kernel: Any, request: dict[str, Any]) -> Iterator[None]:
    """Lets what is said of widgets meanwhile name the request, not the cell.

    The page that changed a value waits for its echo, which it knows by that name, and until then takes nobody else's change.
    Which subshell asked is left out: by it ipykernel 7.4 would choose where the widget's next message goes.
    """
    header = {key: value for key, value in request["header"].items() if key != "subshell_id"}
    parent = {**request, "header": header}
    kernel.get_parent = lambda *_, **__: parent
    try:
        yield
    finally:
        del kernel.get_parent


def _run_at_once(answer: Coroutine[Any, Any, Any]) -> None:
    """Runs a coroutine that awaits nothing, which is what the kernel's handlers of SERVED are."""
    try:
        answer.send(None)
    except StopIteration:
        return
    answer.close()
    raise RuntimeError("the kernel's handler wants to wait for something")


_pending: set[asyncio.Future[Any]] = set()


def _hold(future: asyncio.Future[Any]) -> None:
    """Keeps the future alive until it is done; the event loop alone would not."""
    _pending.add(future)
    future.add_done_callback(_pending.discard)
