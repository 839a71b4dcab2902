from __future__ import annotations

import numpy as np
import pytest

from nbft.statistics.compare import Difference, compare
from nbft.statistics.decomposed import mean_of
from nbft.statistics.power import rows_needed, smallest_difference
from nbft.statistics.verdict import verdict

chance = np.random.default_rng(6)


def told(value: float, low: float, high: float, p: float, **more: object) -> Difference:
    return Difference(value, low, high, p, "McNemar", 1821, 0.0097, **more)  # pyright: ignore[reportArgumentType]


def test_the_better_system_is_named_first_whichever_is_asked_for_first():
    sentence = "reviews beats base by 7.1 points (95% CI 5.2 to 9.0, p < 0.001, n = 1821)"
    assert verdict("reviews", "base", told(0.071, 0.052, 0.09, 1e-9)) == sentence
    assert verdict("base", "reviews", told(-0.071, -0.09, -0.052, 1e-9)) == sentence


def test_lower_is_better_where_it_is():
    found = told(-1.234, -2.04, -0.51, 0.0123, lower_is_better=True, scale=None)
    assert verdict("tuned", "base", found, metric="perplexity") == (
        "tuned beats base by 1.23 perplexity, where lower is better (95% CI 0.51 to 2.04, p = 0.012, n = 1821)"
    )


def test_bleu_has_its_own_units():
    found = told(3.21, 2.0, 4.4, 0.0005, scale=100.0)
    assert verdict("a", "b", found, metric="bleu") == "a beats b by 3.2 bleu (95% CI 2.0 to 4.4, p < 0.001, n = 1821)"


def test_few_rows_say_how_many_would_be_needed():
    # (2.80 * 0.0214 * sqrt(110) / 0.02) ** 2 = 988
    found = Difference(0.018, -0.03, 0.07, 0.5, "McNemar, exact", 110, 0.0214)
    assert verdict("a", "b", found) == (
        "no difference can be told with 110 rows; about 990 would be needed for a difference of 2 points"
    )


def test_many_rows_say_what_they_would_have_shown():
    found = Difference(0.001, -0.004, 0.006, 0.7, "McNemar", 20000, 0.0025)
    assert verdict("a", "b", found).endswith("; one of 0.7 points or more would most likely have shown")


def test_what_only_stands_alone_is_not_claimed_among_many():
    found = verdict("a", "b", told(0.02, 0.002, 0.04, 0.03), p=0.09)
    assert found.startswith("no difference can be told with 1821 rows (p = 0.030 alone, 0.090 among all comparisons)")


def test_one_and_the_same_system_is_no_finding():
    x = chance.random(30)
    assert verdict("a", "b", compare(mean_of(x), mean_of(x))) == "no difference: a and b score the same on all 30 rows"


def test_the_rows_needed_are_enough_in_four_of_five_simulated_evaluations():
    only_a, only_b = 0.09, 0.05
    size = only_a - only_b
    n = rows_needed(size, float(np.sqrt(only_a + only_b - size**2)))
    found = 0
    for _ in range(400):
        kinds = chance.choice(3, n, p=[only_a, only_b, 1 - only_a - only_b])
        difference = compare(mean_of(kinds == 0), mean_of(kinds == 1))
        found += (difference.low or 0) > 0
    assert found / 400 == pytest.approx(0.8, abs=0.06)
    assert smallest_difference(n, float(np.sqrt(only_a + only_b - size**2))) == pytest.approx(size, rel=0.01)
