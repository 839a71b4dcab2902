"""A blind vote below a cell: what the panel asks for goes into the journal, at once and one line each."""

from __future__ import annotations

import threading
from typing import Any

from IPython.display import display

from nbft.labelling.session import Session
from nbft.notebook.dashboard import VIEW
from nbft.notebook.following import hear_beside_cells
from nbft.notebook.labelling import tried
from nbft.panels.vote import AroundVote, VotePanel, to_html, to_text
from nbft.voting.votes import Votes


class Voting:
    """A session of votes with its panel. What the page asks for may come in any thread."""

    def __init__(self, session: Session, votes: Votes, around: AroundVote) -> None:
        self.session = session
        self.votes = votes
        self.around = around
        self.panel: VotePanel | None = None
        self._lock = threading.RLock()

    def show(self) -> None:
        """Puts the panel below the cell."""
        self.panel = VotePanel(self.hear)
        hear_beside_cells(self.panel)
        self.panel.show(self.session, self.votes, self.around)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        display({VIEW: view, **self.twin()}, raw=True)

    def say(self) -> None:
        """Prints how far it is, where nobody can click."""
        display(self.twin(), raw=True)

    def twin(self) -> dict[str, str]:
        """Returns the static twin as the data of a cell's output."""
        shown = (self.session, self.votes, self.around)
        return {"text/html": to_html(*shown), "text/plain": to_text(*shown)}

    def hear(self, message: dict[str, Any]) -> None:
        """Does what the page asks for, and shows what came of it, an error too."""
        with self._lock:
            self.around.error = tried(lambda: self._obey(message))
            if self.panel is not None:
                self.panel.show(self.session, self.votes, self.around)

    def _obey(self, message: dict[str, Any]) -> None:
        do, shown = message.get("do"), str(message.get("id"))
        if do == "reveal":
            self.around.is_open = True
        elif do == "again":
            self.around.is_open = False
            if self.session.current is None:
                self.session.show_skipped()
        elif do == "undo":
            self.around.is_open = False
            self.session.undo()
        elif self.around.is_open:
            return
        elif do == "label":
            side = str(message["label"]).split(" ")[0].lower()
            self.session.answer(shown, self.votes.on_side(shown, side))
        elif do == "skip":
            self.session.skip(shown)
