"""A source named in a spec -> rows: a file, a folder's variable file, a starter data set, or a set on the hub."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from datasets import Dataset, DatasetDict, concatenate_datasets, load_dataset
from datasets.exceptions import DatasetsError

from nbft.data.files import READERS, read_file
from nbft.errors import DataError
from nbft.starter import STARTER_DATA

SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "eval"),
    "test": ("test",),
}


@dataclass
class Source:
    """What a source holds: `rows` by split where it knows splits, under `train` where it doesn't."""

    splits: dict[str, Dataset]
    notes: list[str] = field(default_factory=list)


def read_source(name: str, variables: Path) -> Source:
    """Reads a source; `variables` is the run's folder of notebook variables. Raises DataError."""
    if name.startswith("$"):
        return _read_variable(name, variables)
    if name in STARTER_DATA:
        return _read_folder(STARTER_DATA[name])
    path = Path(name).expanduser()
    if path.suffix.lower() in READERS or path.is_file():
        dataset, notes = read_file(path)
        return Source({"train": dataset}, notes)
    if path.is_dir():
        return _read_folder(path)
    return _read_hub(name)


def _read_variable(name: str, variables: Path) -> Source:
    file = variables / f"{name[1:]}.parquet"
    if file.is_file():
        return Source({"train": read_file(file)[0]})
    folder = variables / name[1:]
    if folder.is_dir():
        return _read_folder(folder)
    raise DataError(
        f"{name} is a variable of a notebook, and this run's folder holds no copy of it.",
        f"Start the run from the notebook that has {name[1:]!r}, or name a file instead.",
    )


def _read_folder(folder: Path) -> Source:
    """Reads a folder with one file a split (`train.csv`, `test.csv`), or one of text files that are a document each."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in READERS)
    found, notes = {}, []
    for split, names in SPLIT_NAMES.items():
        matching = [file for file in files if file.stem.lower() in names]
        if matching:
            found[split], said = read_file(matching[0])
            notes += said
    if not found and files and all(file.suffix.lower() == ".txt" for file in files):
        return _read_documents(files)
    if "train" not in found:
        raise DataError(
            f"The folder {str(folder)!r} holds no file for the training rows.",
            f"It should hold train.csv (or .tsv, .json, .jsonl, .parquet, .txt), or nothing but .txt files; it holds: "
            f"{', '.join(sorted(p.name for p in folder.iterdir())[:12]) or 'nothing'}.",
        )
    return Source(found, notes)


def _read_documents(files: list[Path]) -> Source:
    read = [read_file(file) for file in files]
    rows = concatenate_datasets([document for document, _ in read])
    return Source(
        {"train": rows},
        [*(note for _, notes in read for note in notes), f"{len(files)} text files were read, one document each."],
    )


def _read_hub(name: str) -> Source:
    try:
        loaded = load_dataset(name)
    except (OSError, ValueError, DatasetsError, RuntimeError) as error:
        raise DataError(_hub_sentence(name, error), _offline_fix()) from error
    if isinstance(loaded, DatasetDict):
        return Source(_named_splits(name, loaded), [f"{name} was read from the hub."])
    raise DataError(f"{name} has no rows that can be read at once.")


def _named_splits(name: str, loaded: DatasetDict) -> dict[str, Dataset]:
    found = {}
    for split, names in SPLIT_NAMES.items():
        match = next((key for key in loaded if str(key).lower() in names), None)
        if match is not None:
            found[split] = loaded[match]
    if "train" not in found:
        raise DataError(f"{name} has no training split; it has {', '.join(map(str, loaded))}.")
    return found


def _hub_sentence(name: str, error: Exception) -> str:
    if os.environ.get("HF_HUB_OFFLINE") or "offline" in str(error).lower() or _is_network(error):
        return f"{name!r} is no file here, and the hub can't be reached to look for a data set of that name."
    return f"{name!r} is no file here, and no data set on the hub could be read under that name: {_first_line(error)}"


def _is_network(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ConnectionError) or "Connection" in type(error).__name__:
            return True
        error = error.__cause__ or error.__context__
    return False


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _offline_fix() -> str:
    starters = ", ".join(STARTER_DATA)
    return (
        f"Without the hub these work: a csv, tsv, json, jsonl, parquet or txt file, a $variable of the notebook, "
        f"or data that ships with nbft ({starters}). Paths start at {Path.cwd()}."
    )
