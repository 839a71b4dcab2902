"""Checkpoints that were damaged after they were written: each is passed over by name, and the one before is taken."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nbft.engine.checkpoints import newest_good, seal, take_newest_good, verify
from tests.engine.tiny import RUN, tiny_trainer, weights_sha256

FILES = (
    "config.json",
    "model.safetensors",
    "nbft-manifest.json",
    "optimizer.pt",
    "rng_state.pth",
    "scheduler.pt",
    "tokenizer.json",
    "tokenizer_config.json",
    "trainer_state.json",
)


def flip_a_bit(file: Path) -> None:
    chance = random.Random(file.name)
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def fill_with_zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The checkpoints 6 and 9 of a run, and the sha256 of the weights at its end."""
    folder = tmp_path_factory.mktemp("run") / "checkpoints"
    trainer = tiny_trainer(folder)
    trainer.keep_checkpoints = 3
    trainer.train()
    shutil.rmtree(folder / "checkpoint-12")
    return folder, weights_sha256(trainer.model)


@pytest.fixture
def checkpoints(run: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of them to damage."""
    return shutil.copytree(run[0], tmp_path / "checkpoints")


def test_these_are_all_files_of_a_checkpoint(checkpoints: Path):
    assert tuple(sorted(path.name for path in (checkpoints / "checkpoint-9").iterdir())) == FILES
    assert newest_good(checkpoints, RUN).step == 9


@pytest.mark.parametrize("damage", [flip_a_bit, cut_in_half, fill_with_zeros, empty, Path.unlink])
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_makes_the_checkpoint_before_the_newest(
    checkpoints: Path, file: str, damage: Callable[[Path], None]
):
    damage(checkpoints / "checkpoint-9" / file)

    found = take_newest_good(checkpoints, RUN)

    assert found.path == checkpoints / "checkpoint-6"
    [(name, reason)] = found.skipped
    assert name == "checkpoint-9"
    assert file in reason
    assert (checkpoints / "set-aside-1-checkpoint-9").is_dir()


def test_no_flipped_bit_of_the_manifest_passes_for_another_truth(checkpoints: Path):
    manifest = checkpoints / "checkpoint-9" / "nbft-manifest.json"
    whole = manifest.read_bytes()
    chance = random.Random(0)
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1 << chance.randrange(8)
        manifest.write_bytes(content)
        reason = verify(checkpoints / "checkpoint-9", RUN)
        # white space may change into other white space
        assert reason or bytes(content).split() == whole.split(), bytes(content)


def test_a_run_goes_on_from_before_the_damage_to_the_same_weights(checkpoints: Path, run: tuple[Path, str]):
    flip_a_bit(checkpoints / "checkpoint-9" / "optimizer.pt")

    found = take_newest_good(checkpoints, RUN)
    trainer = tiny_trainer(checkpoints)
    trainer.train(resume_from_checkpoint=str(found.path))

    assert weights_sha256(trainer.model) == run[1]
    assert sorted(path.name for path in checkpoints.iterdir()) == ["checkpoint-12", "set-aside-1-checkpoint-9"]


def test_where_every_checkpoint_is_damaged_none_is_taken(checkpoints: Path):
    for folder in checkpoints.iterdir():
        empty(folder / "model.safetensors")

    found = newest_good(checkpoints, RUN)

    assert (found.path, found.step) == (None, 0)
    assert [name for name, _ in found.skipped] == ["checkpoint-9", "checkpoint-6"]


def test_a_manifest_that_points_out_of_its_folder_is_not_followed(tmp_path: Path):
    (tmp_path / "secret").write_text("not a part of it", encoding="utf-8")
    folder = tmp_path / "checkpoint-1"
    folder.mkdir()
    (folder / "weights").write_bytes(b"x")
    seal(folder, RUN, 1)
    manifest = folder / "nbft-manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"weights"', '"../secret"'), encoding="utf-8")

    assert verify(folder, RUN) == "../secret is missing"


def test_a_manifest_of_any_other_shape_is_damaged(tmp_path: Path):
    folder = tmp_path / "checkpoint-1"
    folder.mkdir()
    for text in ("", "null", "[]", "{}", '{"version": 1}', '{"version": 1, "run": "r", "step": 1, "files": {"a": 1}}'):
        (folder / "nbft-manifest.json").write_text(text, encoding="utf-8")
        assert "nbft-manifest.json is damaged" in (verify(folder, RUN) or ""), text
