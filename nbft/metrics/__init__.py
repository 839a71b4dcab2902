"""Metrics: `evaluate.Metric` classes over the field's own libraries that need no network; other names come from the hub."""

from __future__ import annotations

from pathlib import Path

import evaluate

from nbft.errors import DataError
from nbft.metrics.answers import ANSWER_METRICS
from nbft.metrics.base import OfflineMetric
from nbft.metrics.classes import CLASS_METRICS
from nbft.metrics.meteor import Meteor
from nbft.metrics.numbers import NUMBER_METRICS
from nbft.metrics.spans import SPAN_METRICS
from nbft.metrics.texts import TEXT_METRICS
from nbft.spec.judged_metrics import untrusted

METRICS: dict[str, type[OfflineMetric]] = {
    **CLASS_METRICS,
    **NUMBER_METRICS,
    **SPAN_METRICS,
    **ANSWER_METRICS,
    **TEXT_METRICS,
    "meteor": Meteor,
}


def load_metric(name: str, *, trust_remote_code: bool = False) -> evaluate.EvaluationModule:
    """Returns a metric by name: one of ours, a folder with a script, or with trust in its code one of the hub.

    Raises DataError where there is none, or where its code is not trusted.
    """
    if name in METRICS:
        return METRICS[name]()
    place = Path(name).expanduser()
    is_here = place.exists()
    if not is_here and not trust_remote_code:
        raise DataError(*untrusted(name), "metrics")
    try:
        return evaluate.load(str(place) if is_here else name, keep_in_memory=True)
    except ImportError as error:
        raise DataError(f"The metric {name!r} can't be loaded: {error}", _IMPORTS, "metrics") from error
    except Exception as error:  # a script may raise anything
        raise DataError(*_explained(name, error, is_here=is_here), "metrics") from error


def _explained(name: str, error: Exception, *, is_here: bool) -> tuple[str, str]:
    if is_here and isinstance(error, FileNotFoundError):
        stem = Path(name).name.removesuffix(".py")
        return f"The folder {name} holds no metric.", f"Its script is looked for in {stem}/{stem}.py."
    if is_here:
        return f"The metric {name!r} can't be loaded: {type(error).__name__}: {error}", ""
    return (
        f"There is no metric {name!r} here, and none could be loaded from the hub.",
        f"nbft has {', '.join(METRICS)}. Those of the hub are downloaded, which needs a network.",
    )


_IMPORTS = "`evaluate` reads a script's imports line by line: one module in each, installed."
