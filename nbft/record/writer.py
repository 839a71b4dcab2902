"""The one process that says a run's events: numbers and dates them, writes them, and keeps the state they add up to."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable

from nbft.record.events import Event, Warned, event_from, to_dict
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower, JournalFull, append
from nbft.record.state import RunState


class EventWriter:
    """Goes on where older attempts ended; on a full disk events wait in memory and are written when there is room."""

    def __init__(self, folder: RunFolder, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.state = RunState()
        self.last_time = 0.0
        """When an older attempt said its last word; 0 where there was none."""
        self._clock = clock
        self._seq = 0
        self._waiting: deque[Event] = deque()
        for data in Follower(folder.events).read():
            event = event_from(data)
            self._seq = max(self._seq, int(data.get("seq") or 0))
            if event is not None:
                self.state.see(event)
                self.last_time = event.time

    def say(self, event: Event) -> None:
        """Writes the event and takes it into the state."""
        self._seq += 1
        event = dataclasses.replace(event, seq=self._seq, time=self._clock())
        self.state.see(event)
        self._waiting.append(event)
        while self._waiting:
            try:
                append(self.folder.events, to_dict(self._waiting[0]))
            except JournalFull:
                return
            self._waiting.popleft()

    def warn(self, message: str, fix: str = "") -> None:
        """Says a warning."""
        self.say(Warned(message=message, fix=fix))
