"""A worker as a process of its own on this machine, which outlives whoever started it."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from pathlib import Path

from nbft.record.folder import RunFolder

_PACKAGE_ROOT = str(Path(__file__).parents[2])
_LIVING: set[subprocess.Popen[bytes]] = set()
"""Python warns of a process that is forgotten while it lives; a worker may well outlive the Run that started it."""


@atexit.register
def _let_go() -> None:
    """A worker that outlives this process is no mistake to warn of."""
    for process in _LIVING:
        if process.poll() is None:
            process.returncode = 0


class ProcessWorker:
    """A worker that this process started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        _LIVING.add(process)

    def poll(self) -> int | None:
        """Returns the exit code (negative: the signal that ended it), None while it lives."""
        code = self._process.poll()
        if code is not None:
            _LIVING.discard(self._process)
        return code

    def end(self) -> None:
        """Asks it to save and end."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends it at once, with every process it started."""
        kill_group(self._process.pid)
        self._process.wait()


def start_process(folder: RunFolder, *arguments: str) -> ProcessWorker:
    """Starts a worker with its own session, no input, and output to a file: only so it outlives a kernel's end."""
    environment = dict(os.environ)
    paths = [_PACKAGE_ROOT, environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    with folder.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbft.worker", str(folder.path), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=sys.platform != "win32",
            creationflags=_OWN_GROUP,
        )
    return ProcessWorker(process)


def how_ended(code: int | None) -> str:
    """Returns how a process ended, as the end of a sentence; empty where that isn't known."""
    if code is None or code >= 0:
        return "" if code is None else f" (exit code {code})"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    why = ": killed, perhaps because memory ran out" if name == "SIGKILL" else ""
    return f", by signal {-code} ({name}{why})"


if sys.platform == "win32":
    _OWN_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP

    def kill_group(pid: int) -> None:
        """Ends the process."""
        os.kill(pid, signal.SIGTERM)
else:
    _OWN_GROUP = 0

    def kill_group(pid: int) -> None:
        """Ends the process and every process of its session's group."""
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
