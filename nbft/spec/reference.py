"""The reference of the YAML as a page of markdown, made from the sections: every key, what it takes, its default."""

from __future__ import annotations

from collections.abc import Iterable

from nbft.spec.cleaning import STEPS
from nbft.spec.fields import Key, Names, keys
from nbft.spec.metric_names import DEFAULT_METRICS, MORE_METRICS
from nbft.spec.scalars import spell
from nbft.spec.scope import TASK_NAMES, is_read, scoped
from nbft.spec.sections import RunSpec
from nbft.spec.sources import ENDINGS_IN_WORDS
from nbft.starter import STARTER_DATA, STARTER_MODELS

EXAMPLE = """\
model: distilbert-base-uncased
task: text-classification
data:
  train: reviews.csv
  validation: 10%
  test: test.csv
  columns: {text: review, label: stars}
train: {epochs: 3, learning_rate: 2e-5, batch_size: 16}
early_stopping: {monitor: eval/accuracy, patience: 2}
evaluate: {every: epoch, metrics: [accuracy, f1]}
save: {every: epoch, keep: 2}
seed: 42
"""

_RULES = """\
* Numbers are those of YAML 1.2: `2e-5`, `.5`, `1_000`. `on`, `off`, `yes`, `no` are text; true and false are `true`, `false`.
* A share is written `10%` or `0.1`.
* `$name` takes a variable of the notebook, anywhere a value stands; `$$` is a dollar.
* `model: $net` with `tokenizer: $tok` hands over a model and a tokenizer of transformers, `from_scratch: $config` a config.
* `data.train: reviews.csv` is short for `{source: reviews.csv}`; a list takes rows from several sources.
* `model: bert-base-uncased` is short for `model: {name: bert-base-uncased}`, and `tokenizer: NAME` likewise.
* Tabs, tags, anchors, aliases, keys given twice and keys that nbft does not know are errors.
"""


_TASKS_NOTE = (
    "A key that only other tasks read is an error. `task` may be left out where columns and model leave one choice; "
    "`nbft check` and the run say which was seen, and why."
)


_SOURCE_NOTE = (
    "`data.train`, `data.validation` and `data.test` take a source by its name, as `reviews.csv`, or as a mapping, as "
    "`{source: reviews.xlsx, sheet: March}`, or a list of both. [More on sources](data/sources.md)."
)


def reference_markdown() -> str:
    """Returns the whole page."""
    parts = ["# The YAML of a run", RunSpec.__doc__ or "", f"```yaml\n{EXAMPLE}```", "## Rules", _RULES.rstrip()]
    parts += ["## Keys", _table([key for key in keys().values() if len(key.path) == 1])]
    for key in keys().values():
        if key.section is not None:
            parts += [f"## `{key.name}`", key.sentence, _table(_inside(key.path))]
        if key.inner is not None and key.path == ("data", "train"):
            parts += ["## A source as a mapping", _SOURCE_NOTE, _table(_inside(key.path))]
    parts += ["## What each task reads", _TASKS_NOTE, _tasks()]
    parts += ["## Names that need no network", _names()]
    return "\n\n".join(parts) + "\n"


def _inside(path: Names) -> list[Key]:
    return [key for key in keys().values() if key.path[:-1] == path]


def _table(rows: list[Key]) -> str:
    head = ["| key | takes | if left out | |", "|---|---|---|---|"]
    return "\n".join(
        head + [f"| `{key.path[-1]}` | {_takes(key)} | {_default(key)} | {key.sentence} |" for key in rows]
    )


def _takes(key: Key) -> str:
    if key.section:
        before = f"a {key.shorthand}, or " if key.shorthand else ""
        return f"{before}[a section](#{key.name.replace('.', '')})"
    return key.words.replace("|", "\\|")


def _default(key: Key) -> str:
    if key.is_needed:
        return "must be given"
    return f"`{spell(key.default)}`" if key.default is not None and key.section is None else ""


def _metrics(kind: str) -> str:
    more = MORE_METRICS.get(kind, ())
    asked = f"; when asked for {_ticked(more)}" if more else ""
    return f"{_ticked(DEFAULT_METRICS[kind])}{asked}"


def _ticked(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tasks() -> str:
    """Returns a table of what only some tasks read."""
    rows = ["| task | columns | options |", "|---|---|---|"]
    for task in TASK_NAMES:
        own = [path for path in scoped() if is_read(task, *path)]
        columns = _ticked(path[-1] for path in own if path[:2] == ("data", "columns"))
        rows.append(f"| {task} | {columns} | {_ticked('.'.join(p) for p in own if p[:2] != ('data', 'columns'))} |")
    return "\n".join(rows)


def _names() -> str:
    rows = [f"* metrics of {kind}: {_metrics(kind)}" for kind in DEFAULT_METRICS]
    rows += [f"* models that ship with nbft: {', '.join(f'`{name}`' for name in STARTER_MODELS)}"]
    rows += [f"* data that ship with nbft: {', '.join(f'`{name}`' for name in STARTER_DATA)}"]
    rows += [f"* steps of `data.clean`, [each explained](data/cleaning.md): {_ticked(STEPS)}"]
    return "\n".join([*rows, f"* files: {ENDINGS_IN_WORDS}"])
