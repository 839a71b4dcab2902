"""Whether a system is right as often as it is sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def calibration(
    confidence: Sequence[float] | np.ndarray, is_right: Sequence[bool] | np.ndarray, bins: int = 10
) -> tuple[float, list[list[float]]]:
    """Returns the expected calibration error (Guo et al. 2017) and [low, high, rows, mean confidence, share right] of bins.

    Bins are of equal width and hold their upper end; one without rows is left out. Of no rows the error is not a number.
    """
    sure, right = np.asarray(confidence, float), np.asarray(is_right, float)
    numbers = np.clip(np.ceil(sure * bins) - 1, 0, bins - 1).astype(int)
    found = []
    for number in np.unique(numbers):
        inside = numbers == number
        means = (float(sure[inside].mean()), float(right[inside].mean()))
        found.append([number / bins, (number + 1) / bins, int(inside.sum()), *means])
    error = sum(rows * abs(mean - share) for _, _, rows, mean, share in found)
    return (error / len(sure) if len(sure) else float("nan")), found
