"""Questions to a run's model, answered by a worker of its own that stays alive: the kernel loads no torch."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbft.errors import RunError
from nbft.launch.process import start_process
from nbft.record.folder import RunFolder
from nbft.record.journal import Follower, append
from nbft.run import Run

IDLE_S = 600.0
"""A worker that nobody asks for so long ends, and gives its memory back; the next question starts another."""
ANSWER_S = 300.0
LAST_LINES = 6
BOTH = ("tuned", "base")


class Asking:
    """A worker that holds a run's model; started by the first question. Close it, or let it end by itself."""

    def __init__(self, run: Run, idle_s: float = IDLE_S) -> None:
        if not (run.folder.model / "config.json").is_file():
            raise RunError(f"{run.name} has no model yet: it is {run.status}.")
        self.run = run
        self._idle_s = idle_s
        self._numbers = itertools.count(1)
        self._scratch: RunFolder | None = None
        self._worker: Any = None
        self._said: Follower | None = None
        _OPEN.add(self)

    @property
    def is_alive(self) -> bool:
        """Whether a worker holds the model now."""
        return self._worker is not None and self._worker.poll() is None

    def ask(self, given: Any, do: str = "predict", systems: Sequence[str] = BOTH) -> int:
        """Puts a question and returns its number; `follow` brings an answer of each system."""
        if not self.is_alive:
            self._start()
        assert self._scratch is not None
        number, place = next(self._numbers), self._scratch.path
        file = str(place / f"attention-{number}.npz")
        question = {"id": number, "do": do, "input": given, "systems": list(systems), "file": file}
        append(place / "asked.jsonl", question)
        return number

    def follow(self) -> list[dict[str, Any]]:
        """Returns the answers that came since; raises RunError where the worker ended instead."""
        if self._said is None or self._scratch is None:
            return []
        code = self._worker.poll()  # asked first: its last words come before its end
        found = list(self._said.read())
        if code is not None and not found:
            raise RunError(f"The worker that holds the model ended (exit code {code}).", self._last_lines())
        return found

    def answers(self, given: Any, do: str = "predict", systems: Sequence[str] = BOTH) -> dict[str, dict[str, Any]]:
        """Puts a question and waits: returns {system: answer}; raises RunError where the worker ends or says nothing."""
        number, found = self.ask(given, do, systems), {}
        until = time.monotonic() + ANSWER_S
        while len(found) < len(systems):
            found.update({one["system"]: one for one in self.follow() if one["id"] == number})
            if time.monotonic() > until:
                raise RunError(
                    f"{self.run.name} has said nothing for {ANSWER_S:.0f} s.", "Ask again, or a shorter text."
                )
            time.sleep(0.02)
        return found

    def file_of(self, number: int) -> Path:
        """Returns where the arrays of a question lie."""
        assert self._scratch is not None
        return self._scratch.path / f"attention-{number}.npz"

    def close(self) -> None:
        """Ends the worker, if it lives, and takes away what it wrote."""
        if self.is_alive:
            self._worker.kill()
        if self._scratch is not None:
            shutil.rmtree(self._scratch.path, ignore_errors=True)
        self._worker = self._scratch = self._said = None

    def _start(self) -> None:
        self.close()
        self._scratch = RunFolder(Path(tempfile.mkdtemp(prefix="nbft-ask-")))
        request = self._scratch.path / "request.json"
        asked = {"run": str(self.run.folder.path), "task": self.run.task, "parent": os.getpid(), "idle_s": self._idle_s}
        request.write_text(json.dumps(asked), encoding="utf-8")
        self._said = Follower(self._scratch.path / "said.jsonl")
        self._worker = start_process(self._scratch, "--ask", str(request))

    def _last_lines(self) -> str:
        try:
            log = self._scratch.log.read_text(encoding="utf-8", errors="replace") if self._scratch else ""
        except OSError:  # it took its folder away
            log = ""
        return "\n".join(log.splitlines()[-LAST_LINES:])


_OPEN: weakref.WeakSet[Asking] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for asking in list(_OPEN):
        asking.close()
