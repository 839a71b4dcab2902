"""Answers on disk: one line each, beside the notebook, so that no restart, re-run or kill loses any."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

from nbft.record.folder import check_name
from nbft.record.journal import Follower, append

LABEL, SKIP, UNDO, AGAIN, NEW_LABEL, SAVED = "label", "skip", "undo", "again", "new-label", "saved"
"""What an entry does."""
KEPT_CHARACTERS = 200
"""Of each text, so that a reader of the journal sees what was labelled."""


def labels_root() -> Path:
    """Returns the folder that holds all journals: NBFT_LABELS, or `nbft-labels` where the notebook works."""
    return Path(os.environ.get("NBFT_LABELS") or "nbft-labels").expanduser().absolute()


def identity(text: str) -> str:
    """Returns what a text is known by, wherever its row stands: the beginning of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


class Journal:
    """The answers of one column; a file may hold those of several, and two notebooks may write to it."""

    def __init__(self, name: str, column: str) -> None:
        self.path = labels_root() / f"{check_name(name)}.jsonl"
        self._column = column
        self._follower = Follower(self.path)

    def add(self, do: str, **what: Any) -> None:
        """Appends an entry by one write; raises OSError where the disk takes no more."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        append(self.path, {"time": time.time(), "do": do, "column": self._column, **what})

    def news(self) -> list[dict[str, Any]]:
        """Returns the column's entries that came since the last call, this process's own among them."""
        return [entry for entry in self._follower.read() if entry.get("column") == self._column]
