"""What was measured over a run, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbft.record import events as word
from nbft.record.events import Event


def history_rows(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Returns step, epoch and every metric, a row for each step at which something was measured.

    Of an attempt that was cut off, only what a later one went on from is there.
    """
    rows: dict[int, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, word.Planned):
            rows = {step: row for step, row in rows.items() if step <= event.step}
        if isinstance(event, word.Measured) or (isinstance(event, word.Evaluated) and event.split == "eval"):
            row = rows.setdefault(event.step, {"step": event.step, "epoch": event.epoch})
            row.update(event.values)
    return [rows[step] for step in sorted(rows)]
