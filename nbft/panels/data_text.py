"""A data check-up as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby

from nbft.panels.wording import plural
from nbft.record.data_check import GAP, LEARNT, DataCheck, Finding, SeenRow, SplitCheck, Token

OPEN, CLOSE = "⟦", "⟧"
WIDTH = 110
_SIGNS = {"warn": "▲ warning", "note": "● note", "ok": "✓ in order"}
_BAR = 24
_MOST_LABELS = 12


def verdict(check: DataCheck) -> str:
    """Returns in a sentence whether to train on the data as they are."""
    if check.warnings:
        topics = list(dict.fromkeys(finding.topic for finding in check.warnings))
        return f"{plural(len(check.warnings), 'thing')} to mend before training: {', '.join(topics)}"
    return "Ready to train, with notes to read" if check.of("note") else "Ready to train: nothing amiss was found"


def share(part: float) -> str:
    """Returns 100%, 13%, 1.3% or <0.1%."""
    return f"{part:.0%}" if part >= 0.1 or not part else f"{part:.1%}" if part >= 0.0005 else "<0.1%"


def to_text(check: DataCheck, name: str) -> str:
    """Returns the check-up as lines."""
    parts = [
        f"{name}: {verdict(check)} ({check.summary})",
        table(_HEAD, [_split(split) for split in check.splits]),
        _labels(check),
        "\n\n".join(_finding(finding) for finding in check.findings if finding.level != "ok"),
        _fine(check.of("ok")),
        _seen(check.seen),
        "\n".join(f"* {note}" for note in check.notes),
    ]
    return safe("\n\n".join(part for part in parts if part))


_HEAD = ("split", "rows", "tokens: half", "90%", "99%", "longest", "limit", "cut", "a word", "unknown", "in")


def _split(split: SplitCheck) -> list[str]:
    lengths, fit, mix = split.lengths, split.fit, split.languages or split.scripts
    points = [f"{n:,}" for n in lengths.percentiles.values()] if lengths else [""] * 4
    cuts = [f"{lengths.limit:,}", f"{lengths.cut:,}"] if lengths else ["", ""]
    fits = [f"{fit.per_word:.2f}", share(fit.unknown_share)] if fit else ["", ""]
    words = ", ".join(f"{word} {share(part)}" for word, part in list(mix.items())[:3] if part >= 0.005)
    return [split.name, f"{split.rows:,}", *points, *cuts, *fits, words]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns rows in columns; those of numbers stand on the right."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    is_number = [all(cell[:1].isdigit() or cell[:1] in ("<", "") for cell in column[1:]) for column in columns]

    def line(cells: Sequence[str]) -> str:
        placed = (c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, is_number, strict=True))
        return "  ".join(placed).rstrip()

    return "\n".join(map(line, [head, *rows]))


def _labels(check: DataCheck) -> str:
    train = check.splits[0]
    if train.numbers:
        return f"labels: numbers from {train.numbers.edges[0]:g} to {train.numbers.edges[-1]:g}"
    if not train.labels:
        return ""
    splits = [split for split in check.splits if split.labels]
    shown = list(train.labels)[:_MOST_LABELS]
    total, most = sum(train.labels.values()), max(train.labels.values())
    rows = []
    for label in shown:
        count = train.labels[label]
        counts = [f"{split.labels.get(label, 0):,}" for split in splits]
        rows.append([label[:32], *counts, share(count / total), "█" * max(round(_BAR * count / most), 1)])
    hidden = len(train.labels) - len(shown) + train.more_labels
    more = f"\nand {hidden:,} rarer labels" if hidden else ""
    return table(["label", *(split.name for split in splits), "of train", ""], rows) + more


def _finding(finding: Finding) -> str:
    lines = textwrap.wrap(f"{_SIGNS[finding.level]}  {finding.topic}: {finding.what}", WIDTH, subsequent_indent="    ")
    lines += [f"    {line}" for line in finding.fix.split("\n") if line]
    for row in finding.rows:
        lines.append(f"    {row.split} row {row.row:,}: {row.text[:80]}{f'  ({row.also[:60]})' if row.also else ''}")
    return "\n".join(lines)


def _fine(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    lines = (textwrap.fill(f"  {finding.what}", WIDTH, subsequent_indent="    ") for finding in findings)
    return "\n".join([f"{_SIGNS['ok']}:", *lines])


def _seen(rows: Sequence[SeenRow]) -> str:
    if not rows:
        return ""
    marked = f", learnt ones {OPEN}so{CLOSE}" if any(row.learnt for row in rows) else ""
    return "\n".join([f"As the model sees them, token by token{marked}:", *map(_row, rows)])


def _row(row: SeenRow) -> str:
    name = f"row {row.row:,}" if row.row else "piece"
    label = f" → {row.label}" if row.label and not row.writes else ""
    writes = f" → {_tokens(row.writes)}" if row.writes else ""
    said = f"  {name}, {row.count:,} tokens{label}: {_tokens(row.tokens)}{writes}"
    return textwrap.fill(said, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _tokens(tokens: Sequence[Token]) -> str:
    parts = []
    for is_learnt, some in groupby(tokens, lambda token: LEARNT in token.marks):
        said = " ".join(map(_token, some))
        parts.append(f"{OPEN}{said}{CLOSE}" if is_learnt else said)
    return " ".join(parts)


def _token(token: Token) -> str:
    if token.marks == GAP:
        return f"… {token.text} …"
    return f"{token.text}/{token.tag}" if token.tag else token.text


def safe(words: str) -> str:
    """Returns the words without what moves a terminal's cursor."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "·" for letter in words)
