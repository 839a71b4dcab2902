"""Many comparisons at once: the more are made, the likelier one of them looks like something by chance."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Returns p adjusted by Holm's method (1979), in the same order; what is None is no comparison and stays None."""
    given = [i for i, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    least = 0.0
    order = sorted(given, key=lambda i: p_values[i] or 0.0)
    for rank, i in enumerate(order):
        least = max(least, min((p_values[i] or 0.0) * (len(given) - rank), 1.0))
        adjusted[i] = least
    return adjusted
