"""Rows that repeat or contradict each other, within a split and between splits, in the words of a check-up."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from nbft.data.duplicates import find_duplicates, find_leaks, find_near
from nbft.data.row_sample import RowSample, spread
from nbft.record.data_check import Example, Finding

SHOWN = 3
SIMILARITY = 0.9
MANY = 0.05
"""A share of repeated rows that weighs in what is learnt."""
NEAR_CHARACTERS = 3_000_000
"""Of rows among which near duplicates are looked for; so many take a second or two."""
SOME = 0.01
"""A share of contradictions that no model can get right."""


def repeat_findings(samples: Mapping[str, RowSample], near_rows: int, seed: int) -> tuple[list[Finding], list[str]]:
    """Returns the findings about duplicates, near duplicates, conflicts and leaks, and what was looked at in part."""
    doubled = {name: find_duplicates(sample.inputs, sample.targets) for name, sample in samples.items()}
    train = samples["train"]
    exact = _duplicates(samples, {name: found.rows for name, found in doubled.items()}, doubled["train"].first_of)
    against = {place: doubled["train"].against.get(place, place) for place in doubled["train"].conflicts}
    near, note = _near(train, set(doubled["train"].rows), near_rows, seed)
    found = [_leaks(samples), _conflicts(train, against), exact, near]
    return [finding for finding in found if finding], [note] if note else []


def _duplicates(
    samples: Mapping[str, RowSample], rows: Mapping[str, Sequence[int]], first_of: Mapping[int, int]
) -> Finding:
    totals = _totals(samples)
    if not any(rows.values()):
        return Finding("ok", "duplicates", "No row stands twice in a split.")
    what = f"Repeats of an earlier row: {spread({name: len(found) for name, found in rows.items()}, totals)}."
    train = samples["train"]
    level = "warn" if len(rows["train"]) > MANY * max(totals["train"], 1) else "note"
    if not rows["train"]:
        return Finding("note", "duplicates", what)
    shown = [train.example(place, also=f"as row {train.number(first_of[place]):,}") for place in rows["train"][:SHOWN]]
    return Finding(level, "duplicates", what, "data:\n  clean: [drop-duplicates]", shown)


def _conflicts(train: RowSample, against: Mapping[int, int]) -> Finding | None:
    if train.targets is None:
        return None
    if not against:
        return Finding("ok", "conflicts", "No input of the training rows stands with two different targets.")
    level = "warn" if len(against) > SOME * len(train.inputs) else "note"
    what = f"The same input with another target: {spread({'train': len(against)}, {'train': len(train.inputs)})}."
    shown = []
    for place, other in list(against.items())[:SHOWN]:
        said, rival = train.targets[place], train.targets[other]
        shown.append(train.example(place, also=f"{said[:60]} ↔ row {train.number(other):,}: {rival[:60]}"))
    return Finding(level, "conflicts", what, "data:\n  clean: [drop-conflicting]", shown)


def _near(train: RowSample, doubled: set[int], most: int, seed: int) -> tuple[Finding | None, str]:
    places = [place for place in range(len(train.inputs)) if place not in doubled]
    note = ""
    if not most or not places:
        return None, ""
    length = sum(len(train.inputs[place]) for place in places) / len(places)
    most = min(most, int(NEAR_CHARACTERS / max(length, 1)))
    if len(places) > most:
        note = f"Near duplicates were looked for among {most:,} of {len(places):,} training rows, drawn by chance."
        places = sorted(random.Random(seed).sample(places, most))
    pairs = find_near([train.inputs[place] for place in places], SIMILARITY)
    if not pairs:
        return Finding("ok", "near duplicates", f"No two of {len(places):,} training rows are nearly the same."), note
    what = f"Nearly the same as an earlier row: {spread({'train': len(pairs)}, {'train': len(places)})}, at a similarity of 0.9."
    shown = [train.example(places[row], also=_beside(train, places[earlier])) for row, earlier in pairs[:SHOWN]]
    return Finding(
        "note", "near duplicates", what, f"data:\n  clean: [drop-duplicates: {{near: {SIMILARITY:g}}}]", shown
    ), note


def _beside(train: RowSample, place: int) -> str:
    return f"row {train.number(place):,}: {train.inputs[place]}"


def _leaks(samples: Mapping[str, RowSample]) -> Finding | None:
    train = samples["train"]
    others = [sample for name, sample in samples.items() if name != "train"]
    if not others:
        return None
    counts: dict[str, int] = {}
    shown: list[Example] = []
    for other in others:
        pairs = find_leaks(other.inputs, train.inputs)
        counts[other.name] = len(pairs)
        shown += [other.example(held, also=f"as train row {train.number(row):,}") for held, row in pairs[:SHOWN]]
    if not any(counts.values()):
        names = " or ".join(other.name for other in others)
        return Finding("ok", "leaks", f"No text of {names} stands in train too.")
    least = "at least " if train.is_part else ""
    what = f"Texts that stand in train too: {least}{spread(counts, _totals(samples))}. They score what was learnt by heart."
    return Finding("warn", "leaks", what, "data:\n  clean: [drop-leaks]", shown[:SHOWN])


def _totals(samples: Mapping[str, RowSample]) -> dict[str, int]:
    return {name: len(sample.inputs) for name, sample in samples.items()}
