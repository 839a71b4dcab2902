from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from nbft.data.drawn import hold_out_groups, hold_out_last
from nbft.data.dropped import GROUP, ORDER, ROW
from nbft.errors import DataError


def grouped(groups: list[Any]) -> Dataset:
    return Dataset.from_dict(
        {"text": [str(row) for row in range(len(groups))], GROUP: groups, ROW: list(range(len(groups)))}
    )


def ordered(values: list[Any]) -> Dataset:
    return Dataset.from_dict(
        {"text": [str(row) for row in range(len(values))], ORDER: values, ROW: list(range(len(values)))}
    )


@settings(deadline=None)  # on a busy machine a draw takes its time
@given(st.lists(st.sampled_from("abcdefghij"), min_size=12, max_size=80), st.integers(1, 6), st.integers(0, 5))
def test_no_group_is_on_both_sides_and_no_row_is_lost(groups: list[str], size: int, seed: int):
    if len(set(groups)) < 2:
        return
    kept, held, _ = hold_out_groups(grouped(groups), size, None, seed, "user")
    assert len(kept) > 0
    assert len(held) > 0
    assert not set(kept[GROUP]) & set(held[GROUP])
    assert sorted([*kept[ROW], *held[ROW]]) == list(range(len(groups)))


def test_many_groups_come_near_the_wanted_size_and_keep_the_proportion_of_labels():
    rng = np.random.default_rng(1)
    groups = [f"user {number}" for number in rng.integers(0, 300, 3000)]
    labels = ["rare" if int(group.split()[1]) % 10 == 0 else "common" for group in groups]
    _, held, note = hold_out_groups(grouped(groups), 0.1, labels, 1, "user")
    share = Counter(labels[int(row)] for row in held["text"])
    assert abs(len(held) - 300) <= 15
    assert abs(share["rare"] / len(held) - labels.count("rare") / 3000) <= 0.02
    assert note.endswith("no group is on both sides.")


def test_the_seed_decides_which_groups():
    rows = grouped([str(row // 5) for row in range(200)])
    first, again, other = (hold_out_groups(rows, 20, None, seed, "user")[1][ROW][:] for seed in (1, 1, 2))
    assert first == again != other


def test_one_group_cannot_be_parted():
    with pytest.raises(DataError, match="no two groups") as caught:
        hold_out_groups(grouped(["a"] * 9), 2, None, 1, "user")
    assert caught.value.path == "data.group_by"


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ([5, 1, 4, 2, 3], [0, 2]),
        (["10", "9", "8", "7", "1"], [0, 1]),
        ([0.5, -2.0, 1e9, 3.0, 2.0], [2, 3]),
        (["2024-01-05", "2023-12-31", "2024-02-01T10:00:00", "2024-01-31", "2020-01-01"], [2, 3]),
        (["31/05/2024", "03/04/2024", "15/04/2024", "01/12/2023", "02/03/2024"], [0, 2]),
        (["05.06.2024", "06.05.2024", "01.07.2024", "12.01.2024", "03.03.2024"], [0, 2]),
        (["05/06/2024", "06/05/2024", "12/13/2023", "01/07/2024", "03/03/2024"], [0, 1]),
        ([date(2024, 1, 1), date(2024, 3, 1), date(2024, 2, 1), date(2020, 1, 1), date(2021, 1, 1)], [1, 2]),
        ([datetime(2024, 1, 1, hour) for hour in (3, 1, 2, 5, 4)], [3, 4]),
    ],
)
def test_the_last_rows_are_held_out(values: list[Any], held: list[int]):
    kept, last, note = hold_out_last(ordered(values), 2, "when")
    assert last[ROW][:] == held
    assert len(kept) == 3
    assert note.startswith("The last 2 rows by 'when' were held out")


def test_what_is_no_date_is_named_with_its_row():
    with pytest.raises(DataError, match="2 of 4 rows have neither a date nor a number in column 'when'") as caught:
        hold_out_last(ordered(["2024-01-01", "soon", None, "2024-01-02"]), 1, "when")
    assert "row 2 (soon), 3 (nothing)" in caught.value.fix
    assert caught.value.path == "data.order_by"
