"""A series among what is judged: its seeds are judged one by one, and together by their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbft.engine.judging.card import Judgement
from nbft.engine.judging.systems import Asked
from nbft.record.scorecard import Score, System
from nbft.statistics.compare import Difference
from nbft.statistics.seeds import Side, compare_over_seeds, spread_of
from nbft.statistics.verdict import verdict_over_seeds

SERIES = "series"
NOTE = (
    "{name} is the mean of {n} seeds; its interval is Student's t for the mean of other seeds on the same rows, its spread "
    "the sample standard deviation. The intervals of single runs are those of other rows. A difference to {name} counts both."
)


@dataclass(frozen=True)
class Seeds:
    """A series by its judged runs."""

    name: str
    members: list[Judgement]

    @property
    def scores(self) -> dict[str, Score]:
        """Mean, t-interval and spread of every metric that all seeds have."""
        found = {name: spread_of([one.metrics[name].total() for one in self.members]) for name in self.metrics}
        return {name: Score(one.mean, one.low, one.high, one.deviation) for name, one in found.items()}

    @property
    def metrics(self) -> list[str]:
        """The metrics that all seeds have."""
        first, *others = self.members
        return [name for name in first.metrics if all(name in one.metrics for one in others)]

    @property
    def system(self) -> System:
        """The series as a row of the scorecard."""
        return System(self.name, SERIES, f"the mean of {len(self.members)} seeds", self.scores)

    @property
    def note(self) -> str:
        """What its numbers mean."""
        return NOTE.format(name=self.name, n=len(self.members))


def series_among(asked: Sequence[Asked], judgements: Sequence[Judgement]) -> dict[str, Seeds]:
    """Returns the series by their names."""
    judged = {one.name: one for one in judgements}
    found: dict[str, Seeds] = {}
    for one in asked:
        if one.series:
            found.setdefault(one.series, Seeds(one.series, [])).members.append(judged[one.name])
    return found


def with_series(systems: Sequence[System], series: Mapping[str, Seeds]) -> list[System]:
    """Returns the systems with each series before its first run."""
    before = {one.members[0].name: one.system for one in series.values()}
    return [shown for system in systems for shown in (before.get(system.name), system) if shown]


def standing_for(judgements: Sequence[Judgement], series: Mapping[str, Seeds]) -> list[Judgement]:
    """Returns the judgements with the first run of each series, under its name, in place of them all."""
    of_run = {run.name: one for one in series.values() for run in one.members}
    found: dict[str, Judgement] = {}
    for one in judgements:
        group = of_run.get(one.name)
        name = group.name if group else one.name
        found.setdefault(name, Judgement(name, one.is_baseline, one.answers, one.metrics))
    return list(found.values())


@dataclass(frozen=True)
class OverSeeds:
    """Compares where a series is on one side at least."""

    series: Mapping[str, Seeds]
    judged: Mapping[str, Judgement]
    runs: frozenset[str]
    """The systems alone that are runs, each one draw of its seeds."""

    def concerns(self, a: str, b: str) -> bool:
        """Returns whether a side is a series."""
        return a in self.series or b in self.series

    def metrics(self, a: str, b: str) -> list[str]:
        """Returns the metrics that both sides have, of as many rows."""
        first, second = self._members(a), self._members(b)
        every = [*first, *second]
        common = [name for name in first[0].metrics if all(name in one.metrics for one in every)]
        return [name for name in common if len({one.metrics[name].n for one in every}) == 1]

    def compare(self, a: str, b: str, metric: str, seed: int) -> Difference:
        """Returns the difference of the means."""
        return compare_over_seeds(self._side(a, metric), self._side(b, metric), seed=seed)

    def verdict(self, a: str, b: str, metric: str, found: Difference, p: float | None) -> str:
        """Returns the finding in a sentence."""
        sides = (self._side(a, metric), self._side(b, metric))
        seeds = (len(sides[0].metrics), len(sides[1].metrics))
        spreads = (sides[0].spread, sides[1].spread)
        return verdict_over_seeds((a, b), found, seeds, spreads, metric=metric, p=p)

    def _members(self, name: str) -> list[Judgement]:
        return self.series[name].members if name in self.series else [self.judged[name]]

    def _side(self, name: str, metric: str) -> Side:
        return Side([one.metrics[metric] for one in self._members(name)], is_drawn=name in self.runs)
