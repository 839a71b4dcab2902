"""`seeds` and `split_seed`: which runs a spec stands for, and the YAML of each."""

from __future__ import annotations

import pytest

from nbft.spec.load import load_spec
from nbft.spec.seeds import text_of_seed

BASE = "model: starter-encoder\ndata: {train: starter-reviews}\n"


@pytest.mark.parametrize(
    ("typed", "seeds"),
    [
        ("", []),
        ("seeds: 3", [42, 43, 44]),
        ("seed: 7\nseeds: 2", [7, 8]),
        ("seeds: 1", [42]),
        ("seeds: [5, 1, 3]", [5, 1, 3]),
    ],
)
def test_a_count_goes_on_from_the_seed_and_a_list_is_as_it_stands(typed, seeds):
    assert load_spec(BASE + typed).every_seed == seeds


def test_a_count_or_a_list_can_be_set_beside_the_text():
    assert load_spec(BASE, overrides=["seeds=2"]).every_seed == [42, 43]
    assert load_spec(f"{BASE}seeds: 5", overrides={"seeds": [1, 2]}).every_seed == [1, 2]


def test_every_run_of_a_series_holds_out_the_rows_of_the_first_unless_told_otherwise():
    spec = load_spec(f"{BASE}seeds: [5, 6]")
    assert [(one.seed, one.split_seed, one.seeds) for one in map(spec.of_seed, spec.every_seed)] == [
        (5, 5, None),
        (6, 5, None),
    ]
    other = load_spec({"model": "x", "data": {"train": "imdb", "split_seed": 9}, "seeds": 2})
    assert [other.of_seed(seed).split_seed for seed in other.every_seed] == [9, 9]
    assert load_spec(f"{BASE}seed: 3").split_seed == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "model: a # m\ndata: {train: imdb}\nseeds: 5  # five\ntrain: {epochs: 1}\n",
            "model: a # m\ndata: {split_seed: 42, train: imdb}\nseed: 43  # five\ntrain: {epochs: 1}\n",
        ),
        (
            "model: a\ndata:\n  # here\n  train: imdb\nseeds:\n  - 42\n  - 43\n# end\n",
            "model: a\ndata:\n  # here\n  split_seed: 42\n  train: imdb\nseed: 43\n# end\n",
        ),
        (
            "model: a\nseed: 42\nseeds: 2 # two\ndata:\n  train: imdb",
            "model: a\nseed: 43\ndata:\n  split_seed: 42\n  train: imdb",
        ),
        (
            "{model: a, data: {train: imdb}, seed: 42, seeds: 2}",
            "model: a\ndata:\n  train: imdb\n  split_seed: 42\nseed: 43\n",
        ),
    ],
    ids=["count", "list in lines", "seed and count", "braces"],
)
def test_the_text_of_a_seed_keeps_comments_and_says_its_seed_and_what_draws_the_split(text, found):
    assert text_of_seed(text, 43, 42) == found
    again = load_spec(text_of_seed(found, 44, 42))
    assert (again.seed, again.seeds, again.data.split_seed) == (44, None, 42)
