"""A dashboard that lives on after its cell: a thread that refreshes it, and clicks that need no cell."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

EVERY_S = 0.25


class Following:
    """Calls `refresh` some times a second in a thread, until it returns False or `stop` is called."""

    def __init__(self, refresh: Callable[[], bool], *, every_s: float = EVERY_S, name: str = "nbft") -> None:
        self._refresh = refresh
        self._every_s = every_s
        self._stopped = threading.Event()
        context = contextvars.copy_context()  # ipykernel 7.0 knows only there which cell a widget belongs to
        self._thread = threading.Thread(target=context.run, args=(self._follow,), name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still refreshes."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends the thread after the refresh at hand, and waits for that unless the refresh asks."""
        self._stopped.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def _follow(self) -> None:
        while self._refresh() and not self._stopped.wait(self._every_s):
            pass


def hear_beside_cells(widget: Any) -> None:
    """Lets clicks on the widget act while other cells run, where both page and kernel know subshells.

    ipykernel 7.4 sends a click to the shell that made the widget, where it waits for the running cell;
    until 7.3 the page's own choice held, which is a subshell of its own.
    """
    for part in _parts(widget):
        comm = getattr(part, "comm", None)
        if comm is not None and hasattr(comm, "_reply_subshell_for"):
            comm._reply_subshell_for = _as_the_page_chose  # noqa: SLF001


def _as_the_page_chose(data: Any, chosen: str | None) -> str | None:  # noqa: ARG001
    return chosen


def _parts(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
