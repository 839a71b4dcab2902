from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbft.data.duplicates import find_duplicates, find_leaks, find_near, folded
from nbft.data.near_duplicates import bands_for, pieces, similarity

WORDS = ["river", "stone", "cloud", "window", "garden", "paper", "silver", "morning", "bread", "winter", "letter"]


def test_what_repeats_an_earlier_row_is_found_with_the_first_of_its_kind():
    found = find_duplicates(["a", "b", "A ", "a", "b"], ["1", "1", "1", "2", "1"])
    assert found.rows == [2, 4]
    assert found.first_of == {2: 0, 4: 1}
    assert found.conflicts == [0, 2, 3]
    assert found.against == {0: 3, 2: 3, 3: 0}


def test_without_targets_the_same_input_is_a_repeat_and_nothing_contradicts():
    found = find_duplicates(["x  y", "X Y", "z"])
    assert found.rows == [1]
    assert found.conflicts == []


@given(st.lists(st.tuples(st.sampled_from("abcAB "), st.sampled_from("12"))))
def test_duplicates_and_conflicts_are_those_of_a_plain_search(rows: list[tuple[str, str]]):
    keys = [(folded(given), target) for given, target in rows]
    found = find_duplicates([given for given, _ in rows], [target for _, target in rows])
    assert found.rows == [row for row, key in enumerate(keys) if key in keys[:row]]
    assert found.first_of == {row: keys.index(keys[row]) for row in found.rows}
    rivals = {row: [o for o, (g, t) in enumerate(keys) if g == key[0] and t != key[1]] for row, key in enumerate(keys)}
    assert found.against == {row: others[0] for row, others in rivals.items() if others}
    assert found.conflicts == list(found.against)


@given(st.lists(st.sampled_from("abcdAB ")), st.lists(st.sampled_from("abcdAB ")))
def test_leaks_are_those_of_a_plain_search(train: list[str], other: list[str]):
    there = [folded(text) for text in other]
    expected = [(row, there.index(folded(text))) for row, text in enumerate(train) if folded(text) in there]
    assert find_leaks(train, other) == expected


@pytest.mark.parametrize("wanted", [0.7, 0.8, 0.9, 0.95])
def test_near_duplicates_are_those_of_a_comparison_of_all_with_all(wanted: float):
    rng = random.Random(3)
    texts = []
    for _ in range(250):
        words = rng.choices(WORDS, k=rng.randint(4, 14))
        texts.append(" ".join(words))
        if rng.random() < 0.5:
            words[rng.randrange(len(words))] += rng.choice(["s", "", " ."])
            texts.append(" ".join(words).upper())
    sets = [pieces(folded(text)) for text in texts]
    kept: list[int] = []
    expected = set()
    for row, own in enumerate(sets):
        if any(similarity(own, sets[other]) >= wanted for other in kept):
            expected.add(row)
        else:
            kept.append(row)
    found = dict(find_near(texts, wanted))
    assert all(similarity(sets[row], sets[earlier]) >= wanted for row, earlier in found.items())
    assert all(earlier not in found for earlier in found.values())
    assert len(expected ^ set(found)) <= len(expected) // 100


def test_chinese_texts_are_compared_too():
    text = "这家餐厅的服务非常好，菜也很好吃，下次我们还会带朋友再来的，强烈推荐给大家"
    assert find_near([text, "完全不同的一句话", text + "！"], 0.9) == [(2, 0)]


def test_odd_texts_are_no_obstacle():
    assert find_near([], 0.9) == []
    assert find_near(["", "", "x", "\ud800", "y" * 100_000], 0.9) == [(1, 0)]


def test_near_inputs_with_other_targets_are_no_duplicates():
    text = "a long enough text that hardly changes at all when one sign is added to it"
    assert find_near([text, text + "!", text + "?"], 0.9, ["yes", "no", "yes"]) == [(2, 0)]


def test_parts_of_a_sketch_miss_at_most_one_pair_in_a_hundred():
    for wanted in (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99):
        bands = bands_for(wanted)
        assert (1 - wanted ** (128 // bands)) ** bands <= 0.01
