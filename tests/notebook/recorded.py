"""Run folders whose record was written by hand, as a worker would have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbft.record.events import Event, to_dict
from nbft.record.folder import RunFolder, create_folder
from nbft.record.journal import append
from nbft.record.lock import acquire

SPEC = "model: starter-encoder\ndata: {train: reviews.csv}  # <script>alert(1)</script>\n"


def record(root: Path, *events: Event, name: str = "reviews") -> RunFolder:
    """Makes a run's folder with these events."""
    folder = create_folder(name, root)
    folder.spec.write_text(SPEC, encoding="utf-8")
    facts = {"time": 1.0, "python": "3.11.7", "packages": {"torch": "2.13.0"}}
    folder.environment.write_text(json.dumps(facts), encoding="utf-8")
    say(folder, *events)
    return folder


def say(folder: RunFolder, *events: Event) -> None:
    """Adds events to a record."""
    for event in events:
        append(folder.events, to_dict(event))


@contextmanager
def living(folder: RunFolder) -> Iterator[RunFolder]:
    """Holds the run's lock, as its worker does."""
    lock = acquire(folder.lock)
    assert lock is not None
    yield folder
    lock.release()
