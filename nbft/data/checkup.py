"""What is to be known of a data set before it is trained on: all of a check-up's parts together, bounded in time and memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from nbft.data.check_labels import Balance, balance_of, label_findings, named
from nbft.data.check_repeats import repeat_findings
from nbft.data.check_tokens import Tokenised, are_windows, fit_of, lengths_of, token_findings
from nbft.data.odd_rows import odd_findings
from nbft.data.row_sample import Reads, RowSample, shortened, spread, take_rows
from nbft.data.seen_rows import Collate, Shower, see_rows
from nbft.data.tongues import forget, languages_of, scripts_of, spread_over
from nbft.record.data_check import DataCheck, Finding, SplitCheck

NEAR_ROWS = 20_000
"""Rows among which near duplicates are looked for."""
MIXED = 0.05
"""A second script or language of a larger share is worth a word."""
_ORDER = {"warn": 0, "note": 1, "ok": 2}
_TOPICS = (
    "left out",
    "leaks",
    "conflicts",
    "rare labels",
    "unknown tokens",
    "broken letters",
    "cut texts",
    "imbalance",
)
_SHOWN_LABEL = 400


@dataclass(frozen=True)
class Extras:
    """What a check-up may be told besides."""

    collate: Collate | None = None
    """Makes a batch, for tasks that hide words anew in each epoch."""
    heard: Sequence[tuple[str, str]] = ()
    """Warnings of loading: a message, and what mends it."""
    tells_languages: bool = True
    """Whether languages are told apart: what does so takes most of a second to load."""
    is_new: bool = False
    """Whether the model starts from scratch, so that any tokenizer suits."""


def check_data(
    task: Reads,
    splits: Mapping[str, Dataset],
    features: Mapping[str, Tokenised],
    tokenizer: PreTrainedTokenizerBase,
    extras: Extras | None = None,
) -> DataCheck:
    """Returns what was found in standardised rows and in what the tokenizer made of them."""
    started, seed, extras = time.perf_counter(), 0, extras or Extras()
    samples = {name: take_rows(name, rows, task, seed) for name, rows in splits.items()}
    balances = {name: balance_of(rows) for name, rows in splits.items()}
    checks = {
        name: _split(samples[name], rows, balances[name], features[name], tokenizer) for name, rows in splits.items()
    }
    if extras.tells_languages:
        checks = {name: _with_languages(check, samples[name]) for name, check in checks.items()}
        forget()
    near = 0 if "context" in splits["train"].column_names else NEAR_ROWS  # questions share their contexts
    repeats, notes = repeat_findings(samples, near, seed)
    findings = [
        *(Finding("warn", "left out" if "left out" in what else "loading", what, fix) for what, fix in extras.heard),
        *repeats,
        *label_findings(balances, splits),
        *token_findings(
            {name: check.lengths for name, check in checks.items() if check.lengths},
            {name: check.fit for name, check in checks.items() if check.fit},
            task.model_limit,
            is_new=extras.is_new,
        ),
        *odd_findings(samples),
        *_same_as_target(samples),
        *_mixed(checks["train"]),
    ]
    shower = Shower(tokenizer, task.labels if "tags" in splits["train"].column_names else [], extras.collate)
    seen = see_rows(features["train"], splits["train"], task, shower, seed)
    is_seen_in_tokens = task.name == "chat" or "tags" in splits["train"].column_names
    return DataCheck(
        task.name,
        list(checks.values()),
        sorted(findings, key=_weight),
        [replace(row, label="" if is_seen_in_tokens else shortened(row.label, _SHOWN_LABEL)) for row in seen],
        [*_parts(samples), *notes],
        balances["train"].unit,
        round(time.perf_counter() - started, 3),
    )


def _weight(finding: Finding) -> tuple[int, int]:
    return _ORDER[finding.level], _TOPICS.index(finding.topic) if finding.topic in _TOPICS else len(_TOPICS)


def _split(
    sample: RowSample, rows: Dataset, balance: Balance, features: Tokenised, tokenizer: PreTrainedTokenizerBase
) -> SplitCheck:
    labels, more = named(balance.counts)
    texts = spread_over(sample.inputs)
    unit = "windows" if are_windows(features) else "pieces"
    return SplitCheck(
        sample.name,
        len(rows),
        labels,
        more,
        balance.numbers,
        lengths_of(features, len(rows), unit),
        fit_of(spread_over(sample.whole), tokenizer),
        scripts_of(texts),
    )


def _with_languages(check: SplitCheck, sample: RowSample) -> SplitCheck:
    languages, told = languages_of(spread_over(sample.inputs))
    return replace(check, languages=languages, languages_of=told)


def _parts(samples: Mapping[str, RowSample]) -> list[str]:
    return [
        f"Of {sample.total:,} {name} rows {len(sample.inputs):,} were looked at, drawn by chance; labels and lengths are of all."
        for name, sample in samples.items()
        if sample.is_part
    ]


def _same_as_target(samples: Mapping[str, RowSample]) -> list[Finding]:
    train = samples["train"]
    if train.targets is None or train.whole is train.inputs:
        return []
    same = [
        i
        for i, (text, said) in enumerate(zip(train.inputs, train.targets, strict=True))
        if text.strip() == said.strip()
    ]
    empty = [i for i, said in enumerate(train.targets) if not said.strip()]
    found = []
    for places, why in ((same, "A target that is the input itself"), (empty, "An empty target")):
        if places:
            what = f"{why}: {spread({'train': len(places)}, {'train': len(train.inputs)})}. There is nothing to learn from them."
            found.append(
                Finding("warn", "targets", what, "Take them out of the data.", [train.example(i) for i in places[:3]])
            )
    return found


def _mixed(train: SplitCheck) -> list[Finding]:
    found = []
    for topic, shares in (("scripts", train.scripts), ("languages", train.languages)):
        second = list(shares.items())[1:2]
        if second and second[0][1] >= MIXED:
            mix = ", ".join(f"{name} {share:.0%}" for name, share in list(shares.items())[:5] if share >= 0.01)
            what = f"The training rows mix {topic}: {mix}. Is the model made for all of them?"
            found.append(Finding("note", topic, what))
    return found
