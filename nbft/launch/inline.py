"""A worker in this very process: for tests and debuggers. The one place where the left side meets the right."""

from __future__ import annotations

import signal
import threading

from nbft.record.folder import RunFolder


class InlineWorker:
    """A worker that has ended already."""

    def __init__(self, code: int) -> None:
        self._code = code

    def poll(self) -> int | None:
        """Returns the exit code."""
        return self._code

    def end(self) -> None:
        """Does nothing: it has ended."""

    def kill(self) -> None:
        """Does nothing: it has ended."""


def run_inline(folder: RunFolder, *arguments: str) -> InlineWorker:
    """Runs the worker to its end; the caller's signal handlers are as before afterwards."""
    from nbft import worker

    main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)} if main_thread else {}
    try:
        return InlineWorker(worker.command([str(folder.path), *arguments]))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
