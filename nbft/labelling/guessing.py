"""What a trained classifier says of the texts, from a worker of its own: the kernel loads no torch and stays free."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbft.errors import DataError, RunError
from nbft.launch.process import start_process
from nbft.record.folder import RunFolder, find_folder
from nbft.record.journal import Follower
from nbft.run import Run

TASK = "text-classification"
LAST_LINES = 6


class Guessing:
    """A worker that reads texts with a model; `follow` returns what it has said since."""

    def __init__(self, model: str, texts: Sequence[str]) -> None:
        folder, run = find_model(model)
        self.total = len(texts)
        self.done = 0
        self._scratch = RunFolder(Path(tempfile.mkdtemp(prefix="nbft-guess-")))
        self._request = self._scratch.path / "request.json"
        self._said = Follower(self._scratch.path / "said.jsonl")
        (self._scratch.path / "texts.json").write_text(json.dumps(list(texts)), encoding="utf-8")
        asked = {"model": str(folder), "run": str(run.path) if run else None, "parent": os.getpid()}
        self._request.write_text(json.dumps(asked), encoding="utf-8")
        self._worker = start_process(self._scratch, "--guess", str(self._request))

    def follow(self) -> tuple[dict[int, dict[str, float]], bool]:
        """Returns probabilities by text that came since, and whether there is more to come; raises what ended the worker."""
        code = self._worker.poll()  # asked first: its last words come before its end
        found = {
            int(place): probabilities
            for line in self._said.read()
            for place, probabilities in zip(line["texts"], line["probabilities"], strict=True)
        }
        self.done += len(found)
        if code is not None and self.done < self.total:
            self._raise(code)
        return found, code is None

    def _raise(self, code: int) -> None:
        error = json.loads(self._request.read_text(encoding="utf-8")).get("error")
        if error:
            raise DataError(str(error["what"]), str(error.get("fix") or ""))
        log = self._scratch.log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise RunError(f"The worker that reads the texts ended (exit code {code}).", "\n".join(log[-LAST_LINES:]))

    def close(self) -> None:
        """Ends the worker, if it still lives, and takes away what it wrote."""
        if self._worker.poll() is None:
            self._worker.kill()
        shutil.rmtree(self._scratch.path, ignore_errors=True)


def find_model(name: str) -> tuple[Path, RunFolder | None]:
    """Returns the folder of a classifier, and of the run that trained it; raises RunError where there is none."""
    path = Path(name).expanduser().absolute()
    if (path / "config.json").is_file():
        run = RunFolder(path.parent)
        return path, run if run.resolved.is_file() else None
    folder = find_folder(name)
    run = Run(folder)
    if not (folder.model / "config.json").is_file():
        raise RunError(f"{run.name} has no model yet: it is {run.status}.")
    if run.task != TASK:
        raise RunError(f"{run.name} is of the task {run.task}.", f"A model of {TASK} can guess labels.")
    return folder.model, folder


def labels_of(model: str) -> list[str]:
    """Returns the labels that a classifier knows."""
    config: dict[str, Any] = json.loads((find_model(model)[0] / "config.json").read_text(encoding="utf-8"))
    names = config.get("id2label") or {}
    return [str(names[number]) for number in sorted(names, key=int)]


def uncertainty(probabilities: Mapping[str, float], *, many: bool) -> float:
    """Returns the entropy in nats: of one choice among the labels, or of each label by itself."""
    if many:
        return sum(_entropy(p) + _entropy(1 - p) for p in probabilities.values())
    return sum(map(_entropy, probabilities.values()))


def _entropy(p: float) -> float:
    return -p * math.log(p) if p > 0 else 0.0
