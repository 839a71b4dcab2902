"""Batches of rows of like length, and runs resumed in the middle of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from accelerate.data_loader import BatchSamplerShard
from torch.utils.data import BatchSampler

from nbft.engine.batches import LengthBuckets
from tests.engine.tiny import SAVE_EVERY, TOTAL_STEPS, TinyTrainer, tiny_trainer, weights_sha256


def some_lengths(count: int = 1000) -> list[int]:
    """Lengths spread as those of reviews are: many short, few long."""
    return (np.random.default_rng(5).lognormal(3.2, 0.7, count).astype(int) + 3).tolist()


def batches_of(buckets: LengthBuckets, epoch: int) -> list[list[int]]:
    buckets.set_epoch(epoch)
    return list(BatchSampler(buckets, buckets.batch_size, drop_last=False))


def padded_tokens(batches: list[list[int]], lengths: list[int]) -> int:
    return sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100, 1003])
@pytest.mark.parametrize("epoch", [0, 1])
def test_every_row_comes_once_and_only_the_last_batch_is_short(count: int, epoch: int):
    batches = batches_of(LengthBuckets(some_lengths(count), 8, seed=1), epoch)

    assert sorted(row for batch in batches for row in batch) == list(range(count))
    assert all(len(batch) == 8 for batch in batches[:-1])


def test_the_order_depends_on_seed_and_epoch_alone():
    lengths = some_lengths()
    second_epoch = batches_of(LengthBuckets(lengths, 8, seed=1), 1)
    np.random.default_rng().random(3)

    assert batches_of(LengthBuckets(lengths, 8, seed=1), 1) == second_epoch
    assert batches_of(LengthBuckets(lengths, 8, seed=1), 2) != second_epoch
    assert batches_of(LengthBuckets(lengths, 8, seed=2), 1) != second_epoch
    assert batches_of(LengthBuckets(lengths, 8, seed=0), 2) != second_epoch, "seed and epoch must not just be added"


@pytest.mark.parametrize("seed", range(20))
def test_the_first_step_needs_the_most_memory(seed: int):
    lengths = some_lengths(107)  # 3 rows are left over for the last batch
    first, *others = batches_of(LengthBuckets(lengths, 8, seed), 0)

    assert max(lengths[row] for row in first) == max(lengths)
    assert padded_tokens([first], lengths) >= max(padded_tokens([batch], lengths) for batch in others)


def test_little_of_a_batch_is_padding():
    lengths = some_lengths(5000)
    buckets = LengthBuckets(lengths, 16, seed=1)
    by_chance = np.random.default_rng(1).permutation(5000).tolist()
    by_chance = [by_chance[start : start + 16] for start in range(0, 5000, 16)]

    wasted = padded_tokens(batches_of(buckets, 1), lengths) / sum(lengths) - 1
    wasted_by_chance = padded_tokens(by_chance, lengths) / sum(lengths) - 1
    assert wasted < 0.1
    assert wasted_by_chance > 1


def test_rows_meet_other_rows_in_the_next_epoch():
    buckets = LengthBuckets(some_lengths(400), 8, seed=1)
    together = [{frozenset(batch) for batch in batches_of(buckets, epoch)} for epoch in (0, 1)]

    assert not together[0] & together[1]


def test_the_rows_left_over_for_the_short_batch_are_of_any_length():
    lengths = sorted(some_lengths(103))
    left_over = [
        np.mean([lengths[row] for row in batches_of(LengthBuckets(lengths, 8, 1), epoch)[-1]])
        for epoch in range(1, 200)
    ]

    assert np.mean(left_over) == pytest.approx(np.mean(lengths), rel=0.1)


def test_two_processes_share_the_batches():
    ranks = []
    for rank in (0, 1):
        sampler = BatchSampler(LengthBuckets(some_lengths(96), 8, seed=1), 8, drop_last=False)
        ranks.append(list(BatchSamplerShard(sampler, num_processes=2, process_index=rank)))

    assert len(ranks[0]) == len(ranks[1]) == 6
    assert sorted(row for batches in ranks for batch in batches for row in batch) == list(range(96))


class Killed(BaseException):
    """Ends a run in the middle of a step."""


class DyingTrainer(TinyTrainer):
    """Dies in the step after `last_step`."""

    last_step = 0

    def training_step(self, *args, **kwargs):
        if self.state.global_step == self.last_step:
            raise Killed
        return super().training_step(*args, **kwargs)


@pytest.fixture(scope="module", params=["by length", "by length, 2 passes", "by chance, 2 passes"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, TinyTrainer]:
    """The settings of a run, and its trainer after it ran without a break."""
    passes = 2 if "2 passes" in request.param else 1
    settings = {
        "by_length": "length" in request.param,
        "per_device_train_batch_size": 4 // passes,
        "gradient_accumulation_steps": passes,
    }
    trainer = tiny_trainer(tmp_path_factory.mktemp("whole"), **settings)
    trainer.train()
    return settings, trainer


@pytest.mark.parametrize("last_step", [4, 7, 10])
def test_a_run_resumed_anywhere_sees_the_same_batches_and_ends_with_the_same_weights(
    tmp_path: Path, whole: tuple[dict, TinyTrainer], last_step: int
):
    settings, unbroken = whole
    dying = tiny_trainer(tmp_path, DyingTrainer, **settings)
    dying.last_step = last_step
    with pytest.raises(Killed):
        dying.train()

    start = last_step // SAVE_EVERY * SAVE_EVERY  # 3 of the first epoch, 6 in the middle of the second, 9 of the third
    resumed = tiny_trainer(tmp_path, **settings)
    resumed.train(resume_from_checkpoint=str(tmp_path / f"checkpoint-{start}"))

    assert unbroken.state.global_step == resumed.state.global_step == TOTAL_STEPS
    assert resumed.batches == unbroken.batches[start * settings["gradient_accumulation_steps"] :]
    assert weights_sha256(resumed.model) == weights_sha256(unbroken.model)


def test_the_trainer_takes_the_longest_rows_first(tmp_path: Path):
    trainer = tiny_trainer(tmp_path, max_steps=1, save_strategy="no")
    trainer.train()

    assert trainer.row_lengths is not None
    assert len(trainer.batches[0][0]) == max(trainer.row_lengths)
