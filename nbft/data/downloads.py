"""URLs -> files: what fsspec reaches (http, s3, hf, memory, ...), downloaded once into the cache."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from socket import gaierror
from typing import Any
from urllib.parse import unquote, urlsplit

from nbft.data.cache import cache_folder, kept, publish, staging
from nbft.errors import DataError
from nbft.spec.sources import ENDINGS_IN_WORDS, FILE_ENDINGS, ending_of

CONNECT_S, SILENCE_S = 20, 60
"""How long an answer, or the next piece of it, is waited for."""
SETTLED_S = 60
"""A file whose server says only when it changed is trusted to be the same when that is so long ago."""
_MODULES = ("s3fs", "gcsfs", "adlfs", "paramiko", "ocifs", "smbprotocol", "dropboxdrivefs")
"""What fsspec needs for the schemes of others."""
_STAMPS = ("ETag", "etag", "Content-MD5", "mtime", "LastModified", "last_modified", "updated", "created")


def fetch(url: str) -> tuple[Path, list[str]]:
    """Returns the file at a URL, from the cache where it is unchanged, and notes; raises DataError."""
    shown, name = without_secrets(url), _file_name(url)
    if ending_of(name) not in FILE_ENDINGS:
        fix = f"A URL names one file: {ENDINGS_IN_WORDS}."
        raise DataError(f"{shown} names no file that nbft can read.", fix)
    try:
        return _fetched(url, name, shown)
    except DataError:
        raise
    except Exception as error:  # every file system has errors of its own
        raise _explained(error, url, shown) from error


def _fetched(url: str, name: str, shown: str) -> tuple[Path, list[str]]:
    system, path = _system(url)
    if "file" in (system.protocol if isinstance(system.protocol, tuple) else (system.protocol,)):
        return Path(path), []
    try:
        info = system.info(path)
    except Exception as error:
        last = _last_copy(url, name)
        if last is None or not _is_network(error):
            raise
        return last, [f"{shown} can't be reached; the copy of an earlier run was read."]
    stamp = _stamp(info)
    if stamp and kept(_entry(url, stamp)):
        file = _entry(url, stamp) / name
        return file, [f"{shown} was downloaded before ({_size(file)})."]
    with staging() as folder:
        staged = folder / "entry"
        staged.mkdir()
        system.get_file(path, str(staged / name))
        _check_whole(staged / name, info.get("size"), shown)
        entry = _entry(url, stamp or _hash_of(staged / name))
        if not kept(entry):
            publish(staged, entry)
    return entry / name, [f"{shown} was downloaded ({_size(entry / name)})."]


def _system(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    options: dict[str, Any] = {}
    if urlsplit(url).scheme in ("http", "https"):
        import aiohttp

        wait = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S)
        options = {"client_kwargs": {"timeout": wait}}
    return url_to_fs(url, **options)


def _explained(error: Exception, url: str, shown: str) -> DataError:
    """Returns the error of a file system as sentences; a password in the URL is never repeated."""
    status = next((code for part in _chain(error) if isinstance(code := getattr(part, "status", None), int)), 0)
    if isinstance(error, ImportError):
        scheme = urlsplit(url).scheme
        module = next((name for name in _MODULES if name in str(error).lower()), error.name or scheme)
        return DataError(f"{shown}: what reads {scheme}:// is not installed.", f"pip install {module}")
    if isinstance(error, PermissionError) or status in (401, 403):
        return DataError(f"{shown} may not be read without credentials, or with those given.")
    if _is_network(error):
        why = _safe(str(list(_chain(error))[-1]), url, shown)
        return DataError(
            f"{shown} can't be reached: {why}.", "Is the network there? A file on this machine needs none."
        )
    if isinstance(error, FileNotFoundError) and status in (0, 404, 410):
        return DataError(f"There is nothing at {shown}.", "Is the address right?")
    why = f"the server answered {status}" if status else _safe(str(error), url, shown)
    return DataError(f"{shown} can't be read: {why or type(error).__name__}.")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_network(error: BaseException) -> bool:
    def is_one(part: BaseException) -> bool:
        names = {cls.__name__ for cls in type(part).__mro__}
        return isinstance(part, ConnectionError | TimeoutError | asyncio.TimeoutError | gaierror) or bool(
            names & {"ClientConnectionError", "FSTimeoutError", "EndpointConnectionError", "ConnectError"}
        )

    return any(map(is_one, _chain(error)))


def _safe(said: str, url: str, shown: str) -> str:
    said = (said.replace(url, shown).splitlines() or [""])[0].rstrip(".")
    secrets = [part for part in (urlsplit(url).password, urlsplit(url).query) if part]
    for secret in secrets:
        said = said.replace(secret, "...")
    return said


def without_secrets(url: str) -> str:
    """Returns a URL without user, password and what follows the question mark (tokens stand there); other names as they are."""
    parts = urlsplit(url) if "://" in url else None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts else url


def _file_name(url: str) -> str:
    name = PurePosixPath(unquote(urlsplit(url).path)).name or urlsplit(url).netloc
    return re.sub(r"[^\w.-]+", "-", name)


def _stamp(info: dict[str, Any]) -> str:
    """Returns what changes with the file; empty where nothing tells, so that it is downloaded each time."""
    stamp = [f"{name} {info[name]}" for name in _STAMPS if info.get(name)]
    changed = str(info.get("Last-Modified") or "")
    stamp += [f"Last-Modified {changed}"] if _is_past(changed) else []
    return " ".join([*stamp, str(info.get("size"))]) if stamp else ""


def _is_past(changed: str) -> bool:
    """Returns whether a time in whole seconds is long enough ago that the file can't have changed twice in it."""
    try:
        return time.time() - parsedate_to_datetime(changed).timestamp() > SETTLED_S
    except (TypeError, ValueError):
        return False


def _hash_of(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(2**20):
            found.update(piece)
    return found.hexdigest()


def _entry(url: str, stamp: str) -> Path:
    return _place(url) / hashlib.sha256(stamp.encode()).hexdigest()[:16]


def _place(url: str) -> Path:
    return cache_folder() / f"downloads-{hashlib.sha256(url.encode()).hexdigest()[:24]}"


def _last_copy(url: str, name: str) -> Path | None:
    copies = sorted(_place(url).glob(f"*/{name}"), key=lambda file: file.parent.stat().st_mtime)
    return next((file for file in reversed(copies) if kept(file.parent)), None)


def _check_whole(file: Path, size: object, shown: str) -> None:
    if isinstance(size, int) and file.stat().st_size != size:
        raise DataError(f"{shown} was cut off: {file.stat().st_size} of {size} bytes came.", "Run it again.")


def _size(file: Path) -> str:
    size = file.stat().st_size
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(size / 2**10, 0.1):.1f} kB"
