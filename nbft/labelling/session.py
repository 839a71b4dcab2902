"""What is asked next and what was answered: everything is computed from the journal, live and after a restart alike."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from nbft.labelling import journal as word
from nbft.labelling.journal import Journal
from nbft.labelling.texts import Label, Step, Text, as_label, names_of

RATED = 30
"""Answers that the rate is computed from."""
PAUSE_S = 120.0
"""Longer than that between two answers was a pause, not work."""


class Session:
    """Texts, and the answers of a journal to them. All methods may be called from any thread."""

    def __init__(
        self, texts: Sequence[Text], journal: Journal, labels: Sequence[str], *, many: bool = False, every: bool = False
    ) -> None:
        self.texts = {text.id: text for text in texts}
        self.journal = journal
        self.labels = list(labels)
        self.given = len(self.labels)
        """How many of the labels were there from the beginning."""
        self.many = many
        self.unasked: dict[str, int] = {}
        """Labels that answers have though nobody asked for them, and how often."""
        self._every = every
        self._lock = threading.RLock()
        self._order = list(self.texts)
        self._at = 0
        self._labelled: dict[str, Label] = {i: t.before for i, t in self.texts.items() if t.before is not None}
        self._skipped: set[str] = set()
        self._passed: set[str] = set()
        """What this session has dealt with, where labelled texts are shown too."""
        self._steps: list[Step] = []
        self._times: list[float] = []
        for entry in journal.news():
            self._apply(entry)
        self._passed.clear()
        self.resumed = len(self._labelled)
        """Texts that had a label when the session began."""
        self._meet_labels()
        if every:
            self._skipped -= set(self._labelled)
            self._order.sort(key=lambda i: i in self._labelled)
        self._current = self._next()

    @property
    def current(self) -> Text | None:
        """The text that is asked about; None where nothing is left."""
        with self._lock:
            return self.texts[self._current] if self._current is not None else None

    @property
    def last(self) -> Step | None:
        """The newest answer that was not undone."""
        with self._lock:
            return self._steps[-1] if self._steps else None

    @property
    def labelled(self) -> int:
        """Texts that have a label."""
        return len(self._labelled)

    @property
    def skipped(self) -> int:
        """Texts that were passed over and have no label."""
        with self._lock:
            return sum(i not in self._labelled for i in self._skipped)

    @property
    def left(self) -> int:
        """Texts that are still to be shown."""
        with self._lock:
            if self._every:
                return sum(self._is_pending(i) for i in self.texts)
            return len(self.texts) - len(self._labelled) - self.skipped

    @property
    def counts(self) -> dict[str, int]:
        """Texts of each label."""
        with self._lock:
            found = Counter(name for label in self._labelled.values() for name in names_of(label))
            return {name: found[name] for name in self.labels}

    @property
    def per_minute(self) -> float | None:
        """Answers a minute, as of late; None as long as there are too few."""
        with self._lock:
            times = self._times[-RATED:]
        gaps = [b - a for a, b in pairwise(times) if b - a <= PAUSE_S]
        return 60 * len(gaps) / max(sum(gaps), 0.001) if len(gaps) >= 3 else None

    def label_of(self, text: Text) -> Label | None:
        """Returns a text's label, None where it has none."""
        with self._lock:
            return self._labelled.get(text.id)

    def answer(self, shown: str, label: Label) -> bool:
        """Labels the text of that id; False where another one is asked about by now, as after a key pressed twice."""
        with self._lock:
            if shown != self._current:
                return False
            label = [name for name in self.labels if name in names_of(label)] if self.many else label
            text = self.texts[shown].text[: word.KEPT_CHARACTERS]
            self.journal.add(word.LABEL, id=shown, label=label, was=self._labelled.get(shown), text=text)
            self._times.append(time.monotonic())
            self._take_in()
            return True

    def skip(self, shown: str) -> bool:
        """Passes over the text of that id; False where another one is asked about by now."""
        with self._lock:
            if shown != self._current:
                return False
            self.journal.add(word.SKIP, id=shown)
            self._take_in()
            return True

    def undo(self) -> Text | None:
        """Takes the newest answer back and asks about its text again; returns it, None where there is nothing to undo."""
        with self._lock:
            if not self._steps:
                return None
            last = self._steps[-1].id
            self.journal.add(word.UNDO, id=last)
            self._take_in()
            self._current = last
            self._times = self._times[:-1]
            return self.texts[last]

    def show_skipped(self) -> None:
        """Asks again about the texts that were passed over."""
        with self._lock:
            self.journal.add(word.AGAIN)
            self._take_in()

    def add_label(self, name: str) -> None:
        """Adds a label to choose from."""
        with self._lock:
            if name not in self.labels:
                self.journal.add(word.NEW_LABEL, label=name)
                self._take_in()

    def put_in_order(self, ids: Iterable[str]) -> None:
        """Asks about the texts in this order from now on; the one on the screen stays there."""
        with self._lock:
            self._order = list(ids)
            self._at = 0

    def _take_in(self) -> None:
        """Reads the journal on, where another notebook may have answered too."""
        for entry in self.journal.news():
            self._apply(entry)
        if self._current is None or not self._is_pending(self._current):
            self._current = self._next()

    def _apply(self, entry: dict[str, Any]) -> None:
        do, found = entry.get("do"), entry.get("id")
        if do == word.NEW_LABEL and isinstance(entry.get("label"), str):
            self.labels += [entry["label"]] if entry["label"] not in self.labels else []
        elif do == word.AGAIN:
            self._skipped.clear()
            self._at = 0
        elif found in self.texts and do == word.UNDO:
            self._take_back(str(found))
        elif found in self.texts and do in (word.LABEL, word.SKIP):
            self._answered(str(found), str(do), entry)

    def _answered(self, found: str, did: str, entry: dict[str, Any]) -> None:
        label = as_label(entry.get("label"), self.many) if did == word.LABEL else None
        if did == word.LABEL and label is None:
            return  # several labels, in a session of one
        held = self._labelled.get(found)  # in a table that was labelled before, this very answer
        was = as_label(entry["was"], self.many) if "was" in entry else held
        self._steps.append(Step(found, did, label, was, found in self._skipped))
        self._passed.add(found)
        if label is None:
            self._skipped.add(found)
        else:
            self._labelled[found] = label
            self._skipped.discard(found)

    def _take_back(self, found: str) -> None:
        place = next((i for i in reversed(range(len(self._steps))) if self._steps[i].id == found), None)
        if place is None:
            return
        step = self._steps.pop(place)
        self._passed.discard(found)
        self._labelled.pop(found, None)
        if step.was is not None:
            self._labelled[found] = step.was
        (self._skipped.add if step.was_skipped else self._skipped.discard)(found)
        self._at = 0

    def _meet_labels(self) -> None:
        """Labels that the answers have already can be chosen too."""
        found = Counter(name for label in self._labelled.values() for name in names_of(label))
        self.unasked = {name: count for name, count in found.items() if name not in self.labels}
        self.labels += self.unasked

    def _is_pending(self, found: str) -> bool:
        if found in self._skipped:
            return False
        return found not in self._passed if self._every else found not in self._labelled

    def _next(self) -> str | None:
        while self._at < len(self._order) and not self._is_pending(self._order[self._at]):
            self._at += 1
        return self._order[self._at] if self._at < len(self._order) else None
