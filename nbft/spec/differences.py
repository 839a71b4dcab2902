"""In which keys the specs of several runs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbft.spec.annotated import Decided, filled
from nbft.spec.dump import shown
from nbft.spec.scalars import spell
from nbft.spec.sections import RunSpec, Section


@dataclass(frozen=True)
class Setting:
    """A value as one would type it, and whether it is what the key has where nobody types one."""

    value: str
    is_default: bool


@dataclass(frozen=True)
class Difference:
    """A key, as `train.learning_rate`, with its setting in each spec; None where a spec has no such key."""

    key: str
    settings: tuple[Setting | None, ...]


def differences(specs: Mapping[str, RunSpec], decided: Mapping[str, Decided | None]) -> list[Difference]:
    """Returns the keys whose values are not the same in all specs, in the order of the reference.

    `decided` holds what the workers found where a spec leaves task and metrics to the data.
    """
    all_settings = [dict(_settings(filled(spec, decided.get(name)))) for name, spec in specs.items()]
    keys = list(dict.fromkeys(key for settings in all_settings for key in settings))
    found = [Difference(key, tuple(settings.get(key) for settings in all_settings)) for key in sorted(keys, key=_order)]
    return [each for each in found if len({setting.value if setting else None for setting in each.settings}) > 1]


def _settings(spec: RunSpec) -> Iterator[tuple[str, Setting]]:
    yield from _of_section(spec, spec.task, ())


def _of_section(section: Section, task: str | None, path: tuple[str, ...]) -> Iterator[tuple[str, Setting]]:
    fields = type(section).model_fields
    for name in shown(section, task, path):
        value: Any = getattr(section, name)
        if isinstance(value, Section):
            yield from _of_section(value, task, (*path, name))
            continue
        place = path if path and name == section.shorthand else (*path, name)
        default = fields[name].get_default(call_default_factory=True)
        yield ".".join(place), Setting(_spelt(value), value == default)


def _spelt(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return spell(int(value) if is_whole else value)  # a record holds 3 epochs as 3.0


def _order(key: str) -> int:
    """Returns where the key's first part stands in the spec; sorting is stable, so that the rest keeps its order."""
    return list(RunSpec.model_fields).index(key.partition(".")[0])
