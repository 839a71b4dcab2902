from __future__ import annotations

import numpy as np
import pytest

from nbft.statistics.calibration import calibration


def test_the_error_is_the_one_counted_by_hand():
    # two rows at 0.9 of which one is right, two at 0.6 that are right: (2 * 0.4 + 2 * 0.4) / 4
    error, bins = calibration([0.9, 0.9, 0.6, 0.6], [True, False, True, True])
    assert error == pytest.approx(0.4)
    assert bins == [[0.5, 0.6, 2, pytest.approx(0.6), 1.0], [0.8, 0.9, 2, pytest.approx(0.9), 0.5]]


def test_certainty_and_doubt_have_a_bin():
    error, bins = calibration([1.0, 0.0], [True, False], bins=5)
    assert error == 0
    assert bins == [[0.0, 0.2, 1, 0.0, 0.0], [0.8, 1.0, 1, 1.0, 1.0]]


def test_no_rows_have_no_calibration():
    error, bins = calibration([], [])
    assert np.isnan(error)
    assert bins == []


def test_a_calibrated_system_has_next_to_no_error():
    chance = np.random.default_rng(1)
    sure = chance.random(100_000)
    assert calibration(sure, chance.random(100_000) < sure)[0] < 0.01
