"""A file of one JSON object a line that one process appends to and others follow while it grows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class JournalFull(OSError):
    """The line could not be written whole, and nothing of it was left behind."""


def append(path: Path, data: dict[str, Any]) -> None:
    """Appends one line by one write; raises JournalFull where the disk takes no more, leaving the file as it was."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    line = text.encode(errors="replace") + b"\n"  # half a surrogate pair, as data sets hold, has no UTF-8
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            if os.read(handle, 1) != b"\n":
                line = b"\n" + line  # a torn line of a killed writer must not swallow this one
        _write_whole(handle, line, size)
    finally:
        os.close(handle)


def _write_whole(handle: int, line: bytes, size: int) -> None:
    try:
        written = os.write(handle, line)
    except OSError as error:
        raise JournalFull(error.errno, os.strerror(error.errno or 0)) from error
    if written != len(line):
        os.ftruncate(handle, size)
        raise JournalFull(f"only {written} of {len(line)} bytes could be written")


def parse(line: bytes) -> dict[str, Any] | None:
    """Returns the object of a line, or None where the line is torn or not an object."""
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


class Follower:
    """Reads a journal from its beginning, then whatever has been added since; a torn last line is left for later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        """Returns the whole lines that came since the last call; an empty list where there is no file yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return []
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [data for line in whole.splitlines() if (data := parse(line)) is not None]
