"""Whether what a spec names is there: data files, folders and models on this machine; the hub is not asked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

from nbft.spec.guess import closest, listed, short
from nbft.spec.sources import ENDINGS_IN_WORDS, FILE_ENDINGS, ending_of, source_of
from nbft.starter import STARTER_DATA, STARTER_MODELS

Finding = tuple[str, str]

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_OTHER_ENDINGS = {
    ".xls": "an old Excel file (save it as .xlsx)",
    ".ods": "a spreadsheet of LibreOffice (save it as .xlsx)",
    ".docx": "a Word file",
    ".pdf": "a PDF",
    ".gz": "compressed",
    ".zip": "compressed",
    ".zst": "compressed",
    ".bz2": "compressed",
    ".xz": "compressed",
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".xml": "XML",
    ".yaml": "YAML",
    ".yml": "YAML",
    ".md": "Markdown",
}
_MAX_LOOKED_AT = 2000
"""Files of a folder that are compared with a name that isn't there."""


def check_source(name: str) -> Finding | None:
    """Returns what is wrong with a source of rows and what to write; None where nothing is, or nobody here can tell."""
    source = source_of(name)
    if source.kind in ("variable", "database") or name in STARTER_DATA:
        return None
    if source.kind == "url":
        return _check_url(name)
    path = _expanded(name)
    ending = ending_of(path.name)
    if ending in _OTHER_ENDINGS and (_asks(Path.is_file, path) or source.kind == "file" or "/" not in name):
        kind = _OTHER_ENDINGS[ending]
        return (
            f"{path.name!r} is {kind}.",
            f"nbft reads {ENDINGS_IN_WORDS} files, hub ids and $variables.",
        )
    return _check_file(path, name) if source.kind == "file" else _check_hub_id(path, name)


def _check_hub_id(path: Path, name: str) -> Finding | None:
    close = difflib.get_close_matches(name, STARTER_DATA, n=1, cutoff=0.75)
    if close and not _asks(Path.exists, path):
        return f"{name!r} is no data that ships with nbft.", f"Did you mean {close[0]!r}?"
    if not _HUB_ID.fullmatch(name) and not _asks(Path.exists, path):
        return f"{short(name)!r} is neither a file here nor a hub id.", _near(path, FILE_ENDINGS)
    return None


def _check_url(url: str) -> Finding | None:
    """Nothing is asked of the network; only what the address says by itself is seen."""
    path = re.sub(r"[?#].*", "", url)
    if ending_of(path) in FILE_ENDINGS:
        return None
    hub = re.match(r"https?://huggingface\.co/datasets/([\w.-]+/[\w.-]+)/?$", path)
    if hub:
        return "this is the page of a data set, no file.", f"Write the hub id:   {hub[1]}"
    return f"{short(path)!r} names no file that nbft can read.", f"It reads {ENDINGS_IN_WORDS} files."


def check_tokenizer_name(name: str) -> Finding | None:
    """Returns what is wrong with a tokenizer's name: a folder may hold a tokenizer alone."""
    path = _expanded(name)
    if _asks(Path.is_file, path / "tokenizer_config.json") or _asks(Path.is_file, path / "tokenizer.json"):
        return None
    return check_model(name)


def check_model(name: str) -> Finding | None:
    """Returns what is wrong with a model's name, None where nothing is, or nobody here can tell."""
    path = _expanded(name)
    if name in STARTER_MODELS:
        return None
    if _asks(Path.exists, path):
        return _check_model_folder(path, name)
    close = difflib.get_close_matches(name, STARTER_MODELS, n=1, cutoff=0.75)
    if close:
        return f"{name!r} is no model that ships with nbft.", f"Did you mean {close[0]!r}?"
    if _looks_local(name):
        return f"there is no folder {short(name)!r}.", _near(path, ())
    if not _HUB_ID.fullmatch(name):
        example = "A hub id is a name, or an owner and a name: bert-base-uncased"
        return f"{short(name)!r} is neither a folder here nor a hub id.", example
    return None


def _check_model_folder(path: Path, name: str) -> Finding | None:
    if _asks(Path.is_file, path):
        return f"{name!r} is a file; a model is a folder with config.json.", "Name the folder."
    if _asks(Path.is_file, path / "config.json") or not _looks_local(name):
        return None
    return f"the folder {name!r} holds no config.json, so it is no model.", f"It holds {_contents(path)}."


def _looks_local(name: str) -> bool:
    return name.startswith(("/", "./", "../", "~", ".\\")) or "\\" in name


def _check_file(path: Path, name: str) -> Finding | None:
    if _asks(Path.is_file, path):
        return None
    if _asks(Path.is_dir, path):
        return (
            None
            if ending_of(path.name) not in FILE_ENDINGS
            else (f"{name!r} is a folder.", f"It holds {_contents(path)}.")
        )
    return f"there is no file {short(name)!r}.", _near(path, FILE_ENDINGS)


def _near(path: Path, endings: tuple[str, ...]) -> str:
    """Returns the name that is closest to one that isn't there, or what the folder holds."""
    folder = path.parent
    if not _asks(Path.is_dir, folder):
        return f"There is no folder {str(folder)!r} either; paths start at {Path.cwd()}."
    names = _names(folder)
    close = closest(path.name, names, cutoff=0.6)
    if close:
        return f"Did you mean {str(folder / close)!r}?"
    fitting = [name for name in names if not endings or name.lower().endswith(endings)]
    where = "here" if str(folder) == "." else f"in {str(folder)!r}"
    return f"Data files {where}: {listed(fitting)}." if fitting and endings else f"Paths start at {Path.cwd()}."


def _contents(folder: Path) -> str:
    return listed(_names(folder)) or "nothing"


def _names(folder: Path) -> list[str]:
    try:
        entries = [entry.name for entry, _ in zip(folder.iterdir(), range(_MAX_LOOKED_AT), strict=False)]
    except OSError:
        return []
    return sorted(name for name in entries if not name.startswith("."))


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # `~name` of nobody
        return Path(name)


def _asks(question: Callable[[Path], bool], path: Path) -> bool:
    """Asks the file system; a name it can't take at all is a name of nothing."""
    try:
        return question(path)
    except (OSError, ValueError):
        return False
