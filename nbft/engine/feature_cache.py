"""Tokenised rows are kept, by their content and by everything that tokenising depends on: a second run starts at once."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.cache import cache_folder, kept, publish, staging
from nbft.data.slices import arrow_of, slices, written
from nbft.tasks.base import Features, Task

WORTH_S = 1.0
"""What took less time is not kept."""
_CODE = ("data", "engine", "record", "tasks")
_ROWS, _META = "rows.arrow", "meta.json"
_LISTS = ("lengths", "full", "example_of")
_NOT_TOKENS = {
    "train": True,
    "early_stopping": True,
    "evaluate": True,
    "save": True,
    "seed": True,
    "seeds": True,
    "data": {"train", "validation", "test", "cache", "split_seed"},
}
"""Sections and keys of a spec that change no token: the rows themselves, and what draws them, are part of the key."""


class FeatureCache:
    """The place of one split's features."""

    def __init__(self, task: Task, rows: Dataset, tokenizer: PreTrainedTokenizerBase, limit: int | None) -> None:
        self.task = task
        self.rows = rows
        self._before = plain_state(task)
        parts = [
            *(f"{name} {version(name)}" for name in ("nbft", "transformers", "tokenizers")),
            code_hash(),
            task.spec.model_dump_json(exclude=_NOT_TOKENS),
            str(task.spec.split_seed),
            json.dumps(self._before, sort_keys=True),
            _tokenizer_key(tokenizer),
            str(limit),
            hash_rows(rows),
        ]
        self.key = hash_of(parts)
        self.folder = cache_folder() / "features" / self.key

    def find(self) -> Features | None:
        """Returns the features that are kept, and lets the task know what it learnt while they were made."""
        if not kept(self.folder):
            return None
        try:
            meta = json.loads((self.folder / _META).read_text(encoding="utf-8"))
            lists = {name: np.load(self.folder / f"{name}.npy").tolist() for name in _LISTS}
            made = Dataset.from_file(str(self.folder / _ROWS))
        except (OSError, ValueError, pa.ArrowInvalid):  # another process made room meanwhile
            return None
        for name, value in meta["state"].items():
            setattr(self.task, name, value)
        self.task.notes += meta["notes"]
        for warning in meta["warnings"]:
            self.task.warn(*warning)
        examples = self.rows if meta["has_examples"] else None
        return Features(
            made, lists["lengths"], meta["cut"], meta["limit"], examples, lists["example_of"], lists["full"]
        )

    def keep(self, make: Callable[[], Features]) -> Features:
        """Returns the features that `make` gives, and keeps those that took their time, unless the task learnt
        what can't be written down.
        """
        notes, warnings, warn = len(self.task.notes), [], self.task.warn

        def hear(*warning: str) -> None:
            warnings.append(warning)
            warn(*warning)

        before, started = dict(vars(self.task)), time.perf_counter()
        self.task.warn = hear  # pyright: ignore[reportAttributeAccessIssue]
        try:
            made = make()
        finally:
            self.task.warn = warn
        after = plain_state(self.task)
        is_known = all(name in after or before.get(name) is value for name, value in vars(self.task).items())
        if time.perf_counter() - started < WORTH_S or not is_known:
            return made
        state = {name: value for name, value in after.items() if value != self._before.get(name, _NOTHING)}
        meta = {"state": state, "notes": self.task.notes[notes:], "warnings": warnings, "cut": made.cut}
        meta |= {"limit": made.limit, "has_examples": made.examples is not None}
        return self._write(made, meta)

    def _write(self, made: Features, meta: dict[str, Any]) -> Features:
        with staging() as staged:
            written([made.rows], staged / _ROWS)
            for name in _LISTS:
                np.save(staged / f"{name}.npy", np.asarray(getattr(made, name), dtype=np.int64))
            (staged / _META).write_text(json.dumps(meta), encoding="utf-8")
            publish(staged, self.folder)
        return made


_NOTHING = object()


def plain_state(task: Task) -> dict[str, Any]:
    """Returns what of a task's state is plain values: numbers, texts and lists of them."""
    found = {}
    for name, value in vars(task).items():
        if name in ("notes", "left_out"):
            continue
        try:
            found[name] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            continue
    return found


def hash_of(parts: Iterable[str]) -> str:
    """Returns the key of an entry that depends on all of these."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=20).hexdigest()


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Returns a hash of the code that reads, tokenises and looks at data: between two releases the version stays the same."""
    root = Path(__file__).parents[1]
    files = sorted(file for folder in _CODE for file in (root / folder).rglob("*.py"))
    return hash_of(f"{file.name} {hashlib.blake2b(file.read_bytes()).hexdigest()}" for file in files)


def _tokenizer_key(tokenizer: PreTrainedTokenizerBase) -> str:
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    model = backend.to_str() if backend is not None else json.dumps(tokenizer.get_vocab(), sort_keys=True)
    model = model.partition('"added_tokens":')[2] or model  # before it stands how rows were last cut and padded
    return f"{type(tokenizer).__name__} {tokenizer.init_kwargs} {tokenizer.chat_template} {model}"


def hash_rows(rows: Dataset) -> str:
    """Returns a hash of names, types and values of all rows, in their order; private columns count."""
    digest = hashlib.blake2b(digest_size=20)
    digest.update(str(rows.features).encode())

    class Sink:
        closed = False

        def write(self, data: Any) -> int:
            digest.update(data)
            return len(data)

        def flush(self) -> None:
            return

    writer = None
    for _, some in slices(rows):
        table = arrow_of(some)
        table = table.take(pa.array(range(len(table)))).combine_chunks().replace_schema_metadata()  # a slice has gaps
        writer = writer or pa.ipc.new_stream(pa.PythonFile(Sink(), mode="w"), table.schema)
        writer.write_table(table)
    return digest.hexdigest()
