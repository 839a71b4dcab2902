"""Journals whose writer was killed or found the disk full: no line is lost that was written, none is glued to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbft.record.journal import Follower, JournalFull, append
from tests.faults.full_disk import files_up_to


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of two lines."""
    file = tmp_path / "events.jsonl"
    append(file, {"seq": 1})
    append(file, {"seq": 2})
    return file


@pytest.mark.parametrize("room", range(14))
def test_a_line_without_room_leaves_the_journal_as_it_was(journal: Path, room: int):
    before = journal.read_bytes()

    with files_up_to(len(before) + room), pytest.raises(JournalFull):
        append(journal, {"seq": 3, "x": 1})

    assert journal.read_bytes() == before
    append(journal, {"seq": 3})
    assert Follower(journal).read() == [{"seq": 1}, {"seq": 2}, {"seq": 3}]


def test_a_follower_is_not_misled_by_a_line_that_was_taken_back(journal: Path):
    with journal.open("ab") as file:
        file.write(b'{"seq": 3, "to')  # a killed writer
    follower = Follower(journal)
    assert [line["seq"] for line in follower.read()] == [1, 2]

    with files_up_to(journal.stat().st_size + 5), pytest.raises(JournalFull):
        append(journal, {"seq": 4, "long": "x" * 100})
    assert follower.read() == []
    append(journal, {"seq": 4})

    assert follower.read() == [{"seq": 4}]
    assert [line["seq"] for line in Follower(journal).read()] == [1, 2, 4]


def test_a_journal_cut_at_any_byte_loses_its_last_line_alone(journal: Path):
    whole = journal.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole)):
        journal.write_bytes(whole[:length])
        append(journal, {"seq": 3})

        seen = [line["seq"] for line in Follower(journal).read()]
        assert seen == ([1, 2, 3] if length == len(whole) - 1 else [1, 3]), whole[:length]


def test_zeros_that_a_power_cut_left_at_the_end_are_passed_over(journal: Path):
    with journal.open("ab") as file:
        file.write(bytes(4096))
    append(journal, {"seq": 3})

    assert [line["seq"] for line in Follower(journal).read()] == [1, 2, 3]


def test_half_a_character_from_a_data_set_does_not_break_the_journal(journal: Path):
    append(journal, {"seq": 3, "text": "\ud83d"})

    assert [line["seq"] for line in Follower(journal).read()] == [1, 2, 3]
