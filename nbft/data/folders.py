"""Folders -> rows by split: a file a split, documents, a folder of texts for each class, or what `save_to_disk` wrote."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from datasets import Dataset, concatenate_datasets

from nbft.data.arrow_files import is_saved, read_saved
from nbft.data.encodings import TextFile
from nbft.data.files import AS_IT_IS, Options, read_file
from nbft.data.gathering import BATCH_BYTES, BATCH_ROWS, gather, kept_table
from nbft.data.tables import Batch
from nbft.errors import DataError
from nbft.spec.sources import FILE_ENDINGS, ending_of

SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "eval"),
    "test": ("test",),
}
_UNLABELLED = ("unsup", "unsupervised", "unlabeled", "unlabelled")
"""Folders of texts that nobody has put into a class, as aclImdb has one."""
_MOST_TOLD = 2

Splits = dict[str, Dataset]


def read_folder(folder: Path, options: Options = AS_IT_IS) -> tuple[Splits, list[str]]:
    """Returns the rows of a folder by split, under `train` where it knows no splits, and notes; raises DataError."""
    if is_saved(folder):
        saved = read_saved(folder)
        return {**{split_of(name) or name: rows for name, rows in saved.items()}, **saved}, []
    classes = _class_folders(folder)
    if classes:
        return _read_classes(classes, options)
    files = sorted(file for file in folder.iterdir() if ending_of(file.name) in FILE_ENDINGS)
    found, notes = {}, []
    for split, names in SPLIT_NAMES.items():
        matching = [file for file in files if _stem(file) in names]
        if matching:
            found[split], said = read_file(matching[0], options)
            notes += said
    if found:
        return found, notes
    if files and all(ending_of(file.name) in (".txt", ".txt.gz") for file in files):
        return _read_documents(files, options)
    raise DataError(
        f"The folder {str(folder)!r} holds no file for the training rows.",
        "It should hold train.csv (or .tsv, .json, .jsonl, .parquet, .txt), nothing but .txt files, or a folder of .txt "
        f"files for each label; it holds: {', '.join(sorted(p.name for p in folder.iterdir())[:12]) or 'nothing'}.",
    )


def split_of(name: str) -> str | None:
    """Returns train, validation or test for the names that people give to splits, None for others."""
    return next((split for split, names in SPLIT_NAMES.items() if name.lower() in names), None)


def _stem(file: Path) -> str:
    return file.name[: -len(ending_of(file.name))].lower()


def _read_documents(files: list[Path], options: Options) -> tuple[Splits, list[str]]:
    read = [read_file(file, options) for file in files]
    rows = concatenate_datasets([document for document, _ in read])
    said = _in_short([note for _, notes in read for note in notes])
    return {"train": rows}, [*said, f"{len(files)} text files were read, one document each."]


def _class_folders(folder: Path) -> dict[str, dict[str, Path]]:
    """Returns {split: {label: folder}} where subfolders hold text files, with folders of splits above them or without."""
    inside = {split_of(path.name): path for path in folder.iterdir() if path.is_dir()}
    found = {split: labels for split in SPLIT_NAMES if split in inside and (labels := _labels(inside[split]))}
    if found:
        return found
    labels = _labels(folder)
    return {"train": labels} if labels and not any(split_of(label) for label in labels) else {}


def _labels(folder: Path) -> dict[str, Path]:
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return {path.name: path for path in inside if next(path.glob("*.txt"), None)}


def _read_classes(classes: dict[str, dict[str, Path]], options: Options) -> tuple[Splits, list[str]]:
    found, notes = {}, []
    for split, labels in classes.items():
        name = next(iter(labels.values())).parent.name
        left_out = [label for label in labels if label.lower() in _UNLABELLED]
        files = {label: sorted(path.glob("*.txt")) for label, path in labels.items() if label not in left_out}
        found[split], said = _read_texts(name, files, options)
        counts = ", ".join(f"{label} {len(inside)}" for label, inside in files.items())
        notes += [f"{name} has a folder of text files for each label: {counts}.", *_in_short(said)]
        notes += [f"{name}/{label} holds texts without a label; left out." for label in left_out]
    return found, notes


def _read_texts(name: str, files: dict[str, list[Path]], options: Options) -> tuple[Dataset, list[str]]:
    states = [(str(file.absolute()), file.stat()) for inside in files.values() for file in inside]
    told = [options, *((path, state.st_size, state.st_mtime_ns) for path, state in states)]
    key = f"folder-{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"
    notes: list[str] = []
    return kept_table(key) or (gather(name, _texts(files, options, notes), notes, key), notes)


def _texts(labels: dict[str, list[Path]], options: Options, notes: list[str]) -> Iterator[Batch]:
    texts: list[str] = []
    names: list[str] = []
    size = 0
    for label, files in labels.items():
        for file in files:
            texts.append(TextFile(file, options.encoding, notes).read().replace("\r\n", "\n"))
            names.append(label)
            size += len(texts[-1])
            if len(texts) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield Batch(pa.table({"text": texts, "label": names}))
                texts, names, size = [], [], 0
    if texts:
        yield Batch(pa.table({"text": texts, "label": names}))


def _in_short(notes: list[str]) -> list[str]:
    """Files that are all in another encoding need not all be named."""
    more = len(notes) - _MOST_TOLD
    return [*notes[:_MOST_TOLD], *([f"{more} more files are like that."] if more > 0 else [])]
