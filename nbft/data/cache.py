"""Where nbft keeps what it made of data and can make again: a folder that cleans itself, the least recently used first."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbft.errors import DataError

LIMIT_BYTES = 20 * 2**30
"""Entries beyond this are removed."""
STALE_S = 24 * 3600
"""What was begun so long ago will never be finished: its process was killed."""
READ_BYTES = 256 * 2**20
"""Files up to this size are read again to see that they are whole; of larger ones, which takes seconds, the size is enough."""
_STAGING, _SEAL = "unfinished", "seal.json"


def cache_folder() -> Path:
    """Returns the folder of everything that is kept between runs: NBFT_CACHE, or `nbft` in the platform's cache folder."""
    given = os.environ.get("NBFT_CACHE")
    if given:
        return Path(given).expanduser()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "nbft"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "nbft" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "nbft"


@contextmanager
def staging() -> Iterator[Path]:
    """Gives an empty folder beside the entries, for what `publish` takes; removes what is left of it afterwards."""
    place = cache_folder() / _STAGING
    try:
        place.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(dir=place))
    except OSError as error:
        what = f"The cache folder {str(cache_folder())!r} can't be written: {error.strerror}."
        raise DataError(what, "Name another in the environment variable NBFT_CACHE.") from None
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def publish(staged: Path, final: Path) -> Path:
    """Moves a finished folder to its place as a whole, and makes room; returns where it lies.

    What another process has put there meanwhile stays, and is as good.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    (staged / _SEAL).write_text(json.dumps(_prints(staged)), encoding="utf-8")
    for file in _files(staged):
        with file.open("rb") as written:
            os.fsync(written.fileno())
    try:
        staged.rename(final)
    except OSError:
        if not final.exists():
            raise
    _make_room(final)
    return final


def kept(entry: Path) -> bool:
    """Returns whether an entry is there and as it was written, and remembers that it was used; a damaged one is removed."""
    try:
        is_whole = _prints(entry) == json.loads((entry / _SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        is_whole = False
    if not is_whole:
        shutil.rmtree(entry, ignore_errors=True)
        return False
    with suppress(OSError):  # another process may be making room
        os.utime(entry)
    return True


def _files(entry: Path) -> list[Path]:
    return [path for path in entry.rglob("*") if path.is_file()]


def _prints(entry: Path) -> dict[str, list[int]]:
    """Returns by which an entry's files are known again: size, and a checksum."""
    files = [file for file in _files(entry) if file.name != _SEAL]
    return {file.relative_to(entry).as_posix(): [size := file.stat().st_size, _checksum(file, size)] for file in files}


def _checksum(file: Path, size: int) -> int:
    found = 0
    if size <= READ_BYTES:
        with file.open("rb") as opened:
            while piece := opened.read(2**20):
                found = zlib.crc32(piece, found)
    return found


def _make_room(newest: Path) -> None:
    """Entries are what lies one folder deep: `tables/<key>`, `downloads/<key>`. Another process may do the same meanwhile."""
    for begun in (cache_folder() / _STAGING).glob("*"):
        with suppress(OSError):
            if time.time() - begun.stat().st_mtime > STALE_S:
                shutil.rmtree(begun, ignore_errors=True)
    used: dict[Path, tuple[float, int]] = {}
    for entry in cache_folder().glob("*/*"):
        with suppress(OSError):
            if entry.parent.name != _STAGING:
                used[entry] = entry.stat().st_mtime, sum(file.stat().st_size for file in _files(entry))
    total = sum(size for _, size in used.values())
    for entry, (_, size) in sorted(used.items(), key=lambda item: item[1][0]):
        if total > LIMIT_BYTES and entry != newest:
            shutil.rmtree(entry, ignore_errors=True)
            total -= size
