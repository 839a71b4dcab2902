from __future__ import annotations

from pathlib import Path

from nbft.record.journal import Follower, append


def test_a_follower_reads_each_line_once(tmp_path: Path):
    follower = Follower(tmp_path / "events.jsonl")
    assert follower.read() == []
    append(tmp_path / "events.jsonl", {"seq": 1})
    assert follower.read() == [{"seq": 1}]
    append(tmp_path / "events.jsonl", {"seq": 2})
    append(tmp_path / "events.jsonl", {"seq": 3})
    assert follower.read() == [{"seq": 2}, {"seq": 3}]
    assert follower.read() == []


def test_a_half_written_line_waits_for_its_end(tmp_path: Path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"seq": 1}\n{"se')
    follower = Follower(file)
    assert follower.read() == [{"seq": 1}]
    with file.open("ab") as out:
        out.write(b'q": 2}\n')
    assert follower.read() == [{"seq": 2}]


def test_a_torn_line_of_a_killed_writer_does_not_swallow_the_next(tmp_path: Path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"seq": 1}\n{"seq": 2, "lo')
    append(file, {"seq": 3})
    assert Follower(file).read() == [{"seq": 1}, {"seq": 3}]
