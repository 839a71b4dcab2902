"""What an evaluation found, as it is kept in JSON: scores with intervals, comparisons, and where models are wrong.

Shares are 0 to 1, BLEU, chrF and TER 0 to 100, as everywhere; an interval holds with 95%. What can't be told is None.
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Score:
    """A metric's value and the ends of its interval."""

    value: float | None
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    """Of a series: the sample standard deviation over its seeds, whose mean the value is."""


@dataclass(frozen=True)
class MetricNote:
    """How a metric is computed, so that its numbers can be compared with those of others."""

    name: str
    implementation: str = ""
    """The library, its version and the function, in words."""
    signature: str = ""
    """The metric's own signature where it has one, as sacrebleu's."""
    lower_is_better: bool = False


@dataclass(frozen=True)
class System:
    """Something that was evaluated."""

    name: str
    kind: str
    """run, series (the mean of runs), base (a run's model before training), model (a folder or hub id), adapter, baseline."""
    about: str = ""
    """What it is, in a sentence: `the label that most training rows have`."""
    scores: dict[str, Score] = field(default_factory=dict)
    rows_per_s: float | None = None
    predictions: str = ""
    """The Parquet file of its predictions, relative to the scorecard's folder."""


@dataclass(frozen=True)
class Comparison:
    """One system against another on the same rows; `difference` is a's value minus b's."""

    a: str
    b: str
    metric: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    """After Holm's correction over all comparisons of the evaluation."""
    test: str
    """The test's name: `McNemar, exact`, `paired bootstrap`, ..."""
    verdict: str
    """The finding in a sentence."""


@dataclass(frozen=True)
class Slice:
    """The rows that share a value: `by` is label, length, or a column."""

    by: str
    value: str
    rows: int
    scores: dict[str, dict[str, Score]]
    """By system, then by metric."""


@dataclass(frozen=True)
class Confusion:
    """How often a label (a row of `counts`) was taken for another (a column)."""

    system: str
    labels: list[str]
    counts: list[list[int]]


@dataclass(frozen=True)
class Calibration:
    """Whether a system is right as often as it is sure; a bin is [low, high, rows, mean confidence, share right]."""

    system: str
    expected_error: float
    bins: list[list[float]]


@dataclass(frozen=True)
class Mistake:
    """A row that a system got wrong; the surest of them come first."""

    system: str
    row: int
    """The row's number in its source, from 1."""
    input: str
    reference: str
    prediction: str
    confidence: float | None = None


@dataclass(frozen=True)
class Flip:
    """A row that the one system got right and the other wrong."""

    won_by: str
    lost_by: str
    row: int
    input: str
    reference: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Flips:
    """The rows on which two systems differ: how many each alone got right, and some of them."""

    a: str
    b: str
    won_by_a: int
    won_by_b: int
    rows: list[Flip] = field(default_factory=list)


@dataclass(frozen=True)
class Gate:
    """A demand, as `accuracy >= 0.85`, and whether it is met."""

    demand: str
    system: str
    is_met: bool
    found: str
    """What was found, in words."""


@dataclass(frozen=True)
class Scorecard:
    """All that one evaluation found; what some task does not have is left empty."""

    task: str
    split: str
    """test, validation, or data where rows of one's own were given."""
    data: str
    """Where the rows came from, in words."""
    rows: int
    metrics: list[MetricNote] = field(default_factory=list)
    systems: list[System] = field(default_factory=list)
    """Those asked for, in that order, then the baselines."""
    comparisons: list[Comparison] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    confusions: list[Confusion] = field(default_factory=list)
    calibrations: list[Calibration] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    flips: list[Flips] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a reader must know to judge the numbers, a sentence each."""
    seconds: float = 0.0


def to_json(card: Scorecard) -> dict[str, Any]:
    """Returns the scorecard as plain data."""
    return dataclasses.asdict(card)


def from_json(data: dict[str, Any]) -> Scorecard:
    """Returns the scorecard; keys that this version does not know are passed over."""
    return read_as(Scorecard, data)


def read_as(kind: Any, data: Any) -> Any:
    """Returns plain data as the annotation says: a dataclass (or None), a list or dict of them, or the value itself."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        known = {f.name for f in dataclasses.fields(kind)}
        return typing.cast("Any", kind)(
            **{key: read_as(hints[key], value) for key, value in data.items() if key in known}
        )
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return [read_as(inner[0], item) for item in data]
    if origin is dict:
        return {key: read_as(inner[1], item) for key, item in data.items()}
    optional = [part for part in inner if dataclasses.is_dataclass(part)]
    return read_as(optional[0], data) if optional and data is not None else data
