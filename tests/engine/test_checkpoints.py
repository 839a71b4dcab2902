"""Checkpoints that are whole or not there, rotation, and the final model."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
from transformers.trainer_utils import IntervalStrategy

from nbft.engine.checkpoints import (
    newest_good,
    restore_model_folder,
    room_needed,
    rotate,
    save_model_whole,
    seal,
    steps_on_disk,
    take_newest_good,
    verify,
)
from nbft.errors import TrainingError
from tests.engine.tiny import RUN, TinyTrainer, tiny_model, tiny_tokenizer, tiny_trainer, weights_sha256


def small_checkpoint(checkpoints: Path, step: int, run: str = RUN) -> Path:
    """A sealed folder with two small files, one of them in a subfolder."""
    folder = checkpoints / f"checkpoint-{step}"
    (folder / "adapter").mkdir(parents=True)
    (folder / "weights").write_bytes(f"{step:050}".encode())
    (folder / "adapter" / "weights").write_bytes(b"adapter")
    seal(folder, run, step)
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TinyTrainer:
    """A trainer whose run of 12 steps went to its end, keeping two checkpoints and protecting that of step 3."""
    trainer = tiny_trainer(tmp_path_factory.mktemp("run") / "checkpoints")
    trainer.keep_checkpoints = 2
    trainer.protected_steps = lambda: {3}
    trainer.train()
    return trainer


def folder_of(trainer: TinyTrainer) -> Path:
    return Path(str(trainer.args.output_dir))


def test_a_sealed_folder_verifies_and_only_for_its_run(tmp_path: Path):
    folder = small_checkpoint(tmp_path, 5)

    assert verify(folder, RUN) is None
    assert verify(folder, "other-001") == f"it belongs to the run '{RUN}'"


def test_the_size_of_a_sealed_folder_is_that_of_its_files(tmp_path: Path):
    folder = small_checkpoint(tmp_path, 5)

    assert seal(folder, RUN, 5) == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_renamed_checkpoint_is_not_taken_for_another_step(tmp_path: Path):
    small_checkpoint(tmp_path, 5).rename(tmp_path / "checkpoint-9")

    assert verify(tmp_path / "checkpoint-9", RUN) == "it holds step 5, not the step it is named after"


def test_the_newest_checkpoint_is_the_one_of_the_highest_step(tmp_path: Path):
    for step in (900, 1000, 20):
        small_checkpoint(tmp_path, step)
    os.utime(tmp_path / "checkpoint-1000", (1, 1))  # a clock that was set back

    assert newest_good(tmp_path, RUN).step == 1000
    assert steps_on_disk(tmp_path, RUN) == [20, 900, 1000]


def test_bad_checkpoints_are_passed_over_with_their_reason_and_left_alone(tmp_path: Path):
    good = small_checkpoint(tmp_path, 5)
    (small_checkpoint(tmp_path, 10) / "weights").unlink()
    small_checkpoint(tmp_path, 15, run="other-001")
    (tmp_path / "checkpoint-20").mkdir()
    (tmp_path / "checkpoint-25").write_text("a file", encoding="utf-8")

    found = newest_good(tmp_path, RUN)

    assert (found.path, found.step) == (good, 5)
    assert found.skipped == [
        ("checkpoint-25", "it is not a folder"),
        ("checkpoint-20", "it was cut short, or something else than nbft wrote it (nbft-manifest.json is missing)"),
        ("checkpoint-15", "it belongs to the run 'other-001'"),
        ("checkpoint-10", "weights is missing"),
    ]
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_without_checkpoints_has_no_good_one(tmp_path: Path):
    assert newest_good(tmp_path / "not there", RUN) == (None, 0, [])
    assert newest_good(tmp_path, RUN) == (None, 0, [])


def test_what_is_taken_becomes_the_newest_and_what_is_passed_over_is_kept_under_another_name(tmp_path: Path):
    good = small_checkpoint(tmp_path, 5)
    (small_checkpoint(tmp_path, 10) / "weights").write_bytes(b"short")
    (tmp_path / "set-aside-1-checkpoint-10").mkdir()
    (tmp_path / ".saving" / "checkpoint-15").mkdir(parents=True)
    (tmp_path / ".removing-checkpoint-3").mkdir()

    found = take_newest_good(tmp_path, RUN)

    assert (found.path, found.skipped) == (good, [("checkpoint-10", "weights has 5 bytes instead of 50")])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint-5",
        "set-aside-1-checkpoint-10",
        "set-aside-2-checkpoint-10",
    ]
    assert (tmp_path / "set-aside-2-checkpoint-10" / "weights").read_bytes() == b"short"


def test_rotation_keeps_the_newest_and_the_protected_and_whatever_is_not_the_runs(tmp_path: Path):
    for step in (5, 10, 15, 20, 25):
        small_checkpoint(tmp_path, step)
    os.utime(tmp_path / "checkpoint-25", (1, 1))
    foreign = small_checkpoint(tmp_path, 1, run="other-001")
    for name in ("checkpoint-notes", "checkpoint-2", "checkpoint-007", "my-checkpoint-3"):
        (tmp_path / name).mkdir()

    assert rotate(tmp_path, RUN, keep=2, protect={10}) == [5, 15]
    assert steps_on_disk(tmp_path, RUN) == [10, 20, 25]
    assert verify(foreign, "other-001") is None
    for name in ("checkpoint-notes", "checkpoint-2", "checkpoint-007", "my-checkpoint-3"):
        assert (tmp_path / name).is_dir()


def test_rotation_never_takes_the_newest(tmp_path: Path):
    small_checkpoint(tmp_path, 5)

    assert rotate(tmp_path, RUN, keep=0, protect=set()) == []


def test_the_trainer_says_what_it_saved_and_removed(finished: TinyTrainer):
    assert [(step, removed) for step, _, removed in finished.saved] == [(3, []), (6, []), (9, []), (12, [6])]
    assert steps_on_disk(folder_of(finished), RUN) == [3, 9, 12]
    assert not finished.last_save_failed
    for step, size_bytes, _ in finished.saved:
        folder = folder_of(finished) / f"checkpoint-{step}"
        if folder.exists():
            assert size_bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_a_checkpoint_holds_safetensors_and_no_training_args(finished: TinyTrainer):
    names = {path.name for path in (folder_of(finished) / "checkpoint-12").iterdir()}

    assert "model.safetensors" in names
    assert "training_args.bin" not in names
    assert not {name for name in names if name.endswith(".bin")}


def test_others_may_read_a_checkpoint_as_they_may_read_any_new_file(finished: TinyTrainer, tmp_path: Path):
    (tmp_path / "new").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder_of(finished) / "checkpoint-12").iterdir()}

    assert modes == {stat.S_IMODE((tmp_path / "new").stat().st_mode)}


def test_a_step_that_stands_is_not_saved_twice(finished: TinyTrainer):
    before = len(finished.saved)

    assert finished.save_now()
    assert len(finished.saved) == before


def test_a_step_that_stands_after_all_makes_good_a_failed_save(finished: TinyTrainer):
    finished.failed_saves, finished.saved_step = 1, None

    assert finished.save_now()
    assert not finished.last_save_failed


def test_the_best_checkpoint_is_named_where_it_stands(tmp_path: Path):
    trainer = tiny_trainer(tmp_path, max_steps=6, metric_for_best_model="accuracy")
    trainer.eval_dataset = trainer.train_dataset
    trainer.compute_metrics = lambda _: {"accuracy": 1.0}
    trainer.args.eval_strategy, trainer.args.eval_steps = IntervalStrategy.STEPS, 3
    trainer.protected_steps = lambda: {3}
    trainer.train()

    state = json.loads((tmp_path / "checkpoint-6" / "trainer_state.json").read_text(encoding="utf-8"))
    assert state["best_model_checkpoint"] == str(tmp_path / "checkpoint-3")


class BlockedTrainer(TinyTrainer):
    """Finds a file where its staging folder should be, in the saves of `blocked` steps."""

    blocked: tuple[int, ...] = (6,)

    def _save_checkpoint(self, model, trial=None):
        staging = folder_of(self) / ".saving"
        staging.unlink(missing_ok=True)
        if self.state.global_step in self.blocked:
            staging.touch()
        super()._save_checkpoint(model, trial)


def test_a_failed_save_costs_no_checkpoint_and_training_goes_on(tmp_path: Path, finished: TinyTrainer):
    trainer = tiny_trainer(tmp_path, BlockedTrainer)
    trainer.train()

    assert weights_sha256(trainer.model) == weights_sha256(finished.model)
    assert [step for step, *_ in trainer.saved] == [3, 9, 12]
    [(step, error, needed_bytes, free_bytes)] = trainer.failed
    assert step == 6
    assert "Not a directory" in error
    assert needed_bytes == trainer.saved[0][1]
    assert free_bytes > 0
    assert not trainer.last_save_failed


def test_three_failed_saves_in_a_row_end_the_run_with_figures(tmp_path: Path):
    trainer = tiny_trainer(tmp_path, BlockedTrainer, save_steps=1)
    trainer.blocked = (2, 4, 5, 6)

    with pytest.raises(TrainingError, match="3 checkpoints in a row were not saved, the last at step 6") as raised:
        trainer.train()

    assert "A checkpoint needs 0.3 MB" in raised.value.fix
    assert newest_good(tmp_path, RUN).step == 3


def test_the_need_of_a_first_checkpoint_is_told_from_the_model(tmp_path: Path, finished: TinyTrainer):
    trainer = tiny_trainer(tmp_path, BlockedTrainer, max_steps=3)
    trainer.blocked = (3,)
    trainer.train()

    _, _, needed_bytes, _ = trainer.failed[0]
    assert needed_bytes == pytest.approx(finished.saved[0][1], rel=0.2)


def test_weights_that_could_not_be_saved_are_told_and_can_be_saved_later(tmp_path: Path):
    trainer = tiny_trainer(tmp_path, BlockedTrainer)
    trainer.blocked = (12,)
    trainer.train()
    assert trainer.last_save_failed
    assert not trainer.save_now()

    trainer.blocked = ()

    assert trainer.save_now()
    assert not trainer.last_save_failed
    assert newest_good(tmp_path, RUN).step == 12


def test_the_final_model_is_plain_transformers_files(tmp_path: Path):
    save_model_whole(tiny_model(), tiny_tokenizer(), tmp_path / "model")

    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    said = pipeline("text-classification", str(tmp_path / "model"), device="cpu")("word1 word2")
    assert said[0]["label"].startswith("LABEL_")


def test_a_new_final_model_replaces_the_old_one(tmp_path: Path):
    old, new = tiny_model(), tiny_model()
    save_model_whole(old, tiny_tokenizer(), tmp_path / "model")
    save_model_whole(new, tiny_tokenizer(), tmp_path / "model")

    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert weights_sha256(loaded) == weights_sha256(new) != weights_sha256(old)
    assert AutoTokenizer.from_pretrained(tmp_path / "model").pad_token == "[PAD]"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_a_final_model_that_can_not_be_saved_leaves_the_old_one(tmp_path: Path):
    old = tiny_model()
    save_model_whole(old, tiny_tokenizer(), tmp_path / "model")
    (tmp_path / ".saving-model").touch()

    with pytest.raises(TrainingError, match="The model could not be saved") as raised:
        save_model_whole(tiny_model(), tiny_tokenizer(), tmp_path / "model")

    assert "It needs about 0.1 MB" in raised.value.fix
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert weights_sha256(loaded) == weights_sha256(old)


def test_an_old_model_comes_back_where_a_kill_took_it_before_the_new_one_stood(tmp_path: Path):
    (tmp_path / ".replaced-model").mkdir()
    restore_model_folder(tmp_path / "model")
    restore_model_folder(tmp_path / "model")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_the_room_told_before_the_start_is_enough_and_not_much_more(tmp_path: Path, finished: TinyTrainer):
    model = tiny_model()
    save_model_whole(model, tiny_tokenizer(), tmp_path / "model")
    model_bytes = sum(path.stat().st_size for path in (tmp_path / "model").iterdir())
    checkpoint_bytes = max(size for _, size, _ in finished.saved)
    used = 4 * checkpoint_bytes + model_bytes  # two kept, the best, and the one being written

    small_files = 4 * 1_000_000
    assert used <= room_needed(model_bytes, keep=2) <= 1.1 * used + small_files
    assert room_needed(10**9, keep=2) == pytest.approx(13 * 10**9, rel=0.01)
    assert room_needed(10**9, keep=2, trained_bytes=0) == pytest.approx(5 * 10**9, rel=0.01)


def test_a_resumed_run_loads_no_pickle_that_could_run_code(finished: TinyTrainer):
    for name in ("optimizer.pt", "scheduler.pt"):
        torch.load(folder_of(finished) / "checkpoint-12" / name, weights_only=True)
