"""Batches of rows -> one table: in memory while they are few, else in a file of the cache that is mapped into memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset
from pyarrow import ipc

from nbft.data.cache import cache_folder, kept, publish, staging
from nbft.data.tables import Batch, called, is_objects, joint_kind, refit
from nbft.errors import DataError

MOST_IN_MEMORY = 64 * 2**20
"""Bytes of a table that is larger are written to the cache."""
BATCH_ROWS = 10_000
BATCH_BYTES = 16 * 2**20
"""A batch ends at so many rows or bytes, whichever comes first."""
_TABLE, _NOTES = "rows.arrow", "notes.json"


def kept_table(key: str) -> tuple[Dataset, list[str]] | None:
    """Returns the rows and notes that were kept under a key, None where there are none."""
    entry = _entry(key)
    if not kept(entry):
        return None
    try:
        return Dataset.from_file(str(entry / _TABLE)), json.loads((entry / _NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # another process made room meanwhile
        return None


def gather(name: str, batches: Iterable[Batch], notes: list[str], key: str) -> Dataset:
    """Returns the rows of all batches, mapped from the cache under `key` where they are many.

    `notes` may grow while the batches come. Raises DataError where a column changes its kind in a way that can't be joined.
    """
    with ExitStack() as opened:
        gathered = _Gathered(name)
        for batch in batches:
            gathered.add(batch)
            if gathered.folder is None and gathered.bytes > MOST_IN_MEMORY:
                gathered.spill(opened.enter_context(staging()))
        if gathered.folder is None:
            return Dataset(gathered.in_memory())
        entry = opened.enter_context(staging()) / "entry"
        entry.mkdir()
        gathered.write(entry / _TABLE)
        (entry / _NOTES).write_text(json.dumps(notes, ensure_ascii=False), encoding="utf-8")
        return Dataset.from_file(str(publish(entry, _entry(key)) / _TABLE))


def _entry(key: str) -> Path:
    return cache_folder() / "tables" / key


class _Gathered:
    """What came so far: tables of the same columns, in parts; a part ends where a column's kind changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = self.bytes = 0
        self.schema: pa.Schema = pa.schema([])
        self.as_json: set[str] = set()
        self.tables: list[pa.Table] = []
        self.folder: Path | None = None
        self._parts: list[Path] = []
        self._writer: Any = None

    def add(self, batch: Batch) -> None:
        schema = self._joint(batch)
        is_new = schema != self.schema or not (self.tables or self._writer)
        self.schema = schema
        table = self._fitted(batch.table, batch.as_json)
        self.rows, self.bytes = self.rows + len(table), self.bytes + table.nbytes
        if self.folder is None:
            self.tables.append(table)
            return
        if is_new:
            self._begin_part()
        self._written(self._writer, table)

    def _joint(self, batch: Batch) -> pa.Schema:
        """Returns the schema of what came so far and the batch together."""
        new = batch.table.schema
        if new == self.schema and batch.as_json <= self.as_json:
            return self.schema
        kinds = {field.name: field.type for field in self.schema}
        for field in new:
            old = kinds.get(field.name, pa.null())
            kinds[field.name] = self._joint_kind(field.name, old, field.type, batch)
        return pa.schema(list(kinds.items()), metadata=self.schema.metadata or new.metadata)

    def _joint_kind(self, column: str, old: pa.DataType, new: pa.DataType, batch: Batch) -> pa.DataType:
        was_json, is_json = column in self.as_json, column in batch.as_json
        if was_json or is_json:
            sides = ((old, was_json), (new, is_json))
            if all(told or pa.types.is_null(kind) or is_objects(kind) for kind, told in sides):
                self.as_json.add(column)
                return pa.string()
        elif (joint := joint_kind(old, new)) is not None:
            return joint
        elif is_objects(old) and is_objects(new):
            self.as_json.add(column)
            return pa.string()
        first = next(i for i, value in enumerate(batch.table[column], self.rows + 1) if value.is_valid)
        raise DataError(
            f"{self.name}, row {first}: column {column!r} holds {called(new)} where the rows before hold {called(old)}."
        )

    def _fitted(self, table: pa.Table, as_json: frozenset[str] | set[str]) -> pa.Table:
        columns = []
        for field in self.schema:
            if field.name not in table.column_names:
                columns.append(pa.nulls(len(table), field.type))
                continue
            to_json = field.name in self.as_json and field.name not in as_json and is_objects(table[field.name].type)
            columns.append(refit(table[field.name], field.type, to_json=to_json))
        return pa.table(columns, schema=self.schema)

    def in_memory(self) -> pa.Table:
        """Returns all rows as one table."""
        tables = [self._fitted(table, set()) for table in self.tables]
        return pa.concat_tables(tables).combine_chunks() if tables else pa.table({})

    def spill(self, folder: Path) -> None:
        """Moves what is in memory to files, where the rest will follow."""
        self.folder, tables, self.tables = folder, [self._fitted(table, set()) for table in self.tables], []
        self._begin_part()
        for table in tables:
            self._written(self._writer, table)

    def write(self, file: Path) -> None:
        """Writes the one table; parts of other kinds are read again, batch by batch."""
        self._writer.close()
        if len(self._parts) == 1:
            self._parts[0].rename(file)
            return
        with self._opened(file) as writer:
            for part in self._parts:
                with pa.memory_map(str(part)) as source, ipc.open_stream(source) as reader:
                    for batch in reader:
                        self._written(writer, self._fitted(pa.Table.from_batches([batch]), set()))

    def _begin_part(self) -> None:
        if self._writer is not None:
            self._writer.close()
        assert self.folder is not None
        self._parts.append(self.folder / f"{len(self._parts)}.arrow")
        self._writer = self._opened(self._parts[-1])

    def _opened(self, file: Path) -> Any:
        return ipc.new_stream(str(file), self.schema)

    def _written(self, writer: Any, table: pa.Table) -> None:
        try:
            writer.write_table(table, max_chunksize=BATCH_ROWS)
        except OSError as error:
            what = f"{self.name} can't be kept in the cache folder {str(cache_folder())!r}: {error}."
            raise DataError(what, "Make room there, or name another folder in NBFT_CACHE.") from None
