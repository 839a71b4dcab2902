"""A closer look at an evaluation, kept in the run's folder and named in its record."""

from __future__ import annotations

from nbft.record.events import Examined
from nbft.record.examination import Examination, write_examination
from nbft.record.writer import EventWriter


def keep_examination(examination: Examination, split: str, step: int, record: EventWriter) -> None:
    """Writes the file and says so; files that the state keeps no longer go. A full disk doesn't end the run for it."""
    folder = record.folder.examinations
    file = f"{split}-{step}.json"
    before = {one.file for one in record.state.examined}
    try:
        write_examination(examination, folder / file)
    except OSError:
        return
    record.say(Examined(step=step, split=split, file=file))
    for gone in before - {one.file for one in record.state.examined}:
        (folder / gone).unlink(missing_ok=True)
