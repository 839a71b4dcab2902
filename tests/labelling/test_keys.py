from __future__ import annotations

import pytest

from nbft.labelling.keys import keys_of


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (["positive", "negative"], [["1", "p"], ["2", "n"]]),
        (["positive", "perfect", "bad"], [["1"], ["2"], ["3", "b"]]),
        (["spam", "ham", "unknown"], [["1"], ["2", "h"], ["3"]]),
        (["好", "坏", "2 stars", "Été"], [["1", "好"], ["2", "坏"], ["3"], ["4", "é"]]),
    ],
)
def test_numbers_and_first_letters_that_are_free(labels, keys):
    assert keys_of(labels, len(labels)) == keys


def test_a_tenth_label_has_its_letter_alone():
    assert keys_of(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], 10)[9] == ["j"]


def test_a_label_added_later_takes_no_letter_away():
    assert keys_of(["positive", "negative", "poor", "odd"], 2) == [["1", "p"], ["2", "n"], ["3"], ["4", "o"]]
