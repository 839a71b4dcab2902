"""Labelling below a cell: what the panel asks for goes into the journal, what the journal says into the rows."""

from __future__ import annotations

import math
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from IPython.display import display

from nbft.errors import NbftError
from nbft.labelling import journal as word
from nbft.labelling.column import LabelColumn
from nbft.labelling.guessing import Guessing, uncertainty
from nbft.labelling.labels import Labels, save_frame
from nbft.labelling.session import Session
from nbft.notebook.dashboard import VIEW
from nbft.notebook.following import Following, hear_beside_cells
from nbft.panels.labelling import Around, LabellingPanel, to_html, to_text

SAVED_WITHIN_S = 1.0
"""The file is written so long after an answer; answers meanwhile go with it. The journal has each at once."""


class Labelling:
    """A session with its rows, its file and its panel. What the page asks for may come in any thread."""

    def __init__(self, session: Session, column: LabelColumn, labels: Labels, around: Around) -> None:
        self.session = session
        self.labels = labels
        self.around = around
        self.panel: LabellingPanel | None = None
        self.guessing: Guessing | None = None
        self._reads = False
        """Whether a model still reads the texts."""
        self._column = column
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._places = {number: text.id for number, text in enumerate(session.texts.values())}
        self._guesses: dict[str, dict[str, float]] = {}
        around.guesses = self._guesses
        around.tall = _tall([len(text.text) for text in session.texts.values()])
        around.next_step = labels.next_step()
        column.rows.prepare(column.name)
        for text in session.texts.values():
            if session.label_of(text) != text.before:
                column.write(text, session.label_of(text))
        if session.labelled and labels.saved is not None:
            self._save()

    def show(self) -> None:
        """Puts the panel below the cell."""
        self.panel = LabellingPanel(self.hear)
        hear_beside_cells(self.panel)
        self.panel.show(self.session, self.around)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        display({VIEW: view, **self.twin()}, raw=True)

    def say(self) -> None:
        """Prints how far it is, where nobody can click."""
        display(self.twin(), raw=True)

    def twin(self) -> dict[str, str]:
        """Returns the static twin as the data of a cell's output."""
        return {
            "text/html": to_html(self.session, self.around),
            "text/plain": to_text(self.session, self.around),
        }

    def guess_with(self, model: str) -> None:
        """Lets a worker read the texts; the panel stays usable, and has the most uncertain ones first at the end."""
        self.guessing = Guessing(model, [text.text for text in self.session.texts.values()])
        self.around.reading = f"{self.around.model} is being loaded…"
        Following(self._take_guesses, name="nbft-guesses")

    def stop_guessing(self) -> None:
        """Ends the worker that reads the texts, if there is one."""
        with self._lock:
            guessing, self.guessing, self.around.reading = self.guessing, None, ""
        if guessing is not None:
            guessing.close()

    def hear(self, message: dict[str, Any]) -> None:
        """Does what the page asks for, and shows what came of it, an error too."""
        with self._lock:
            self.around.error = None
            self._try(lambda: self._obey(message))
            if self.panel is not None:
                self.panel.show(self.session, self.around)

    def _try(self, act: Callable[[], None]) -> None:
        self.around.error = tried(act) or self.around.error

    def _obey(self, message: dict[str, Any]) -> None:
        do, shown = message.get("do"), str(message.get("id"))
        session = self.session
        if do == "label":
            if session.answer(shown, message["label"]):
                self._write(shown)
        elif do == "skip":
            session.skip(shown)
        elif do == "undo":
            undone = session.undo()
            if undone is not None:
                self._write(undone.id)
        elif do == "again":
            session.show_skipped()
        elif do == "new-label":
            session.add_label(" ".join(str(message["label"]).split()))

    def _write(self, shown: str) -> None:
        text = self.session.texts[shown]
        if not self._column.write(text, self.session.label_of(text)) and self._column.rows.is_in_place:
            gone = f"This text stands no longer in {self.around.name}: its label is in the journal alone."
            self.around.error = (gone, "Run the cell again to label what is there now.")
        if self.labels.saved is not None:
            self._save_soon()

    def _save_soon(self) -> None:
        if self._timer is not None and self._timer.is_alive() and self.session.current is not None:
            return
        if self.session.current is None:  # the last answer: whoever looks for the file now shall find all in it
            self._save()
            return
        self._timer = threading.Timer(SAVED_WITHIN_S, self._save_late)
        self._timer.daemon = True
        self._timer.start()

    def _save_late(self) -> None:
        with self._lock:
            before = self.around.error
            self._try(self._save)
            if self.panel is not None and self.around.error != before:
                self.panel.show(self.session, self.around)

    def _save(self) -> None:
        if self.labels.saved is not None:
            save_frame(self.labels.labelled, self.labels.saved)

    def _take_guesses(self) -> bool:
        """Takes in what the worker has said; returns whether there is more to come."""
        if self.guessing is None:
            return False
        with self._lock:
            before = (self.around.reading, len(self._guesses))
            self._reads = False
            self._try(self._follow_guesses)
            if not self._reads:
                self.around.reading = ""
                self.guessing.close()
            if self.panel is not None and (self.around.reading, len(self._guesses)) != before:
                self.panel.show(self.session, self.around)
            return self._reads

    def _follow_guesses(self) -> None:
        guessing = self.guessing
        if guessing is None:
            return
        new, self._reads = guessing.follow()
        self._guesses.update({self._places[place]: said for place, said in new.items()})
        if not self._reads:
            self._put_uncertain_first()
        elif guessing.done:
            read = f"{guessing.done:,} of {guessing.total:,} texts"
            self.around.reading = f"{self.around.model} has read {read}; then the most uncertain come first."

    def _put_uncertain_first(self) -> None:
        many = self.session.many
        doubt = {known: uncertainty(said, many=many) for known, said in self._guesses.items()}
        self.session.put_in_order(sorted(self.session.texts, key=lambda known: -doubt.get(known, math.inf)))
        self.around.notes.append(f"The texts that {self.around.model} is least sure of come first.")


def _tall(lengths: list[int]) -> int:
    return sorted(lengths)[len(lengths) * 9 // 10] if lengths else 0


def mark_saved(session: Session, file: Path) -> None:
    """Notes in the journal that the file is this session's own, so that a later one may write it anew."""
    session.journal.add(word.SAVED, file=str(file.absolute()))


def tried(act: Callable[[], None]) -> tuple[str, str] | None:
    """Acts, and returns what went wrong: nobody sees what a widget's callback raises, so it is shown in the panel."""
    try:
        act()
    except NbftError as error:
        return error.what, error.fix
    except OSError as error:
        return f"That could not be saved: {error}.", "It was not taken. Mend it, then try again."
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
        return what, "What was answered before is kept. Run the cell again."
    return None
