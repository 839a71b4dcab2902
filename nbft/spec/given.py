"""What a spec is given as (text, a file, a mapping, a spec) -> its text and the variables it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbft.errors import Problem, SpecError
from nbft.spec.dump import dump_spec, dump_yaml
from nbft.spec.guess import closest
from nbft.spec.row_source import RowSource
from nbft.spec.sections import RunSpec
from nbft.spec.text import SpecText
from nbft.spec.variables import DATA_KEYS, is_data, plain_value
from nbft.spec.yaml_text import MAX_BYTES, read_yaml, too_long

UNNAMED = "this spec"


@dataclass
class Given:
    """A spec's text as it was read, what it is called in errors, and the variables that stand for `$names`."""

    text: SpecText
    name: str
    variables: Mapping[str, Any] | None


def text_of(source: Any, variables: Mapping[str, Any] | None, name: str, first_line: int) -> Given:
    """Reads what was given; raises SpecError where there is nothing to read."""
    if isinstance(source, Mapping):
        return _from_mapping(source, variables, name)
    if isinstance(source, RunSpec):
        return Given(read_yaml(dump_spec(source), has_lines=False), name, variables)
    if isinstance(source, Path) or (isinstance(source, str) and _is_path(source)):
        name = str(source) if name == UNNAMED else name
        return Given(read_yaml(_read_file(Path(source), name), first_line=first_line), name, variables)
    if isinstance(source, str):
        return Given(read_yaml(source, first_line=first_line), name, variables)
    what = f"a spec is YAML text, a path or a mapping, not a {type(source).__name__}."
    raise SpecError([Problem(what)], name)


def _is_path(source: str) -> bool:
    return "\n" not in source and source.strip().lower().endswith((".yaml", ".yml")) and ": " not in source


def _read_file(path: Path, name: str) -> str:
    try:
        path = path.expanduser()
        size = path.stat().st_size
        if not path.is_file() or size <= MAX_BYTES:
            return path.read_bytes().decode("utf-8-sig")
        problem = Problem(*too_long(size))
    except FileNotFoundError:
        close = closest(path.name, _names_beside(path), cutoff=0.6)
        fix = f"Did you mean {str(path.parent / close)!r}?" if close else f"Paths start at {Path.cwd()}."
        problem = Problem(f"There is no file {str(path)!r}.", fix)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem(f"byte {error.start} of the file is not UTF-8.", "Save the file as UTF-8.", line=line)
    except (OSError, ValueError, RuntimeError) as error:
        problem = Problem(f"{str(path)!r} can't be read: {getattr(error, 'strerror', None) or error}.")
    raise SpecError([problem], name) from None


def _names_beside(path: Path) -> list[str]:
    try:
        return sorted(p.name for p in path.parent.iterdir() if p.suffix.lower() in (".yaml", ".yml"))
    except OSError:
        return []


def _from_mapping(source: Mapping[str, Any], variables: Mapping[str, Any] | None, name: str) -> Given:
    """Rows that stand in the mapping itself become variables, named after their keys."""
    named: dict[str, Any] = dict(variables or {})
    data = _copied(source)
    section = data.get("data")
    if isinstance(section, dict):
        for _, key in DATA_KEYS:
            if section.get(str(key)) is not None:
                section[str(key)] = _with_names(section[str(key)], str(key), named)
    try:
        plain = plain_value(data)
    except (TypeError, ValueError, RecursionError) as error:
        what = f"a value of type {error} can't stand in a spec."
        raise SpecError([Problem(what, "Text, numbers, true or false, lists and mappings can.")], name) from None
    return Given(read_yaml(dump_yaml(plain), has_lines=False), name, named)


def _with_names(rows: Any, key: str, named: dict[str, Any]) -> Any:
    """Returns a source with `$names` in place of rows, which are added to those that have names."""
    if isinstance(rows, str):
        return rows
    if isinstance(rows, list) and not _are_rows(rows):
        return [_with_names(item, f"{key}_{place}", named) for place, item in enumerate(rows, 1)]
    if isinstance(rows, Mapping) and "source" in rows and not is_data(rows):
        return {**rows, "source": _with_names(rows["source"], key, named)}
    if not is_data(rows):
        return rows
    word = key if key not in named else f"{key}_rows"
    named[word] = rows
    return f"${word}"


def _are_rows(items: list[Any]) -> bool:
    """A list of mappings is rows, unless each says no more than a source of rows does."""
    return is_data(items) and not all(
        "source" in item and item.keys() <= RowSource.model_fields.keys() for item in items
    )


def _copied(source: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key): dict(value) if isinstance(value, Mapping) else value for key, value in source.items()}
