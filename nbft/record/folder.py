"""What lies where in a run's folder, and how runs are named and found."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from nbft.errors import RunError
from nbft.spec.guess import closest

NUMBERED = re.compile(r"^(?P<name>.+)-(?P<number>\d{3,})(?:-seed(?P<seed>\d+))?$")
"""A run's full name (`reviews-001`); a run of a series says its seed too (`reviews-001-seed42`)."""
NAME = re.compile(r"^[^\W_][\w.-]*$")
"""A run's name starts with a letter or digit and holds letters, digits, dots, dashes and underscores."""


@dataclass(frozen=True)
class RunFolder:
    """The whole contract between the processes of a run."""

    path: Path

    @property
    def run(self) -> str:
        """The run's full name (`reviews-001`)."""
        return self.path.name

    @property
    def spec(self) -> Path:
        """The YAML as it was written."""
        return self.path / "spec.yaml"

    @property
    def resolved(self) -> Path:
        """The spec with every default and override filled in, as JSON: what the worker reads."""
        return self.path / "resolved.json"

    @property
    def environment(self) -> Path:
        """Versions, machine and seeds, as JSON."""
        return self.path / "environment.json"

    @property
    def events(self) -> Path:
        """What the worker said."""
        return self.path / "events.jsonl"

    @property
    def commands(self) -> Path:
        """What was asked of the worker."""
        return self.path / "commands.jsonl"

    @property
    def log(self) -> Path:
        """What the worker's libraries printed."""
        return self.path / "worker.log"

    @property
    def lock(self) -> Path:
        """Held by the one living worker."""
        return self.path / "worker.lock"

    @property
    def variables(self) -> Path:
        """Data taken from notebook variables, one parquet file each."""
        return self.path / "variables"

    @property
    def dropped(self) -> Path:
        """Rows that were left out, and why, `<split>.jsonl`."""
        return self.path / "dropped"

    @property
    def data_check(self) -> Path:
        """What the check-up found in the data, as JSON."""
        return self.path / "data.json"

    @property
    def examinations(self) -> Path:
        """A closer look at each evaluation, `<split>-<step>.json`."""
        return self.path / "examinations"

    @property
    def tokenizer(self) -> Path:
        """The tokenizer, where the run learnt one of its own."""
        return self.path / "tokenizer"

    @property
    def checkpoints(self) -> Path:
        """Whole checkpoints, `checkpoint-<step>`."""
        return self.path / "checkpoints"

    @property
    def model(self) -> Path:
        """The best model as plain transformers files."""
        return self.path / "model"

    @property
    def evaluations(self) -> Path:
        """Results of evaluations made after the run."""
        return self.path / "evaluations"


def runs_root() -> Path:
    """Returns the folder that holds all runs: NBFT_RUNS, or `nbft-runs` where the notebook works."""
    return Path(os.environ.get("NBFT_RUNS") or "nbft-runs").expanduser().absolute()


def check_name(name: str) -> str:
    """Returns the name; raises RunError where it can't be a folder's name."""
    if not NAME.match(name):
        raise RunError(
            f"A run can't be named {name!r}.",
            "Use letters, digits, dots, dashes and underscores, as in: %%finetune reviews",
        )
    return name


def create_folder(name: str, root: Path | None = None, seed: int | None = None) -> RunFolder:
    """Makes the next folder of that name (`reviews-001`, `reviews-002`, ...), of a series that of its first seed."""
    check_name(name)
    root = root or runs_root()
    root.mkdir(parents=True, exist_ok=True)
    number = max((n for base, n, _ in _numbered(root) if base == name), default=0) + 1
    while True:
        path = root / f"{name}-{number:03d}{'' if seed is None else seed_suffix(seed)}"
        try:
            path.mkdir()
        except FileExistsError:  # another notebook took the number at the same moment
            number += 1
            continue
        return RunFolder(path)


def seed_suffix(seed: int) -> str:
    """Returns what stands behind a series' name in the name of one of its runs."""
    return f"-seed{seed}"


def find_series(name: str, root: Path | None = None) -> str | None:
    """Returns the full name (`reviews-001`) of the series called so, or of the newest of that name; None for a run."""
    root = root or runs_root()
    if any((path / "spec.yaml").is_file() for path in (root / name, Path(name).expanduser())):
        return None
    found = [(n, match["seed"]) for base, n, match in _matched(root) if base == name]
    number, seed = max(found, default=(0, None), key=lambda one: (one[0], one[1] is not None))
    if seed is not None:
        return f"{name}-{number:03d}"
    return name if any(match["seed"] and f"{base}-{n:03d}" == name for base, n, match in _matched(root)) else None


def folders_of_series(name: str, root: Path | None = None) -> dict[int, RunFolder]:
    """Returns the runs of a series, given its full name, by their seeds."""
    root = root or runs_root()
    found = [(m["seed"] or "", root / m[0]) for base, n, m in _matched(root) if f"{base}-{n:03d}" == name]
    return {int(seed): RunFolder(path.absolute()) for seed, path in sorted(found) if seed}


def find_folder(name: str, root: Path | None = None) -> RunFolder:
    """Returns the run called so: a full name (`reviews-001`), a path, or a name alone for its newest run.

    Of a series it is the run whose model scored best on the validation rows.
    """
    root = root or runs_root()
    for path in (root / name, Path(name).expanduser()):
        if (path / "spec.yaml").is_file():
            return RunFolder(path.absolute())
    series = find_series(name, root)
    if series is not None:
        from nbft.record.series import best_folder  # reads records, which are told of folders

        return best_folder(list(folders_of_series(series, root).values()))
    newest = max(((n, path) for base, n, path in _numbered(root) if base == name), default=None)
    if newest is None:
        raise RunError(f"There is no run {name!r} in {root}.", _known(name, root))
    return RunFolder(newest[1])


def list_folders(root: Path | None = None) -> list[RunFolder]:
    """Returns all runs, the newest first."""
    paths = [path for _, _, path in _numbered(root or runs_root())]
    return [RunFolder(path) for path in sorted(paths, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def _numbered(root: Path) -> list[tuple[str, int, Path]]:
    return [(name, number, root / match[0]) for name, number, match in _matched(root)]


def _matched(root: Path) -> list[tuple[str, int, re.Match[str]]]:
    if not root.is_dir():
        return []
    matches = [NUMBERED.match(path.name) for path in root.iterdir() if path.is_dir()]
    return [(match["name"], int(match["number"]), match) for match in matches if match]


def _known(name: str, root: Path) -> str:
    known = sorted({base for base, _, _ in _numbered(root)})
    like = closest(name, known)
    meant = f"Did you mean {like!r}? " if like else ""
    return f"{meant}There are: {', '.join(known)}." if known else "No run has been started there yet."
