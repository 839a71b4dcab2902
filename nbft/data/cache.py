"""Where nbft keeps what it made of data and can make again: a folder that cleans itself, the least recently used first."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbft.errors import DataError

LIMIT_BYTES = 20 * 2**30
"""Entries beyond this are removed."""
STALE_S = 24 * 3600
"""What was begun so long ago will never be finished: its process was killed."""
_STAGING = "unfinished"


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
    """Moves a finished file or folder to its place as a whole, and makes room; returns where it lies.

    What another process has put there meanwhile stays, and is as good.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    for file in [staged] if staged.is_file() else [path for path in staged.rglob("*") if path.is_file()]:
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
    """Returns whether an entry is there, and remembers that it was used."""
    try:
        os.utime(entry)
    except OSError:
        return False
    return True


def _make_room(newest: Path) -> None:
    """Entries are what lies one folder deep: `tables/<key>`, `downloads/<key>`."""
    for begun in (cache_folder() / _STAGING).glob("*"):
        if time.time() - begun.stat().st_mtime > STALE_S:
            shutil.rmtree(begun, ignore_errors=True)
    entries = [entry for entry in cache_folder().glob("*/*") if entry.parent.name != _STAGING]
    used = {entry: (entry.stat().st_mtime, _size(entry)) for entry in entries if entry.exists()}
    total = sum(size for _, size in used.values())
    for entry, (_, size) in sorted(used.items(), key=lambda item: item[1][0]):
        if total > LIMIT_BYTES and entry != newest:
            shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)
            total -= size


def _size(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return sum(file.stat().st_size for file in files if file.is_file())
