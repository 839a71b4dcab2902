from __future__ import annotations

import pytest

from nbft.metrics import load_metric
from nbft.metrics.meteor import meteor_scores

SAID = "It is a guide to action which ensures that the military always obeys the commands of the party"
WANTED = "It is a guide to action that ensures that the military will forever heed Party commands"


def test_the_example_of_nltks_documentation_comes_out_as_there():
    # 0.6944 with WordNet, none of whose synonyms matches a word of this pair
    assert load_metric("meteor").compute(predictions=[SAID], references=[WANTED]) == {
        "meteor": pytest.approx(0.6944, abs=5e-5)
    }


def test_stems_match_and_the_score_is_the_one_counted_by_hand():
    # 2 of 3 words match ("cats" by its stem) in 1 piece: P = R = 2/3, F = 2/3, the penalty is 0.5 * (1/2) ** 3
    assert meteor_scores(["the cats slept"], ["the cat sat"]) == [pytest.approx(2 / 3 * (1 - 0.5 / 8))]


def test_the_best_reference_counts():
    assert meteor_scores(["a dog"], [["cat", "a dog"]]) == meteor_scores(["a dog"], ["a dog"])
    assert meteor_scores([""], ["a dog"]) == [0.0]
