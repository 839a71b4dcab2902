"""Saves that run out of room, in this process and seen by all three writers: Python, safetensors and torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSequenceClassification

from nbft.engine.checkpoints import newest_good, save_model_whole
from nbft.errors import TrainingError
from tests.engine.tiny import RUN, TinyTrainer, tiny_model, tiny_tokenizer, tiny_trainer, weights_sha256
from tests.faults.full_disk import files_up_to

CONFIG, WEIGHTS, OPTIMIZER = 600, 50_000, 150_000
"""Limits at which the first file that doesn't fit is Python's, safetensors' or torch's."""


class Killed(BaseException):
    """Ends a run in the middle of a step."""


class CrampedTrainer(TinyTrainer):
    """Has no room for the checkpoint of step 6; is killed in the step after, where told so."""

    limit = 0
    dies = False

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        if self.dies and self.state.global_step == 6:
            raise Killed
        return super().training_step(*args, **kwargs)

    def _save_checkpoint(self, model: Any, trial: Any = None) -> None:
        if self.state.global_step != 6:
            super()._save_checkpoint(model, trial)
            return
        with files_up_to(self.limit):
            super()._save_checkpoint(model, trial)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    trainer = tiny_trainer(tmp_path_factory.mktemp("unbroken"))
    trainer.train()
    return weights_sha256(trainer.model)


@pytest.mark.parametrize("limit", [CONFIG, WEIGHTS, OPTIMIZER])
def test_a_save_without_room_costs_that_checkpoint_alone(tmp_path: Path, unbroken: str, limit: int):
    trainer = tiny_trainer(tmp_path, CrampedTrainer)
    trainer.limit = limit
    trainer.train()

    assert [step for step, *_ in trainer.failed] == [6]
    assert [step for step, *_ in trainer.saved] == [3, 9, 12]
    assert weights_sha256(trainer.model) == unbroken
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-12"]


@pytest.mark.parametrize("limit", [CONFIG, WEIGHTS, OPTIMIZER])
def test_a_run_killed_after_a_full_disk_resumes_from_the_checkpoint_before(tmp_path: Path, unbroken: str, limit: int):
    trainer = tiny_trainer(tmp_path, CrampedTrainer)
    trainer.limit, trainer.dies = limit, True
    with pytest.raises(Killed):
        trainer.train()
    assert trainer.last_save_failed

    found = newest_good(tmp_path, RUN)
    resumed = tiny_trainer(tmp_path)
    resumed.train(resume_from_checkpoint=str(found.path))

    assert (found.step, found.skipped) == (3, [])
    assert weights_sha256(resumed.model) == unbroken


def test_a_final_model_without_room_leaves_the_old_one_and_says_what_it_needs(tmp_path: Path):
    old = tiny_model()
    save_model_whole(old, tiny_tokenizer(), tmp_path / "model")

    with files_up_to(WEIGHTS), pytest.raises(TrainingError, match="The model could not be saved") as raised:
        save_model_whole(tiny_model(), tiny_tokenizer(), tmp_path / "model")

    assert "It needs about 0.1 MB" in raised.value.fix
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert weights_sha256(loaded) == weights_sha256(old)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
