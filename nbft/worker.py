"""The other process: takes up a run's folder, trains it, keeps its record. `python -m nbft.worker FOLDER` again resumes it.

Exit codes: 0 finished (or stopped by its user), 1 failed, 75 another worker has the run, 78 the spec or the data can't be
used as they are, 143 ended by the system (SIGTERM) after saving.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbft.errors import DataError, ModelError, NbftError, SpecError
from nbft.record.events import RunEnded, RunStarted
from nbft.record.folder import RunFolder
from nbft.record.lock import acquire, holder
from nbft.record.writer import EventWriter
from nbft.spec.sections import RunSpec

OK, FAILED, BUSY, WRONG_SPEC, TERMINATED = 0, 1, 75, 78, 143
_SETTINGS = {
    # OpenMP's threads spin while they wait for each other. Beside a browser or a second run on the same cores that made
    # a step of the starter encoder 5 to 15 times slower (2 threads, 2 busy cores); with less load a short spin was no
    # slower.
    "GOMP_SPINCOUNT": "1000",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "TRANSFORMERS_VERBOSITY": "error",
}


def main(folder: Path) -> int:
    """Runs one attempt and returns the exit code."""
    _set_defaults()
    place = RunFolder(folder.absolute())
    lock = acquire(place.lock)
    if lock is None:
        who = holder(place.lock)
        print(f"{place.run} has a worker already: process {who.get('pid')} on {who.get('host')}.", file=sys.stderr)  # noqa: T201
        return BUSY
    try:
        began = time.time()
        code = _attempt(place)
        if code == OK:
            from nbft.launch.series import start_next

            start_next(place, began)  # before the lock is let go of: a series never looks as if it were over
        return code
    finally:
        lock.release()


def evaluate(folder: Path, request: Path) -> int:
    """Answers an evaluation request in its own file and returns the exit code."""
    from nbft.engine.evaluation import answer

    _set_defaults()
    return answer(RunFolder(folder.absolute()), request)


def judge(folder: Path, request: Path) -> int:
    """Judges systems side by side, in the evaluation's own folder, and returns the exit code."""
    _set_defaults()
    from nbft.engine.judging.answer import judge

    return judge(RunFolder(folder.absolute()), request)


def check(folder: Path, request: Path) -> int:
    """Answers what can be known of a run before it trains, in the request's file, and returns the exit code."""
    _set_defaults()
    from nbft.engine.checkup import answer

    return answer(RunFolder(folder.absolute()), request)


def guess(folder: Path, request: Path) -> int:
    """Answers what a classifier says of texts that are labelled by hand, and returns the exit code."""
    _set_defaults()
    from nbft.engine.guessing import answer

    return answer(RunFolder(folder.absolute()), request)


def rows(folder: Path, request: Path) -> int:
    """Answers with the rows of a source and returns the exit code."""
    _set_defaults()
    from nbft.engine.rows import answer

    return answer(RunFolder(folder.absolute()), request)


def ask(folder: Path, request: Path) -> int:
    """Answers questions to a run's model until nobody asks any more, and returns the exit code."""
    _set_defaults()
    from nbft.engine.asking import answer

    return answer(RunFolder(folder.absolute()), request)


def command(arguments: Sequence[str]) -> int:
    """Does what the arguments ask for: FOLDER trains, FOLDER --evaluate REQUEST (and its like) answers."""
    place, *rest = arguments
    asks = {"--evaluate": evaluate, "--judge": judge, "--check": check, "--guess": guess, "--rows": rows, "--ask": ask}
    wanted = asks.get(rest[0]) if rest else None
    return wanted(Path(place), Path(rest[1])) if wanted else main(Path(place))


def _set_defaults() -> None:
    """Must come before torch is imported; what the user set already stays."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def _attempt(place: RunFolder) -> int:
    record = EventWriter(place)
    if record.state.end and record.state.end.outcome == "finished":
        return OK
    record.say(RunStarted(run=place.run, pid=os.getpid(), host=socket.gethostname(), attempt=record.state.attempt + 1))
    try:
        resolved = json.loads(place.resolved.read_text(encoding="utf-8"))
        spec = RunSpec.model_validate(resolved["spec"])
        _go_to(resolved.get("started_in", ""))
        end, code = _train(spec, place, record, int(resolved.get("dry_run_steps") or 0))
    except Exception as error:
        traceback.print_exc()
        end, code = _failure(error, spec_batch(place), record)
    record.say(end)
    return code


def _go_to(started_in: str) -> None:
    """Paths in a spec start where the run was started, wherever it is resumed from."""
    if started_in and Path(started_in).is_dir():
        os.chdir(started_in)


def _train(spec: RunSpec, place: RunFolder, record: EventWriter, dry_run_steps: int) -> tuple[RunEnded, int]:
    from nbft.engine.commands import Orders

    orders = Orders()
    signal.signal(signal.SIGTERM, lambda *_: orders.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from nbft.engine.attempt import train_run

    if __name__ == "__main__":  # the process is the worker's own, and what was imported stays:
        gc.freeze()  # looking through all of it takes a third of a second, which training does at its start
    write_environment(place, spec.seed)
    end = train_run(spec, place, record, orders, dry_run_steps)
    return end, TERMINATED if orders.terminated else OK


def _failure(error: Exception, batch: int, record: EventWriter) -> tuple[RunEnded, int]:
    from nbft.engine.devices import is_out_of_memory, less_memory

    if is_out_of_memory(error):
        error = NbftError(
            f"Out of memory at step {record.state.step + 1}, with {batch} rows in a batch.",
            less_memory(batch),
            "train.batch_size",
        )
    code = WRONG_SPEC if isinstance(error, SpecError | DataError | ModelError) else FAILED
    said = error.to_record() if isinstance(error, NbftError) else _unexpected(error)
    model = (record.folder.model / "config.json").is_file()
    best = record.state.early_stopping.best_step
    end = RunEnded(
        outcome="failed", reason=said["what"], step=record.state.step, best_step=best, has_model=model, error=said
    )
    return end, code


def _unexpected(error: Exception) -> dict[str, Any]:
    where = traceback.extract_tb(error.__traceback__)
    last = f" ({Path(where[-1].filename).name}, line {where[-1].lineno})" if where else ""
    return {"type": type(error).__name__, "what": f"{type(error).__name__}: {error}{last}", "fix": "", "path": ""}


def spec_batch(place: RunFolder) -> int:
    """Returns the rows in a batch, 0 where the spec can't be read."""
    try:
        return int(json.loads(place.resolved.read_text(encoding="utf-8"))["spec"]["train"]["batch_size"])
    except (OSError, ValueError, KeyError):
        return 0


def write_environment(place: RunFolder, seed: int) -> None:
    """Writes versions, machine and seed beside the record."""
    from importlib.metadata import version

    packages = ("nbft", "torch", "transformers", "datasets", "evaluate", "accelerate", "tokenizers", "numpy")
    facts = {
        "time": time.time(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "seed": seed,
        "packages": {name: version(name) for name in packages},
    }
    place.environment.write_text(json.dumps(facts, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:]))
