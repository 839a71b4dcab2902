"""What a metric of ours is: an `evaluate.Metric` that needs no network."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar

import datasets
import evaluate

TEXT = datasets.Value("string")
INTEGER = datasets.Value("int64")
NUMBER = datasets.Value("float64")


class OfflineMetric(evaluate.Metric, ABC):
    """A metric whose `_compute(predictions=, references=)` returns {name: number}, over a library whose name it says."""

    inputs: ClassVar[dict[str, Any]] = {"predictions": INTEGER, "references": INTEGER}
    """The features of a row, as `datasets` writes them."""
    sentence: ClassVar[str] = ""
    """What it measures, and by which implementation."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.sentence,
            citation="",
            inputs_description=f"predictions and references, one a row: {self.inputs}",
            features=datasets.Features(self.inputs),
        )
