from __future__ import annotations

import pytest

from nbft.panels import wording


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.87123, "0.8712"),
        (12.345678, "12.35"),
        (1234.5, "1,234"),
        (2e-5, "2e-05"),
        (0, "0.0000"),
        (-0.5, "-0.5000"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_a_number_shows_four_digits_that_matter(value, words):
    assert wording.number(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (42.4, "0:42"), (725, "12:05"), (3725, "1:02:05"), (-1, "0:00"), (None, "–")]
)
def test_a_duration_reads_as_a_clock_does(seconds, words):
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"), [(950, "950"), (12_400, "12.4 k"), (66_900_000, "66.9 M"), (7_240_000_000, "7.2 B")]
)
def test_a_large_number_is_said_in_short(amount, words):
    assert wording.count(amount) == words


def test_epochs_have_no_needless_zeros():
    assert [wording.epoch(value) for value in (3.0, 1.71, 10.0, 0.5)] == ["3", "1.71", "10", "0.5"]
