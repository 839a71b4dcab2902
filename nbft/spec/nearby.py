"""Files and models on this machine that a word being typed could become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from nbft.spec.model_kinds import hub_cache
from nbft.spec.sources import FILE_ENDINGS, ending_of

_MAX_LOOKED_AT = 2000
"""Entries of one folder that are looked at, so that a key press never waits."""


def files(word: str) -> list[str]:
    """Returns data files and folders that the word is the beginning of, as they would be typed."""
    found = []
    for entry, typed in _entries(word):
        if entry.is_dir():
            found.append(f"{typed}/")
        elif ending_of(entry.name) in FILE_ENDINGS:
            found.append(typed)
    return sorted(found, key=lambda name: (name.endswith("/"), name))


def local_models(word: str, runs_root: Path, runs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields models that need no network, each with where it comes from: runs, folders, the hub's cache."""
    for run in runs:
        folder = runs_root / run / "model"
        if (folder / "config.json").is_file():
            yield _as_typed(folder), f"the result of {run}"
    for entry, typed in _entries(word):
        if entry.is_dir() and (entry / "config.json").is_file():
            yield typed, "a model in this folder"
        elif entry.is_dir() and "/" in word:
            yield f"{typed}/", "a folder"
    for name in _cached():
        yield name, "in the hub's cache"


def _entries(word: str) -> list[tuple[Path, str]]:
    """Returns what lies in the folder that the word names up to its last slash, and how each would be typed."""
    head, slash, start = word.rpartition("/")
    try:
        folder = Path(head + slash or ".").expanduser()
        names = [entry for entry in islice(folder.iterdir(), _MAX_LOOKED_AT) if entry.name.startswith(start)]
    except (OSError, ValueError, RuntimeError):
        return []
    return sorted((entry, head + slash + entry.name) for entry in names if not entry.name.startswith("."))


def _cached() -> list[str]:
    try:
        folders = [entry.name for entry in islice(hub_cache().iterdir(), _MAX_LOOKED_AT)]
    except OSError:
        return []
    return sorted(name.removeprefix("models--").replace("--", "/") for name in folders if name.startswith("models--"))


def _as_typed(folder: Path) -> str:
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)
