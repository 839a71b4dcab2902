"""The one seam to where a worker runs: start a run's folder, get something to poll and to end."""

from __future__ import annotations

from typing import Protocol

from nbft.record.folder import RunFolder


class Worker(Protocol):
    """A started worker."""

    def poll(self) -> int | None:
        """Returns the exit code (negative: the signal that ended it), None while it lives."""
        ...

    def end(self) -> None:
        """Asks it to save and end (SIGTERM)."""
        ...

    def kill(self) -> None:
        """Ends it at once, with every process it started."""
        ...


class Launcher(Protocol):
    """Makes `python -m nbft.worker FOLDER` run somewhere that can reach the folder."""

    def __call__(self, folder: RunFolder) -> Worker:
        """Starts the worker and returns at once."""
        ...
