"""The column names of data, seen without reading its rows: the first lines of a file, or a variable's own list."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from nbft.spec.peek_files import NONE, Columns, of_file, of_rows
from nbft.spec.row_source import RowSource, sources_in
from nbft.spec.sources import DATABASE_ENDINGS, FILE_ENDINGS, ending_of
from nbft.starter import STARTER_DATA

_MOST_FILES = 2000
"""Files of a folder that are looked at."""
_MOST_FOLDERS = 50


def columns_of(source: Any, variables: Mapping[str, Any] | None = None, *, may_import: bool = False) -> Columns:
    """Returns the columns of a source's rows, those that all have where there are several; none where they can't be known.

    `source` is what `data.train` may hold. Some files need a library, which is used where it is loaded already, and
    loaded only with `may_import`.
    """
    try:
        found = [_of_one(one, variables or {}, may_import) for one in sources_in(source)]
    except ValueError:
        return NONE
    known = [columns for columns in found if columns.names]
    if not known:
        return NONE
    shared = [name for name in known[0].names if all(name in columns.names for columns in known)]
    return Columns(shared, len(known) == len(found) and all(columns.are_all for columns in found))


def _of_one(wanted: RowSource, variables: Mapping[str, Any], may_import: bool) -> Columns:
    if wanted.source.startswith("$"):
        return _of_variable(variables.get(wanted.source[1:]))
    try:
        path = STARTER_DATA.get(wanted.source) or Path(wanted.source).expanduser()
        if path.is_dir():
            if _holds_classes(path):
                return Columns(["text", "label"], True)
            path = _training_file(path)
        if ending_of(path.name) not in FILE_ENDINGS or not path.is_file():
            return NONE
        if ending_of(path.name) in DATABASE_ENDINGS:
            return _of_database(path, wanted.query)
        return of_file(path, wanted, may_import)
    except (OSError, ValueError, RuntimeError, sqlite3.Error):
        return NONE


def _training_file(folder: Path) -> Path:
    """Returns the file of a folder that holds the training rows, or one of its documents; else the folder itself."""
    files = sorted(file for file in islice(folder.iterdir(), _MOST_FILES) if ending_of(file.name) in FILE_ENDINGS)
    are_documents = bool(files) and all(file.suffix.lower() == ".txt" for file in files)
    named = [file for file in files if file.name.lower().removesuffix(ending_of(file.name)) in ("train", "training")]
    saved = [file for file in (folder / "train", folder) if (file / "dataset_info.json").is_file()]
    if saved and not named:
        return next(iter(sorted(saved[0].glob("*.arrow"))), folder)
    return (named or (files if are_documents else []) or [folder])[0]


def _holds_classes(folder: Path) -> bool:
    """Returns whether the folder holds text files in a folder for each label, below train or at once."""
    place = folder / "train" if (folder / "train").is_dir() else folder
    inside = [path for path in islice(place.iterdir(), _MOST_FOLDERS) if path.is_dir()]
    return any(next(path.glob("*.txt"), None) is not None for path in inside)


def _of_variable(value: Any) -> Columns:
    if isinstance(value, list):
        return of_rows(value, are_few=True)
    names = getattr(value, "column_names", None)
    if isinstance(names, Mapping):
        names = next(iter(names.values()), [])
    if names is None and type(value).__name__ == "Series":
        names = [value.name or "text"]
    if names is None:
        names = getattr(value, "columns", [])
    return Columns([str(name) for name in names], True)


def _of_database(path: Path, query: str | None) -> Columns:
    """Asks the database for what the query names, and for no rows."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2)) as connection:
        if query is None:
            wanted = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            tables = [name.replace('"', '""') for (name,) in connection.execute(wanted)]
            query = f'SELECT * FROM "{tables[0]}"' if len(tables) == 1 else None  # noqa: S608 - the file's own table
        if query is None or not query.lstrip().lower().startswith(("select", "with")):
            return NONE
        cursor = connection.execute(f"SELECT * FROM ({query.rstrip().rstrip(';')}) LIMIT 0")  # noqa: S608
        return Columns([column[0] for column in cursor.description], True)
