"""Standardised rows -> features, slice by slice where they are many, and only once for the same rows."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.load import Splits
from nbft.data.rows import NothingLeft
from nbft.data.slices import compact, is_large, size_of, slices, written
from nbft.engine.feature_cache import FeatureCache
from nbft.errors import DataError
from nbft.spec.sections import RunSpec
from nbft.tasks.base import Features, Task

SAMPLE_BYTES = 4 * 2**20
LEAST_SAMPLE = 100
"""Rows that a limit is seen from, at least, where they are too many to look at all."""


def tokenise(
    spec: RunSpec,
    task: Task,
    splits: Splits,
    tokenizer: PreTrainedTokenizerBase,
    on_new: Callable[[], None] = lambda: None,
) -> tuple[dict[str, Features], list[str]]:
    """Returns the features of each split, all cut at the limit that suits the training rows, and notes.

    `on_new` is called before training rows are tokenised that are not in the cache.
    """
    limit = checked_limit(spec.data.max_tokens, task.model_limit)
    train = make_features(task, splits.train, tokenizer, limit, on_new=on_new)
    features = {"train": train}
    for name, rows in splits.present.items():
        if name != "train":
            # rows of like length together: evaluation pads less, and its metrics don't depend on the order
            made = make_features(task, rows, tokenizer, train.limit, name)
            features[name] = made.select(sorted(range(len(made.lengths)), key=made.lengths.__getitem__))
    return features, _limit_note(train, limit) if task.cuts_are_untold else []


def _limit_note(train: Features, limit: int | None) -> list[str]:
    if limit is not None:
        return []
    share = train.cut / len(train.lengths)
    cut = f"{train.cut} training rows ({share:.1%}) are longer and lose their end" if train.cut else "no row is longer"
    return [f"Texts are cut at {train.limit} tokens: {cut}."]


def checked_limit(wanted: int | None, limit: int | None) -> int | None:
    """Returns the limit that was asked for; raises DataError where the model reads less."""
    if wanted is not None and limit is not None and wanted > limit:
        raise DataError(
            f"The model reads {limit} tokens at most, not {wanted}.", f"Write  max_tokens: {limit}", "data.max_tokens"
        )
    return wanted


def make_features(
    task: Task,
    rows: Dataset,
    tokenizer: PreTrainedTokenizerBase,
    limit: int | None,
    split: str = "train",
    on_new: Callable[[], None] = lambda: None,
) -> Features:
    """Returns the features of a split, from the cache where the same rows were tokenised the same way before."""
    task.split, task.first_feature = split, 0
    cache = FeatureCache(task, rows, tokenizer, limit) if task.spec.data.cache else None
    found = cache.find() if cache else None
    if found is None:
        on_new()
        make = _in_slices if is_large(rows) else _at_once
        found = cache.keep(lambda: make(task, rows, tokenizer, limit)) if cache else make(task, rows, tokenizer, limit)
    found.key = cache.key if cache else ""
    return found


def _at_once(task: Task, rows: Dataset, tokenizer: PreTrainedTokenizerBase, limit: int | None) -> Features:
    return task.features(rows, tokenizer, limit)


def _in_slices(task: Task, rows: Dataset, tokenizer: PreTrainedTokenizerBase, limit: int | None) -> Features:
    limit = limit or _limit_of_sample(task, rows, tokenizer)
    whole = Features(rows, [], 0, limit)
    empty: list[NothingLeft] = []

    def parts() -> Iterator[Dataset]:
        for first, some in slices(rows):
            task.first_feature = len(whole.lengths)
            try:
                made = task.features(some, tokenizer, limit)
            except NothingLeft as error:
                empty.append(error)
                continue
            _add(whole, made, first, rows)
            yield compact(made.rows)

    with _said_once(task):
        whole.rows = written(parts())
    if not whole.lengths:
        raise empty[0]
    if task.split == "train":
        task.notes.append(f"{len(rows):,} rows make {len(whole.lengths):,} features of {whole.limit:,} tokens at most.")
    return whole


def _add(whole: Features, made: Features, first: int, rows: Dataset) -> None:
    whole.lengths += made.lengths
    whole.full += made.full
    whole.cut += made.cut
    whole.limit = made.limit
    whole.examples = None if made.examples is None else rows
    whole.example_of += [first + example for example in made.example_of]


def _limit_of_sample(task: Task, rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> int:
    """Returns the limit that suits some of the rows, which settles what else the task sees from the first rows."""
    count = min(max(len(rows) * SAMPLE_BYTES // size_of(rows), LEAST_SAMPLE), len(rows))
    chosen = sorted(random.Random(task.spec.split_seed).sample(range(len(rows)), count))
    with _said_once(task):
        limit = task.features(rows.select(chosen), tokenizer, None).limit
    task.notes.append(f"The limit of {limit:,} tokens suits {count:,} of the {len(rows):,} rows, drawn by chance.")
    return limit


@contextmanager
def _said_once(task: Task) -> Iterator[None]:
    """Keeps what is said of a slice from being said of every slice: notes not at all, warnings once, with how often."""
    notes, warn = list(task.notes), task.warn
    heard: dict[str, list[tuple[str, str]]] = {}

    def hear(message: str, fix: str) -> None:
        heard.setdefault(re.sub(r"\d+", "", message), []).append((message, fix))

    task.warn = hear
    try:
        yield
    finally:
        task.notes, task.warn = notes, warn
    for said in heard.values():
        message, fix = said[0]
        warn(message if len(said) == 1 else f"In {len(said)} slices of the rows, the first of them: {message}", fix)
