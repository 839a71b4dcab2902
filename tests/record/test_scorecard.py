"""A scorecard survives its JSON."""

from __future__ import annotations

import json

from nbft.record.scorecard import Flip, Flips, Score, Scorecard, Slice, System, from_json, to_json


def test_a_scorecard_is_the_same_after_its_json():
    card = Scorecard(
        "text-classification",
        "test",
        "test.csv",
        4,
        systems=[System("tuned", "run", scores={"f1": Score(0.9, 0.8, 0.95)}), System("majority", "baseline")],
        slices=[Slice("label", "good", 2, {"tuned": {"f1": Score(None)}})],
        flips=[Flips("tuned", "base", 1, 0, [Flip("tuned", "base", 3, "a text", "good", "good", "bad")])],
    )
    assert from_json(json.loads(json.dumps(to_json(card)))) == card


def test_keys_of_a_later_version_are_passed_over():
    data = to_json(Scorecard("chat", "test", "test.csv", 1)) | {"mood": "sunny"}
    assert from_json(data).task == "chat"
