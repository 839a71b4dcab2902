"""A disk that takes only so much: the system's own limit on how large a file may grow."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "win32":
    import resource


@contextlib.contextmanager
def files_up_to(limit: int) -> Iterator[None]:
    """Writes that would make a file longer than `limit` bytes stop there, then fail."""
    if sys.platform == "win32":
        pytest.skip("Windows has no limit on the size of files")
    old, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (old, most))
