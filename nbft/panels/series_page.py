"""The scores of a series: a row for each seed, below them mean, spread and interval; as plain HTML and as aligned lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nbft.panels.base import text
from nbft.panels.data_text import WIDTH, safe
from nbft.panels.plots import short
from nbft.panels.wording import NONE, duration, number, plural, sentence
from nbft.record.events import Values

if TYPE_CHECKING:
    from nbft.statistics.seeds import Spread

TO_COME = "to come"
MOST_IN_TEXT = 5
_SIDES = ("left", "right")
NOTE = (
    "Spread is the sample standard deviation over seeds; the 95% interval of the mean is Student's t. Only finished runs "
    "count. What differs between seeds is how training went (new head, order of rows, dropout): the rows are the same."
)


@dataclass(frozen=True)
class SeedRow:
    """One seed of a series."""

    seed: int
    run: str
    status: str
    values: Values = field(default_factory=dict)
    """Those of the model that is kept, on validation and test rows."""
    took_s: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it came to its end, so that its scores are of the same training as the others'."""
        return self.status == "finished"


@dataclass(frozen=True)
class SeriesTable:
    """All seeds of a series, those to come too."""

    name: str
    rows: tuple[SeedRow, ...]
    monitor: str = ""
    """The metric by which the best model is chosen; it comes first."""

    @cached_property
    def metrics(self) -> list[str]:
        """The names of all metrics, that of the choice and its value on the test rows first."""
        found = dict.fromkeys(name for row in self.rows for name in row.values)
        first = (self.monitor, f"test/{short(self.monitor)}") if self.monitor else ()
        return sorted(found, key=lambda name: first.index(name) if name in first else len(first))

    @cached_property
    def spreads(self) -> dict[str, Spread]:
        """Every metric over the finished runs; one that is not defined for some of them is left out."""
        from nbft.statistics.seeds import spread_of  # scipy takes its time

        counted = [row for row in self.rows if row.counts]
        found: dict[str, list[float]] = {}
        for name in self.metrics:
            values = [value for row in counted if (value := row.values.get(name)) is not None]
            if counted and len(values) == len(counted):
                found[name] = values
        return {name: spread_of(values) for name, values in found.items()}

    @property
    def done(self) -> int:
        """How many seeds are finished."""
        return sum(row.counts for row in self.rows)

    def place_of(self, run: str) -> int:
        """Returns which seed of all a run's is, from 1."""
        return next(place for place, row in enumerate(self.rows, 1) if row.run == run)

    def left_s(self, eta_s: float | None) -> float | None:
        """Returns how long all seeds still take, as long as the finished ones took; None where none is finished."""
        took = [row.took_s for row in self.rows if row.counts and row.took_s]
        to_come = sum(row.status == TO_COME for row in self.rows)
        return (eta_s or 0.0) + to_come * sum(took) / len(took) if took else None

    def sentence(self) -> str:
        """Returns how many seeds are finished, and mean and spread of the first metric, in one line."""
        said = [f"{self.name}: {self.done} of {plural(len(self.rows), 'seed')} finished"]
        for name in self.metrics[:2]:
            found = self.spreads.get(name)
            if found is not None and (name in (self.metrics[0], f"test/{short(self.metrics[0])}")):
                said.append(f"{title(name)} {_with_spread(found)}")
        return ", ".join(said)

    def to_html(self) -> str:
        """Returns what is finished, the table of all metrics, and how to read it."""
        said = sentence(self.sentence().partition(": ")[2])
        head = f"<p><b>{text(self.name)}</b> · {text(said)}</p>"
        return f"{head}{self.rows_html(len(self.metrics))}<p><small>{text(NOTE)}</small></p>"

    def rows_html(self, most: int) -> str:
        """Returns the table alone, with at most so many metrics; mean and spread are bold."""
        metrics = self.metrics[:most]
        heads = "".join(f'<th align="right">{text(title(name))}</th>' for name in metrics)
        body = "".join(_html_row(cells, bold=bold) for cells, bold in self._lines(metrics))
        return (
            f'<table class="nbft-series"><thead><tr><th align="left">seed</th><th align="left">run</th>'
            f'<th align="left">status</th>{heads}</tr></thead><tbody>{body}</tbody></table>'
        )

    def to_text(self) -> str:
        """Returns the table as aligned lines, with as many metrics as fit beside each other."""
        metrics = self.metrics[:MOST_IN_TEXT]
        lines = [["seed", "run", "status", *map(title, metrics)], *(cells for cells, _ in self._lines(metrics))]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        shown = "\n".join(_aligned(line, widths) for line in lines)
        return safe(f"{self.sentence()}\n\n{shown}\n\n{textwrap.fill(NOTE, WIDTH)}")

    def _lines(self, metrics: Sequence[str]) -> list[tuple[list[str], bool]]:
        seeds = [
            ([str(row.seed), row.run or NONE, row.status, *(number(row.values.get(name)) for name in metrics)], False)
            for row in self.rows
        ]
        if not self.spreads:
            return seeds
        found = [self.spreads.get(name) for name in metrics]
        about = f"of {plural(self.done, 'seed')}"
        mean = (["mean", about, "", *(number(one.mean if one else None) for one in found)], True)
        spread = (["spread", about, "", *(number(one.deviation if one else None) for one in found)], True)
        ends = (["95% CI", "of the mean", "", *map(_interval, found)], False)
        return [*seeds, mean, spread, ends] if self.done > 1 else [*seeds, mean]


def title(metric: str) -> str:
    """Returns `accuracy` for `eval/accuracy`, and `test accuracy` for that of the test rows."""
    return f"test {short(metric)}" if metric.startswith("test/") else short(metric)


def left(seconds: float | None) -> str:
    """Returns `about 12:05 left for all seeds`; empty where nobody knows."""
    return f"about {duration(seconds)} left for all seeds" if seconds is not None else ""


def _with_spread(found: Spread) -> str:
    spread = f", spread {number(found.deviation)}" if found.deviation is not None else ""
    return f"mean {number(found.mean)}{spread}"


def _interval(found: Spread | None) -> str:
    return NONE if found is None or found.low is None else f"{number(found.low)} to {number(found.high)}"


def _html_row(cells: Sequence[str], *, bold: bool) -> str:
    shown = [f"<b>{text(cell)}</b>" if bold and cell else text(cell) for cell in cells]
    inner = "".join(f'<td align="{_SIDES[i > 2]}">{cell}</td>' for i, cell in enumerate(shown))
    return f"<tr>{inner}</tr>"


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(line, widths, range(len(line)), strict=True)
    return "  ".join(cell.ljust(w) if i < 3 else cell.rjust(w) for cell, w, i in cells).rstrip()
