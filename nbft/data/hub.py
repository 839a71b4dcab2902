"""Data sets of the hub, and folders that are laid out as such, read by `datasets` itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

from datasets import Dataset, DatasetDict, load_dataset
from datasets.exceptions import DatasetsError

from nbft.data.folders import split_of
from nbft.errors import DataError
from nbft.starter import STARTER_DATA

_CONFIGS = re.compile(r"\[[^\]]*\]")
_MOST_LISTED = 12


def read_hub(name: str, config: str | None, split: str | None) -> dict[str, Dataset]:
    """Returns the rows by split, or those of `split` (also a slice, as `train[:10%]`) as `train`; raises DataError."""
    try:
        loaded = load_dataset(name, config, split=split)
    except (OSError, ValueError, DatasetsError, RuntimeError) as error:
        raise _explained(name, config, split, error) from error
    if isinstance(loaded, DatasetDict):
        return _named_splits(name, loaded)
    if isinstance(loaded, Dataset):
        return {"train": loaded}
    raise DataError(f"{name} has no rows that can be read at once.")


def is_laid_out(folder: Path) -> bool:
    """Returns whether a folder says in its README, as data sets of the hub do, which files are what."""
    readme = folder / "README.md"
    return readme.is_file() and "configs:" in readme.read_text(encoding="utf-8", errors="replace").split("\n---")[0]


def _named_splits(name: str, loaded: DatasetDict) -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for key, rows in loaded.items():
        found.setdefault(split_of(str(key)) or str(key), rows)
    if "train" not in found:
        first = next(iter(loaded))
        raise DataError(
            f"{name} has no training split; it has {', '.join(map(str, loaded))}.",
            f"Say which to take, as in   {{source: {name}, split: {first}}}",
            "split",
        )
    return found


def _explained(name: str, config: str | None, split: str | None, error: Exception) -> DataError:
    said = str(error)
    if "Config name is missing" in said or (config and f"'{config}' not found" in said):
        wrong = f"has no config {config!r}" if config else "has several configs, and none is named"
        listed = _CONFIGS.findall(said)
        names = re.findall(r"'([^']+)'", listed[-1] if listed else "")
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        fix = f"Its configs: {', '.join(names[:_MOST_LISTED])}{more}." if names else ""
        example = f"Write   {{source: {name}, config: {names[0]}}}" if names else ""
        return DataError(f"{name} {wrong}.", "\n".join(line for line in (fix, example) if line), "config")
    if split and ("split" in said.lower() or "instruction" in said.lower()):
        return DataError(f"{name} has no split {split!r}: {_first_line(error)}", "", "split")
    return DataError(_sentence(name, error), _fix())


def _sentence(name: str, error: Exception) -> str:
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


def _fix() -> str:
    starters = ", ".join(STARTER_DATA)
    return (
        f"Without the hub these work: a file or folder of data, a $variable of the notebook, "
        f"or data that ships with nbft ({starters}). Paths start at {Path.cwd()}."
    )
