"""What is wrong with cleaning, labels and the way rows are held out, although every value is right by itself."""

from __future__ import annotations

from collections.abc import Iterator

from nbft.spec.cleaning import WrongStep, read_step
from nbft.spec.findings import Finding, Known
from nbft.spec.guess import closest, listed, short
from nbft.spec.sources import Count, Nothing, Share, called, share_or_source

_WITHOUT_TARGET = ("text-generation", "fill-mask")


def check_clean(known: Known) -> Iterator[Finding]:
    """Finds steps that there are not, options they don't take, and steps that can do nothing here."""
    data, task = known.spec.data, known.spec.task
    seen: dict[str, int] = {}
    for place, item in enumerate(data.clean or []):
        path = ("data", "clean", place)
        try:
            step = read_step(item)
        except WrongStep as wrong:
            yield Finding(path, wrong.what, wrong.fix)
            continue
        name = step.name
        if name in seen and not step.function:
            yield Finding(path, f"{name} is step {seen[name] + 1} already.", "Delete one of the two.")
        seen.setdefault(name, place)
        if name == "drop-conflicting" and task in _WITHOUT_TARGET:
            what = f"{task} learns from texts alone: there is no target that could contradict another."
            yield Finding(path, what, "Delete it.")
        nothing = all(isinstance(share_or_source(value), Nothing) for value in (data.validation or 1, data.test))
        if name == "drop-leaks" and nothing:
            yield Finding(
                path, "there are no validation rows and no test rows that could stand in train.", "Delete it."
            )


def check_splits(known: Known) -> Iterator[Finding]:
    """Finds group_by and order_by where they can do nothing, or name a column that isn't there."""
    data, columns = known.spec.data, known.columns
    given = [name for name in ("group_by", "order_by") if getattr(data, name) is not None]
    if len(given) == 2:
        what = "rows are held out by group or by order, not both."
        yield Finding(("data", "order_by"), what, "Delete one of the two.", "key")
    for name in given:
        column = getattr(data, name)
        if columns.names and columns.are_all and column not in columns.names:
            close = closest(column, columns.names)
            fix = f"Did you mean {close!r}?\n" if close else ""
            what = f"{called(data.train)} has no column {short(column)!r}."
            yield Finding(("data", name), what, f"{fix}Its columns: {listed(columns.names)}.")
    asked = [share_or_source(value) for value in (data.validation, data.test) if value is not None]
    is_drawn = data.validation is None or any(isinstance(part, Share | Count) for part in asked)
    if given and not is_drawn:
        what = "it says which of the training rows are held out, and none are."
        yield Finding(("data", given[0]), what, "Write   validation: 10%   in 'data', or delete it.", "key")
