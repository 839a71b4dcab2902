"""How the labels of each split are spread, and what that means for learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets import Dataset, List, Value

from nbft.data.histogram import histogram
from nbft.record.data_check import Example, Finding, Histogram

MOST_LABELS = 24
"""Labels that are named; the rarer ones are counted together."""
FAR_APART = 0.1
"""Shares of a label in two splits that differ by more are worth a word."""
MANY_TIMES = 5
"""A label of so many times more rows than another one outweighs it."""
NEARLY_ALL = 0.9
OUTSIDE = "O"
_ALL_TOO_FEW = 30
"""Rows of which shares say little."""


@dataclass(frozen=True)
class Balance:
    """The labels of a split."""

    counts: Counter[str]
    numbers: Histogram | None = None
    unit: str = "rows"
    without: int = 0
    """Rows that have none of several labels."""


def balance_of(rows: Dataset) -> Balance:
    """Returns the labels of standardised rows, of whatever task."""
    if "tags" in rows.column_names:
        tags = (tag for words in rows["tags"] for tag in words)
        return Balance(_entities(Counter(tags)), unit="entities or words")
    if "answers" in rows.column_names:
        answered = sum(bool(answers) for answers in rows["answers"])
        counts = Counter({"answered": answered, "without an answer": len(rows) - answered})
        return Balance(counts if answered < len(rows) else Counter())
    if "label" not in rows.column_names:
        return Balance(Counter())
    kind = rows.features["label"]
    if isinstance(kind, List | list):
        labels = rows["label"][:]
        return Balance(Counter(name for names in labels for name in names), without=sum(not names for names in labels))
    if isinstance(kind, Value) and kind.dtype.startswith("float"):
        return Balance(Counter(), histogram(rows["label"][:], bins=20))
    return Balance(Counter(map(str, rows["label"][:])))


def _entities(tags: Counter[str]) -> Counter[str]:
    """Counts the spans of each type, or the words of each tag where the tags mark no spans."""
    spans = Counter({tag[2:]: count for tag, count in tags.items() if tag.startswith("B-")})
    return spans or Counter({tag: count for tag, count in tags.items() if tag != OUTSIDE})


def named(counts: Counter[str]) -> tuple[dict[str, int], int]:
    """Returns the commonest labels, and how many others there are."""
    return dict(counts.most_common(MOST_LABELS)), max(len(counts) - MOST_LABELS, 0)


def label_findings(balances: Mapping[str, Balance], rows: Mapping[str, Dataset]) -> list[Finding]:
    """Returns what is worth a word about the labels of all splits."""
    train = balances["train"]
    if not train.counts:
        return []
    spans = train.unit != "rows"
    found = [_once(train, rows["train"], spans=spans), _missing(balances), _shift(balances), _without(balances)]
    found += [] if spans else [_uneven(train)]
    told = [finding for finding in found if finding]
    return told or [Finding("ok", "labels", "Each label has enough rows, and no split differs much from another.")]


def _once(train: Balance, rows: Dataset, *, spans: bool) -> Finding | None:
    single = [label for label, count in train.counts.items() if count == 1]
    if not single:
        return None
    one = len(single) == 1
    what = "entity" if spans else "training row"
    shown = _list(single)
    fix = "" if spans else "\n".join(["data:", "  labels:", *(f"    {_quoted(label)}: drop" for label in single[:3])])
    examples = [] if spans else _rows_of(rows, single[:3])
    (most, many), *_ = train.counts.most_common(1)
    beside = f"; {_quote(most)} has {many:,}" if many > 1 else ""
    sentence = f"{len(single)} label{' occurs' if one else 's occur'} once only, in a single {what}: {shown}{beside}."
    return Finding("warn", "rare labels", f"{sentence} Nothing can be learnt from one row.", fix, examples)


def _rows_of(rows: Dataset, labels: Sequence[str]) -> list[Example]:
    values = rows["label"][:] if "label" in rows.column_names else []
    places = (
        (i, label) for label in labels for i, v in enumerate(values) if v == label or (type(v) is list and label in v)
    )
    return [Example("train", i + 1, str(rows[i].get("text", ""))[:160], label) for i, label in places]


def _uneven(train: Balance) -> Finding | None:
    """Labels of a single row have a sentence of their own."""
    counts = [(label, count) for label, count in train.counts.most_common() if count > 1]
    total = sum(train.counts.values())
    if len(counts) < 2 or counts[0][1] < MANY_TIMES * counts[-1][1] or total < _ALL_TOO_FEW:
        return None
    (most, many), (least, few) = counts[0], counts[-1]
    share = many / total
    level = "warn" if share >= NEARLY_ALL else "note"
    what = f"{_quote(most)} has {many:,} of {total:,} training labels ({share:.0%}), {_quote(least)} has {few:,}."
    guess = f" A model that always says {_quote(most)} is right in {share:.0%}: watch f1, not accuracy."
    fix = "classification: {weights: balanced}\nevaluate: {metrics: [f1, accuracy]}"
    return Finding(level, "imbalance", what + (guess if share > 0.5 else ""), fix)


def _missing(balances: Mapping[str, Balance]) -> Finding | None:
    train = balances["train"].counts
    gone = {
        name: [label for label in train if label not in b.counts] for name, b in balances.items() if name != "train"
    }
    parts = [f"{len(labels)} in {name}: {_list(labels)}" for name, labels in gone.items() if labels]
    if not parts:
        return None
    return Finding(
        "note", "labels without rows", f"Labels of training that other splits don't have: {'; '.join(parts)}."
    )


def _shift(balances: Mapping[str, Balance]) -> Finding | None:
    train = balances["train"].counts
    total = sum(train.values())
    for name, balance in balances.items():
        count = sum(balance.counts.values())
        if name == "train" or min(count, total) < _ALL_TOO_FEW:
            continue
        shares = [(label, train[label] / total, balance.counts[label] / count) for label in train]
        label, here, there = max(shares, key=lambda entry: abs(entry[1] - entry[2]))
        if abs(here - there) > FAR_APART:
            what = f"{_quote(label)} is {here:.0%} of train and {there:.0%} of {name}: scores there tell of other data."
            return Finding("note", "splits differ", what)
    return None


def _without(balances: Mapping[str, Balance]) -> Finding | None:
    parts = [f"{balance.without:,} {name} rows" for name, balance in balances.items() if balance.without]
    return Finding("note", "no label", f"{' and '.join(parts)} have none of the labels.") if parts else None


def _list(labels: Sequence[str], most: int = 5) -> str:
    more = f" and {len(labels) - most:,} more" if len(labels) > most else ""
    return f"{', '.join(map(_quote, labels[:most]))}{more}"


def _quote(label: str) -> str:
    return f"'{label if len(label) <= 40 else f'{label[:40]}…'}'"


def _quoted(label: str) -> str:
    """A label as YAML takes it for a text, whatever it looks like."""
    return '"' + label.replace("\\", "\\\\").replace('"', '\\"') + '"'
