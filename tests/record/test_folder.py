from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbft.errors import RunError
from nbft.record.folder import create_folder, find_folder, list_folders
from nbft.record.lock import acquire, holder, is_held


def made(name: str, root: Path) -> str:
    folder = create_folder(name, root)
    folder.spec.write_text("model: x")
    return folder.run


def test_runs_of_a_name_are_numbered_and_the_name_alone_means_the_newest(tmp_path: Path):
    assert [made("reviews", tmp_path) for _ in range(3)] == ["reviews-001", "reviews-002", "reviews-003"]
    assert find_folder("reviews", tmp_path).run == "reviews-003"
    assert find_folder("reviews-002", tmp_path).run == "reviews-002"
    assert find_folder(str(tmp_path / "reviews-001")).run == "reviews-001"


def test_numbers_go_on_after_a_run_was_deleted(tmp_path: Path):
    made("reviews", tmp_path)
    made("reviews", tmp_path)
    (tmp_path / "reviews-001" / "spec.yaml").unlink()
    (tmp_path / "reviews-001").rmdir()
    assert made("reviews", tmp_path) == "reviews-003"


def test_a_run_that_is_not_there_lists_those_that_are(tmp_path: Path):
    made("reviews", tmp_path)
    with pytest.raises(RunError, match="There are: reviews"):
        find_folder("revews", tmp_path)


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "a b"])
def test_a_name_that_is_no_folder_name_is_refused(name: str, tmp_path: Path):
    with pytest.raises(RunError, match="can't be named"):
        create_folder(name, tmp_path)


def test_runs_are_listed_newest_first_and_other_folders_are_left_out(tmp_path: Path):
    made("a", tmp_path)
    made("b", tmp_path)
    (tmp_path / "notes").mkdir()
    assert {folder.run for folder in list_folders(tmp_path)} == {"a-001", "b-001"}


HOLD = """
import sys, pathlib, time
from nbft.record.lock import acquire
acquire(pathlib.Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_is_held_by_one_process_and_freed_by_its_death(tmp_path: Path):
    file = tmp_path / "worker.lock"
    assert not is_held(file)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        assert is_held(file)
        assert holder(file)["pid"] == process.pid
        assert acquire(file) is None
        process.kill()
    assert not is_held(file)
    lock = acquire(file)
    assert lock is not None
    lock.release()
