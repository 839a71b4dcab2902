"""One worker a run: a file lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> None:
        os.lseek(handle, _LOCK_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_LOCK_BYTE = 1 << 20  # far behind the text, so that Windows readers can still read who holds it
_TRIES = 20  # whoever only asks holds the lock for a moment too
_TRY_EVERY_S = 0.05


class Lock:
    """A held lock; it is let go of by `release` or by the end of the process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Lets go of the lock."""
        os.close(self._handle)


def acquire(path: Path) -> Lock | None:
    """Takes the lock and writes host and pid into it; None where another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(_TRIES):
        try:
            _try_lock(handle)
        except OSError:
            time.sleep(_TRY_EVERY_S)
            continue
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        return Lock(handle)
    os.close(handle)
    return None


def is_held(path: Path) -> bool:
    """Returns whether a living process holds the lock."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _try_lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def holder(path: Path) -> dict[str, Any]:
    """Returns `pid` and `host` of the last holder; empty where nobody ever held it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
