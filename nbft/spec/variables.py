"""`$name` in a spec -> what the notebook calls so: data is named and kept, plain values are put in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from nbft.spec.guess import closest, listed
from nbft.spec.sources import VARIABLE
from nbft.spec.text import Path, SpecText

DATA_KEYS: tuple[Path, ...] = (("data", "train"), ("data", "validation"), ("data", "test"))
FUNCTION_KEYS: tuple[Path, ...] = (("data", "preprocess"), ("train", "loss"))
FUNCTION_LISTS: tuple[Path, ...] = (("evaluate", "metrics"), ("data", "clean"))
"""Lists whose items may be functions."""
MODEL_KEYS: tuple[Path, ...] = (("model",), ("model", "name"))
CONFIG_KEY: Path = ("model", "from_scratch")
TOKENIZER_KEYS: tuple[Path, ...] = (("tokenizer",), ("tokenizer", "name"))
_TABLES = {
    "pandas": ("DataFrame", "Series"),
    "datasets": ("Dataset", "DatasetDict"),
    "polars": ("DataFrame",),
    "pyarrow": ("Table",),
}
_NO_SETTINGS = (
    *("transformers_version", "_name_or_path", "architectures", "dtype", "torch_dtype"),
    *("vocab_size", "pad_token_id", "bos_token_id", "eos_token_id"),
)
"""What a config holds besides its model's form: where it came from, and what the tokenizer says."""
_ADVICE = {
    "polars": "Write   {name} = {name}.collect()   in a cell above.",
    "pyarrow": "Write   {name} = {name}.read_all()   in a cell above.",
    "dict": "Write   {name} = pandas.DataFrame({name})   in a cell above.",
}


def is_data(value: Any) -> bool:
    """Returns whether the value holds rows: a table of pandas, polars or pyarrow, a Dataset or DatasetDict, a list of dicts."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(row, dict) for row in value)
    return any(_is_a(value, package, names) for package, names in _TABLES.items())


def is_saved_for(path: Path, value: Any) -> bool:
    """Returns whether the value is a model or a tokenizer of transformers, at the key that takes one."""
    names = {**dict.fromkeys(MODEL_KEYS, "PreTrainedModel"), **dict.fromkeys(TOKENIZER_KEYS, "PreTrainedTokenizerBase")}
    return path in names and _is_a(value, "transformers", (names[path],))


def _is_a(value: Any, package: str, names: tuple[str, ...]) -> bool:
    """Asks by name: the packages are never imported for it."""
    return any(cls.__module__.partition(".")[0] == package and cls.__name__ in names for cls in type(value).__mro__)


def _settings(value: Any) -> Any:
    """Returns a config of transformers as the settings that differ from its kind's own; other values as they are."""
    if not _is_a(value, "transformers", ("PreTrainedConfig", "PretrainedConfig")):
        return value
    settings = {"model_type": value.model_type, **value.to_diff_dict()}
    return {name: setting for name, setting in settings.items() if setting is not None and name not in _NO_SETTINGS}


def is_function(value: Any) -> bool:
    """Returns whether the value can be called, classes left out."""
    return callable(value) and not isinstance(value, type)


def plain_value(value: Any) -> Any:
    """Returns a value as YAML knows it (numpy's numbers and paths too); raises TypeError for what YAML can't hold."""
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if value is None:
        return None
    raise TypeError(type(value).__name__)


@dataclass
class Kept:
    """Variables that stay `$name` in the spec: rows, functions, models and tokenizers."""

    rows: dict[str, Any] = field(default_factory=dict)
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    pretrained: dict[str, Any] = field(default_factory=dict)


def put_in_place(text: SpecText, variables: Mapping[str, Any] | None) -> Kept:
    """Puts plain values where `$name` stands in the data, and returns the rows and functions that it names."""
    kept = Kept()
    for path, word in list(_words(text.data, ())):
        if not word.startswith("$") or not path or text.is_refused(path):
            continue
        if word.startswith("$$"):
            if not takes_rows(path) and not takes_function(path):
                _replace(text.data, path, word[1:])
            continue
        match = VARIABLE.fullmatch(word)
        if not match:
            fix = f"For a variable write $ and its name alone; for the text itself write   ${word}"
            text.complain(path, f"{word!r} is no variable's name.", fix)
        elif variables is None or match[1] not in variables:
            text.complain(path, *_missing(match[1], variables, path))
        else:
            _use(text, path, match[1], variables[match[1]], kept)
    return kept


def _use(text: SpecText, path: Path, name: str, value: Any, kept: Kept) -> None:
    wants_data = takes_rows(path)
    if wants_data and is_data(value):
        kept.rows[name] = value
        return
    if takes_function(path) and is_function(value):
        kept.functions[name] = value
        return
    if is_saved_for(path, value):
        kept.pretrained[name] = value
        return
    if path in FUNCTION_KEYS:
        text.complain(path, f"${name} is {_called(value)}, which can't stand here.", "A function can.")
        return
    try:
        found = None if is_data(value) else plain_value(_settings(value) if path == CONFIG_KEY else value)
    except (TypeError, ValueError, RecursionError):
        found = None
    if found is None or (wants_data and isinstance(found, dict | list)):
        text.complain(path, f"${name} is {_called(value)}, which can't stand here.", _advice(name, value, path))
        return
    _replace(text.data, path, found)
    text.origins[path] = f"${name}"


def takes_function(path: Path) -> bool:
    """Returns whether a function may stand at the path."""
    return path in FUNCTION_KEYS or (len(path) == 3 and path[:2] in FUNCTION_LISTS)


def takes_rows(path: Path) -> bool:
    """Returns whether rows of the notebook may stand at the path: as a source, as one of several, or as a mapping's."""
    names = tuple(part for part in path if isinstance(part, str))
    return names in DATA_KEYS or (names[:-1] in DATA_KEYS and names[-1] == "source")


def _missing(name: str, variables: Mapping[str, Any] | None, path: Path) -> tuple[str, str]:
    what = f"there is no variable {name!r}."
    if variables is None:
        text = (
            "" if path in FUNCTION_KEYS or path[:2] == ("data", "clean") else f" For the text itself write   $${name}"
        )
        return what, f"Variables are known in a notebook only.{text}"
    known = [word for word in variables if isinstance(word, str) and not word.startswith("_")]
    close = closest(name, known)
    if close:
        return what, f"Did you mean ${close}?"
    rows = [f"${word}" for word in known if takes_rows(path) and is_data(variables[word])]
    return what, f"Variables that hold rows: {listed(rows)}." if rows else "Define it in a cell above."


def _called(value: Any) -> str:
    kind = type(value).__name__
    if kind == "list" and not value:
        return "an empty list"
    names = {
        "function": "a function",
        "NoneType": "None",
        "dict": "a dict",
        "list": "a list",
        "type": "a class",
    }
    return names.get(kind, f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}")


def _advice(name: str, value: Any, path: Path) -> str:
    if path == CONFIG_KEY:
        return "A name can, a config of transformers, or a dict of its settings."
    if path in (*MODEL_KEYS, *TOKENIZER_KEYS):
        return f"A name can, and a {'model' if path in MODEL_KEYS else 'tokenizer'} of transformers."
    if not takes_rows(path):
        if is_data(value):
            return "Rows belong under data.train, data.validation or data.test."
        return "A number, a text, true or false, or a list of them can."
    kind, package = type(value).__name__, type(value).__module__.partition(".")[0]
    advice = _ADVICE.get(kind) or _ADVICE.get(package, "")
    can = "A pandas DataFrame, a datasets.Dataset or DatasetDict, or a list of dicts can."
    return f"{can}\n{advice.format(name=name)}" if advice else can


def _words(data: Any, above: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield above, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _words(value, (*above, name))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _words(value, (*above, place))


def _replace(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value
