"""Metrics: `evaluate.Metric` classes over the field's own libraries that need no network; other names come from the hub."""

from __future__ import annotations

import evaluate

from nbft.errors import DataError
from nbft.metrics.answers import ANSWER_METRICS
from nbft.metrics.base import OfflineMetric
from nbft.metrics.classes import CLASS_METRICS
from nbft.metrics.meteor import Meteor
from nbft.metrics.numbers import NUMBER_METRICS
from nbft.metrics.spans import SPAN_METRICS
from nbft.metrics.texts import TEXT_METRICS

METRICS: dict[str, type[OfflineMetric]] = {
    **CLASS_METRICS,
    **NUMBER_METRICS,
    **SPAN_METRICS,
    **ANSWER_METRICS,
    **TEXT_METRICS,
    "meteor": Meteor,
}


def load_metric(name: str) -> evaluate.EvaluationModule:
    """Returns a metric by name; raises DataError where it is neither ours nor to be had from the hub."""
    if name in METRICS:
        return METRICS[name]()
    try:
        return evaluate.load(name)
    except (OSError, FileNotFoundError, ValueError, ImportError) as error:
        raise DataError(
            f"There is no metric {name!r} here, and none could be loaded from the hub.",
            f"nbft has {', '.join(METRICS)}. Those of the hub are downloaded, which needs a network.",
            "evaluate.metrics",
        ) from error
