"""parquet, arrow and feather files, and folders of `save_to_disk` -> rows, as they were saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from datasets import Dataset, DatasetDict, load_from_disk
from datasets.exceptions import DatasetsError
from pyarrow import feather, ipc, parquet

from nbft.data.gathering import BATCH_ROWS
from nbft.data.tables import Batch
from nbft.errors import DataError

_BUFFER = 2**20
"""Bytes of a column that are read ahead; whole row groups otherwise."""
_STREAM_MARK = b"\xff\xff\xff\xff"
"""How an Arrow stream begins, as `datasets` writes them; its files begin with ARROW1."""


def read_parquet(file: Path) -> Iterator[Batch]:
    """Yields the rows of a parquet file."""
    try:
        with parquet.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER) as opened:
            for batch in opened.iter_batches(BATCH_ROWS):
                yield Batch(pa.Table.from_batches([batch]).replace_schema_metadata(opened.schema_arrow.metadata))
            if not opened.metadata.num_rows:
                yield Batch(opened.schema_arrow.empty_table())
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{file.name} can't be read as parquet: {_first_line(error)}.") from None


def read_arrow(file: Path) -> Iterator[Batch]:
    """Yields the rows of an Arrow file, of either form, or of a feather file."""
    try:
        with pa.memory_map(str(file)) as source:
            if source.read(4) == _STREAM_MARK:
                source.seek(0)
                yield from (Batch(pa.Table.from_batches([batch])) for batch in ipc.open_stream(source))
                return
            source.seek(0)
            if source.read(4) == b"FEA1":
                yield Batch(feather.read_table(file, memory_map=False))
                return
            source.seek(0)
            reader = ipc.open_file(source)
            for place in range(reader.num_record_batches):
                yield Batch(pa.Table.from_batches([reader.get_batch(place)]))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{file.name} can't be read as an Arrow file: {_first_line(error)}.") from None


def mapped_arrow(file: Path) -> Dataset | None:
    """Returns the rows of an Arrow stream mapped from where they lie; None for the other forms."""
    with file.open("rb") as opened:
        if opened.read(4) != _STREAM_MARK:
            return None
    try:
        return Dataset.from_file(str(file))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{file.name} can't be read as an Arrow file: {_first_line(error)}.") from None


def is_saved(folder: Path) -> bool:
    """Returns whether the folder was written by `save_to_disk`."""
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def read_saved(folder: Path) -> dict[str, Dataset]:
    """Returns the splits of a folder of `save_to_disk`, mapped from where they lie; one without a name is `train`."""
    try:
        loaded = load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError, DatasetsError, pa.ArrowException) as error:
        what = f"The folder {str(folder)!r} was written by save_to_disk, but can't be read: {_first_line(error)}."
        raise DataError(what) from None
    if isinstance(loaded, DatasetDict):
        return {str(name): rows for name, rows in loaded.items()}
    return {"train": loaded}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
