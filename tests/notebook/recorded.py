"""Run folders whose record was written by hand, as a worker would have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbft.record.events import Event, to_dict
from nbft.record.folder import RunFolder, create_folder
from nbft.record.journal import append
from nbft.record.lock import acquire
from nbft.spec.dump import dump_yaml
from nbft.spec.sections import RunSpec

SPEC = "model: starter-encoder\ndata: {train: reviews.csv}  # <script>alert(1)</script>\n"


def record(root: Path, *events: Event, name: str = "reviews", seed: int | None = None) -> RunFolder:
    """Makes a run's folder with these events; with a seed it is the first of a series."""
    folder = create_folder(name, root, seed)
    folder.spec.write_text(SPEC, encoding="utf-8")
    facts = {"time": 1.0, "python": "3.11.7", "packages": {"torch": "2.13.0"}}
    folder.environment.write_text(json.dumps(facts), encoding="utf-8")
    say(folder, *events)
    return folder


def record_spec(folder: RunFolder, **spec: Any) -> RunFolder:
    """Writes what a run was asked to do, as the notebook does when it starts one."""
    whole = {"model": "starter-encoder", "data": {"train": "reviews.csv"}, **spec}
    folder.spec.write_text(dump_yaml(whole), encoding="utf-8")
    resolved = {"spec": RunSpec.model_validate(whole).model_dump(mode="json"), "name": "cell In[1]", "first_line": 2}
    folder.resolved.write_text(json.dumps(resolved), encoding="utf-8")
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
