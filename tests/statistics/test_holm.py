from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from statsmodels.stats.multitest import multipletests

from nbft.statistics.holm import holm


@settings(max_examples=10, deadline=None)  # statsmodels collects garbage each time
@given(some.lists(some.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_values_are_those_of_statsmodels(p_values: list[float]):
    assert holm(p_values) == pytest.approx(np.asarray(multipletests(p_values, method="holm")[1]))


def test_what_was_not_compared_counts_for_nothing():
    assert holm([0.02, None, 0.01]) == [0.02, None, 0.02]
    assert holm([]) == []
