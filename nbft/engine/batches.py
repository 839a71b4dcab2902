"""Which rows make a batch: rows of like length together, so that little of a batch is padding.

The order depends on nothing but (seed, epoch). transformers' own `group_by_length` draws from the random
numbers of the process, so a run resumed after its first epoch sees other batches than one that was never
killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Sampler
from transformers import Trainer

_POOL_BATCHES = 50
"""Rows are sorted by length within pools of so many batches: more hardly saves padding and costs chance."""
_MIN_POOLS = 4
"""Small data sets keep so many pools, so that their rows meet others in every epoch."""


class LengthBuckets(Sampler[int]):
    """Row numbers in an order of which every `batch_size` in a row are of like length."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Chooses the order of the epoch, counted from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        yield from self.order().tolist()

    def order(self) -> np.ndarray:
        """Returns the epoch's row numbers; the first epoch begins with the longest rows."""
        chance = np.random.default_rng((self.seed, self.epoch))
        rows = chance.permutation(len(self.lengths))
        if self.epoch == 0 and len(rows):  # the longest row must not be left over for the last, short batch
            longest = int(np.flatnonzero(rows == self.lengths.argmax())[0])
            rows[[0, longest]] = rows[[longest, 0]]
        full = len(rows) // self.batch_size
        rows, rest = np.split(rows, [full * self.batch_size])  # what is left over is of any length
        pool_rows = max(1, min(_POOL_BATCHES, full // _MIN_POOLS)) * self.batch_size
        pools = np.arange(len(rows)) // pool_rows
        batches = rows[np.lexsort((self.lengths[rows], pools))].reshape(full, self.batch_size)
        chance.shuffle(batches)
        if self.epoch == 0 and full:  # what does not fit into memory shows at the first step
            longest = int(self.lengths[batches].max(axis=1).argmax())
            batches[[0, longest]] = batches[[longest, 0]]
        return np.concatenate([batches.reshape(-1), rest])


class LengthBatches(Trainer):
    """A Trainer, or mixin for its subclasses, whose training batches hold rows of like length."""

    row_lengths: Sequence[int] | None = None
    """Tokens of each training row; None leaves the batches to chance."""
    _buckets: LengthBuckets | None = None

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler | None:
        if self.row_lengths is None:
            return super()._get_train_sampler(train_dataset)
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        self._buckets = LengthBuckets(self.row_lengths, self._train_batch_size, seed)
        return self._buckets

    def _run_epoch(self, *args: Any, epoch: int, **kwargs: Any) -> None:
        if self._buckets is not None:  # of a run resumed in several processes accelerate forgets to tell it
            self._buckets.set_epoch(epoch)
        set_epoch = getattr(self.data_collator, "set_epoch", None)
        if set_epoch is not None:  # what a collator draws by chance, it draws from (seed, epoch, row)
            set_epoch(epoch)
        super()._run_epoch(*args, epoch=epoch, **kwargs)
