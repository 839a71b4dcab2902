"""The playground below a cell: what the page asks for goes to the worker that holds the models, what it says to the page."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from IPython.display import display

from nbft.asking import Asking
from nbft.errors import NbftError, RunError
from nbft.notebook.dashboard import VIEW
from nbft.notebook.following import Following, hear_beside_cells
from nbft.panels.trying import Try, TryingPanel, to_html, to_text
from nbft.run import Run

EVERY_S = 0.1
PAIR = (("text", "Text"), ("text_pair", "Second text"))
FIELDS = {
    "question-answering": (("question", "Question"), ("context", "Context")),
    "chat": (("system", "System (may be empty)"), ("text", "Message")),
    "text-generation": (("text", "Beginning of a text"),),
    "fill-mask": (("text", "Text with [MASK] in it"),),
}


def fields_of(run: Run) -> tuple[tuple[str, str], ...]:
    """Returns (name, title) of what an input of the run's task is made of."""
    if run.task == "text-classification":
        return PAIR if run.spec.data.columns.text_pair else PAIR[:1]
    return FIELDS.get(run.task, PAIR[:1])


def input_of(task: str, given: dict[str, str]) -> Any:
    """Returns the fields as the task's `predict` takes them; raises RunError where one is missing."""
    needed = [name for name, value in given.items() if not value.strip() and name != "system"]
    if needed:
        raise RunError(f"There is no {needed[0].replace('_', ' ')} yet.", "Write one.")
    if task == "chat":
        system = [{"role": "system", "content": given["system"]}] if given.get("system", "").strip() else []
        return {"messages": [*system, {"role": "user", "content": given["text"]}]}
    return given["text"] if list(given) == ["text"] else dict(given)


class Trying:
    """A run's playground; `history` holds what was tried, the newest first."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.history: list[Try] = []
        self.panel: TryingPanel | None = None
        self.asking = Asking(run)
        self._base = Path(str(run.spec.model.source or "random weights")).name
        self._fields = fields_of(run)
        self._lock = threading.RLock()
        self._following: Following | None = None
        self._error = ""

    def __repr__(self) -> str:
        return f"<Tries of {self.run.name}: {len(self.history)}>"

    def ask(self, *texts: str) -> Try:
        """Asks at once and waits for both answers; the texts are those of the fields, in order."""
        given = dict(zip([name for name, _ in self._needed(len(texts))], texts, strict=True))
        answers = self.asking.answers(input_of(self.run.task, given))
        found: Try = {"id": 0, "given": given, **answers}
        self.history.insert(0, found)
        return found

    def _needed(self, count: int) -> list[tuple[str, str]]:
        fields = [field for field in self._fields if field[0] != "system"]
        if len(fields) != count and not (fields == [PAIR[0]] and count == 2 and self.run.task == "text-classification"):
            names = " and ".join(name.replace("_", " ") for name, _ in fields)
            example = " ".join(f'"{name}"' for name, _ in fields)
            raise RunError(
                f"{self.run.name} takes {names}: {len(fields)} in quotes, not {count}.",
                f"As in: %ft_try {self.run.name} {example}",
            )
        return list(PAIR) if count == 2 and fields == [PAIR[0]] else fields

    def say(self) -> None:
        """Prints the newest try."""
        bundle = {
            "text/html": to_html(self.run.name, self._base, self.history[:1]),
            "text/plain": to_text(self.run.name, self._base, self.history[0]),
        }
        display(bundle, raw=True)

    def show(self) -> None:
        """Puts the playground below the cell."""
        self.panel = TryingPanel(self.hear)
        hear_beside_cells(self.panel)
        self._draw()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        twin = to_html(self.run.name, self._base, self.history)
        display({VIEW: view, "text/html": twin, "text/plain": repr(self)}, raw=True)

    def hear(self, message: dict[str, Any]) -> None:
        """Does what the page asks for, and shows what came of it, an error too."""
        with self._lock:
            self._error = ""
            try:
                given = {str(name): str(message["given"].get(name, "")) for name, _ in self._fields}
                number = self.asking.ask(input_of(self.run.task, given))
                self.history.insert(0, {"id": number, "given": given})
                if self._following is None or not self._following.is_alive:
                    self._following = Following(self._take, every_s=EVERY_S, name="nbft-try")
            except (NbftError, OSError) as error:
                self._error = " ".join(
                    part for part in (getattr(error, "what", str(error)), getattr(error, "fix", "")) if part
                )
            self._draw()

    def _take(self) -> bool:
        """Takes in what the worker has said; returns whether there is more to come."""
        with self._lock:
            waiting = [one for one in self.history if one["id"] and not {"tuned", "base"} <= set(one)]
            try:
                new = self.asking.follow()
            except RunError as error:
                gone = {"error": {"what": error.what, "fix": error.fix}}
                for one in waiting:
                    one.update({system: gone for system in ("tuned", "base") if system not in one})
                self._draw()
                return False
            for answer in new:
                for one in waiting:
                    if one["id"] == answer["id"]:
                        one[answer["system"]] = answer
            if new:
                self._draw()
            return any(not {"tuned", "base"} <= set(one) for one in waiting)

    def _draw(self) -> None:
        if self.panel is not None:
            self.panel.show(self.run.name, self._base, self._fields, [dict(one) for one in self.history], self._error)

    def close(self) -> None:
        """Ends the worker; the history stays."""
        self.asking.close()
