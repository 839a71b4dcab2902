"""Folders that are whole or not there: written beside their place, flushed, sealed, then renamed.

A checkpoint is a folder `checkpoint-<step>` whose `nbft-manifest.json` names its run, its step, and the
size and sha256 of every file. The manifest is written last, so a folder without one was cut short. Only
what carries this run's manifest, or was left behind by a killed save, is ever deleted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import sys
from pathlib import Path
from typing import Any, NamedTuple

MANIFEST = "nbft-manifest.json"
STAGING = ".saving"
"""The folder in which a checkpoint is written before it is renamed into its place."""

_CHECKPOINT = re.compile(r"^checkpoint-(0|[1-9]\d*)$")
_REMOVING = ".removing-"
_VERSION = 1
_BLOCK_BYTES = 1 << 22
_NO_FOLDER_FLUSH = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""What network and FUSE file systems answer that can't flush a folder."""


class Found(NamedTuple):
    """The newest checkpoint that verifies, and the newer ones that don't."""

    path: Path | None
    step: int
    """0 where there is none."""
    skipped: list[tuple[str, str]]
    """Folder name and reason of each that was passed over, the newest first."""


def settle(folder: Path) -> list[str]:
    """Gives every file the permissions of a new file and flushes it to the disk; returns the files' names."""
    mode = stat.S_IMODE(folder.stat().st_mode) & 0o666  # those of safetensors are readable by their owner alone
    names = _files(folder)
    for name in names:
        (folder / name).chmod(mode)
        flush_file(folder / name)
    for parent in {(folder / name).parent for name in names} | {folder}:
        flush_folder(parent)
    return names


def seal(folder: Path, run: str, step: int) -> int:
    """Settles the folder and writes the manifest last; returns the folder's size in bytes."""
    files = {name: _entry(folder / name) for name in settle(folder) if name != MANIFEST}
    manifest = {"version": _VERSION, "run": run, "step": step, "files": files}
    draft = folder / f"{MANIFEST}.draft"
    draft.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    flush_file(draft)
    draft.replace(folder / MANIFEST)
    flush_folder(folder)
    return size_of(folder)


def verify(folder: Path, run: str) -> str | None:
    """Returns None where the checkpoint is whole and of this run, else the reason why it can't be used."""
    try:
        return _finding(folder, run)
    except OSError as error:
        return f"it can't be read ({error.strerror or error})"


def newest_good(checkpoints: Path, run: str) -> Found:
    """Returns the newest checkpoint that verifies; it reads only, so a bad one stays where it is."""
    skipped = []
    for step, path in reversed(_steps(checkpoints)):
        reason = verify(path, run)
        if reason is None:
            return Found(path, step, skipped)
        skipped.append((path.name, reason))
    return Found(None, 0, skipped)


def steps_on_disk(checkpoints: Path, run: str) -> list[int]:
    """Returns the steps of the run's sealed checkpoints in their order, without looking into their files."""
    return [step for step, path in _steps(checkpoints) if _run_of(path) == run]


def take_newest_good(checkpoints: Path, run: str) -> Found:
    """Returns what newest_good finds, and makes it the newest: what it skipped is set aside."""
    sweep(checkpoints)
    found = newest_good(checkpoints, run)
    for name, _ in found.skipped:
        set_aside(checkpoints / name)
    return found


def set_aside(folder: Path) -> Path:
    """Renames what is in the way to `set-aside-<n>-<name>`, which nothing takes or deletes."""
    number = 1
    while os.path.lexists(new := folder.with_name(f"set-aside-{number}-{folder.name}")):
        number += 1
    folder.rename(new)
    flush_folder(folder.parent)
    return new


def put_in_place(staged: Path, final: Path) -> None:
    """Renames a folder to its final name and flushes the renaming; whatever has that name is set aside."""
    if os.path.lexists(final):
        set_aside(final)
    staged.rename(final)
    flush_folder(final.parent)


def rotate(checkpoints: Path, run: str, keep: int, protect: set[int]) -> list[int]:
    """Removes this run's checkpoints but the `keep` newest and the protected; returns the removed steps."""
    removed = []
    for step in steps_on_disk(checkpoints, run)[: -max(keep, 1)]:
        path = checkpoints / f"checkpoint-{step}"
        doomed = path.with_name(_REMOVING + path.name)
        if step in protect or os.path.lexists(doomed):
            continue
        try:
            path.rename(doomed)
        except OSError:
            continue  # it stays whole, and the next rotation tries again
        shutil.rmtree(doomed, ignore_errors=True)
        removed.append(step)
    return removed


def sweep(checkpoints: Path) -> None:
    """Removes what a killed save or a killed rotation left behind."""
    shutil.rmtree(checkpoints / STAGING, ignore_errors=True)
    for path in checkpoints.glob(f"{_REMOVING}checkpoint-*"):
        shutil.rmtree(path, ignore_errors=True)


def size_of(folder: Path) -> int:
    """Returns the bytes of all files in the folder."""
    return sum((folder / name).stat().st_size for name in _files(folder))


def flush_file(path: Path) -> None:
    """Returns once the file's bytes are on the disk."""
    handle = os.open(path, os.O_RDWR)  # Windows flushes only what is open for writing
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Returns once the folder's names are on the disk, where the file system can promise that."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_FLUSH:
            raise
    finally:
        os.close(handle)


def _finding(folder: Path, run: str) -> str | None:
    manifest = _manifest(folder)
    if isinstance(manifest, str):
        return manifest
    if manifest["run"] != run:
        return f"it belongs to the run {manifest['run']!r}"
    name = _CHECKPOINT.match(folder.name)
    if name and manifest["step"] != int(name[1]):
        return f"it holds step {manifest['step']}, not the step it is named after"
    there = set(_files(folder))
    findings = (
        f"{file} is missing" if file not in there else _file_finding(folder / file, file, expected)
        for file, expected in manifest["files"].items()
    )
    return next((finding for finding in findings if finding), None)


def _file_finding(path: Path, name: str, expected: dict[str, Any]) -> str | None:
    size = path.stat().st_size
    if size != expected["bytes"]:
        return f"{name} has {size} bytes instead of {expected['bytes']}"
    if _entry(path) != expected:
        return f"{name} was damaged after it was written: its checksum differs"
    return None


def _manifest(folder: Path) -> dict[str, Any] | str:
    """Returns the manifest, or the reason why it can't be used."""
    if not folder.is_dir():
        return "it is not a folder" if folder.exists() else "it is not there"
    try:
        data = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        return f"it was cut short, or something else than nbft wrote it ({MANIFEST} is missing)"
    except ValueError:
        return f"{MANIFEST} is damaged"
    if not _is_manifest(data):
        return f"{MANIFEST} is damaged, or of another version of nbft"
    return data


def _is_manifest(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and data.get("version") == _VERSION
        and isinstance(data.get("run"), str)
        and isinstance(data.get("step"), int)
        and isinstance(data.get("files"), dict)
        and all(isinstance(entry, dict) and "bytes" in entry for entry in data["files"].values())
    )


def _run_of(folder: Path) -> str | None:
    try:
        manifest = _manifest(folder)
    except OSError:
        return None
    return None if isinstance(manifest, str) else manifest["run"]


def _steps(checkpoints: Path) -> list[tuple[int, Path]]:
    """Returns whatever is named like a checkpoint, by step."""
    if not checkpoints.is_dir():
        return []
    matches = [(_CHECKPOINT.match(path.name), path) for path in checkpoints.iterdir()]
    return sorted((int(match[1]), path) for match, path in matches if match)


def _files(folder: Path) -> list[str]:
    """Returns the names of all files below the folder, with forward slashes, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _entry(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
