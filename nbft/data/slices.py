"""Large rows in small pieces: what is made of each goes to the disk, and the whole is read from there when it is needed."""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
from datasets import Dataset, Features, List, Value

from nbft.data.cache import staging

LARGE_BYTES = 16 * 2**20
"""Rows of more than this are gone through in slices."""
SLICE_BYTES = 2 * 2**20
"""About as much is in memory at once: while a text is tokenised it takes some forty times its room."""


def is_large(rows: Dataset) -> bool:
    """Returns whether rows are to be gone through in slices."""
    return size_of(rows) > LARGE_BYTES


def size_of(rows: Dataset) -> int:
    """Returns about how many bytes the rows take; of a selection its part of the whole table."""
    table = rows.data
    return round(table.nbytes * len(rows) / max(table.num_rows, 1))


def slices(rows: Dataset) -> Iterator[tuple[int, Dataset]]:
    """Yields (number of the first row, rows)."""
    per_slice = max(len(rows) * SLICE_BYTES // max(size_of(rows), 1), 1)
    for first in range(0, len(rows), per_slice):
        yield first, rows.select(range(first, min(first + per_slice, len(rows))))


def chosen(rows: Dataset, places: Sequence[int] | np.ndarray) -> Dataset:
    """Returns the rows of these numbers, as a table of their own where they are few: a selection is read ten times as slowly."""
    if is_large(rows):
        return rows.select(places)
    table = arrow_of(rows).combine_chunks().take(pa.array(places, pa.int64()))
    return Dataset(table.cast(rows.features.arrow_schema), fingerprint=uuid4().hex)


def written(parts: Iterable[Dataset], file: Path | None = None) -> Dataset:
    """Returns the parts as one, kept in a file and mapped into memory; those after the first have its columns and types."""
    file = file or scratch_file()
    with pa.OSFile(str(file), "wb") as sink:
        writer = features = None
        for part in parts:
            if writer is None or features is None:
                features = part.features
                writer = pa.ipc.new_stream(sink, features.arrow_schema)
            elif part.features != features:
                part = part.cast(features)  # noqa: PLW2901 - a slice of empty lists alone has no type of its own
            writer.write_table(arrow_of(part).cast(features.arrow_schema))
        if writer is not None:
            writer.close()
    return Dataset.from_file(str(file))


def arrow_of(rows: Dataset) -> pa.Table:
    """Returns the rows as a table, a selection without what it left out."""
    table: pa.Table = rows.with_format("arrow")[:]  # pyright: ignore[reportAssignmentType]
    return table


def compact(rows: Dataset) -> Dataset:
    """Returns rows whose lists of whole numbers, as tokens are, take half the room."""
    narrow = {name: List(Value("int32")) for name, kind in rows.features.items() if kind == List(Value("int64"))}
    return rows.cast(Features({**rows.features, **narrow})) if narrow else rows


def scratch_file() -> Path:
    """Returns the path of a new file that is deleted when this process ends."""
    return _scratch() / f"{uuid4().hex}.arrow"


@lru_cache(maxsize=1)
def _scratch() -> Path:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(staging())
