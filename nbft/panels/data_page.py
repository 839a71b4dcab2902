"""A data check-up as a page that needs no kernel and no script: cards, pictures, findings with what mends them, tokens.

Where a front end keeps no styles, what is left are headings, tables, lists and keys, in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from nbft.panels.base import HERE, text
from nbft.panels.data_pictures import labels_picture, lengths_picture
from nbft.panels.data_text import safe, share, to_text, verdict
from nbft.panels.wording import plural
from nbft.record.data_check import GAP, LEARNT, SPECIAL, UNKNOWN, DataCheck, Finding, SeenRow, SplitCheck, Token

_SIGNS = {"warn": ("▲", "warning"), "note": ("●", "note"), "ok": ("✓", "in order")}
_CLASSES = {LEARNT: "nbft-learnt", SPECIAL: "nbft-special", UNKNOWN: "nbft-unknown"}
_YAML = re.compile(r"^\s*[a-z_]+:|^\s+\S")


def page(check: DataCheck, name: str) -> dict[str, str]:
    """Returns the check-up as the data of a cell's output."""
    return {"text/html": f"<style>{style()}</style>{to_html(check, name)}", "text/plain": to_text(check, name)}


@cache
def style() -> str:
    """Returns the page's styles."""
    return re.sub(r"\n\s*", "", (HERE / "data.css").read_text(encoding="utf-8"))


def to_html(check: DataCheck, name: str = "") -> str:
    """Returns the page without its styles; `name` heads it, where nothing else does."""
    parts = [
        _head(check, name) if name else "",
        _cards(check.splits),
        _pictures(check),
        _findings(check),
        _seen(check.seen),
        "".join(f'<p class="nbft-fine"><small>{text(note)}</small></p>' for note in check.notes),
    ]
    return safe(f'<div class="nbft-data">{"".join(parts)}</div>')


def _head(check: DataCheck, name: str) -> str:
    level = "warn" if check.warnings else "note" if check.of("note") else "ok"
    rows = sum(split.rows for split in check.splits)
    looked = f"looked at in {check.seconds:.1f}\N{NO-BREAK SPACE}s"
    facts = f"{check.task} · {rows:,} rows in {plural(len(check.splits), 'split')} · {looked}"
    title = f'<span class="nbft-sign">{_SIGNS[level][0]}</span> {text(verdict(check))}'
    return (
        f'<div class="nbft-head nbft-is-{level}"><h3>{title}</h3>'
        f"<p><b>{text(name)}</b> · {text(check.summary)} · {text(facts)}</p></div>"
    )


def _cards(splits: Sequence[SplitCheck]) -> str:
    cells = "".join(f'<td align="left" valign="top">{_card(split)}</td>' for split in splits)
    return f'<table class="nbft-cards"><tbody><tr>{cells}</tr></tbody></table>'


def _card(split: SplitCheck) -> str:
    facts = [f"<b>{text(split.name)}</b>", f'<span class="nbft-big">{split.rows:,} rows</span>']
    if split.lengths:
        points = split.lengths.percentiles
        facts.append(f"tokens: median {points['half']:,}, max {points['longest']:,}")
        cut = split.lengths.cut
        facts.append(
            f"{cut:,} cut at {split.lengths.limit:,} tokens" if cut else f"none cut at {split.lengths.limit:,} tokens"
        )
    if split.fit and split.fit.words:
        unknown = f", {share(split.fit.unknown_share)} unknown" if split.fit.unknown_share >= 0.0005 else ""
        facts.append(f"{split.fit.per_word:.2f} tokens a word{unknown}")
    mix = split.languages or {f"{script} script": part for script, part in split.scripts.items()}
    facts.append(", ".join(f"{word} {share(part)}" for word, part in list(mix.items())[:3] if part >= 0.005))
    return "<br>".join(fact for fact in facts if fact)


def _pictures(check: DataCheck) -> str:
    pictures = [picture for picture in (labels_picture(check), lengths_picture(check)) if picture]
    return f'<p class="nbft-pictures">{" ".join(pictures)}</p>' if pictures else ""


def _findings(check: DataCheck) -> str:
    told = [_finding(finding) for level in ("warn", "note") for finding in check.of(level)]
    fine = check.of("ok")
    parts = ["<h4>What was found</h4>"] if told else []
    parts += [f'<ul class="nbft-findings">{"".join(told)}</ul>'] if told else []
    if fine:
        items = "".join(f"<li>{text(finding.what)}</li>" for finding in fine)
        parts.append(
            f'<details class="nbft-fine"><summary>{plural(len(fine), "thing")} in order</summary><ul>{items}</ul></details>'
        )
    return "".join(parts)


def _finding(finding: Finding) -> str:
    sign, word = _SIGNS[finding.level]
    head = f'<span class="nbft-sign" title="{word}">{sign}</span> <b>{text(finding.topic)}</b> {text(finding.what)}'
    return f'<li class="nbft-is-{finding.level}">{head}{_fix(finding.fix)}{_examples(finding)}</li>'


def _fix(fix: str) -> str:
    """Sentences stand as they are, lines of YAML as code."""
    lines = fix.split("\n") if fix else []
    yaml = [line for line in lines if _YAML.match(line)]
    said = [text(line) for line in lines if line not in yaml]
    code = f'<pre class="nbft-fix">{text(chr(10).join(yaml))}</pre>' if yaml else ""
    return (f'<p class="nbft-mend">{"<br>".join(said)}</p>' if said else "") + code


def _examples(finding: Finding) -> str:
    if not finding.rows:
        return ""
    items = "".join(
        f"<li><small>{text(row.split)} row {row.row:,}</small> {text(row.text)}"
        f"{f' <small>{text(row.also)}</small>' if row.also else ''}</li>"
        for row in finding.rows
    )
    return f"<details><summary>{plural(len(finding.rows), 'example')}</summary><ul>{items}</ul></details>"


def _seen(rows: Sequence[SeenRow]) -> str:
    if not rows:
        return ""
    has_learnt = any(row.learnt for row in rows)
    legend = ["<kbd>token</kbd>", '<kbd class="nbft-special"><i>set by the tokenizer</i></kbd>']
    legend += ['<kbd class="nbft-learnt"><ins>learnt</ins></kbd>'] if has_learnt else []
    unknown = any(UNKNOWN in token.marks for row in rows for token in row.tokens)
    legend += ['<kbd class="nbft-unknown"><del>not in the vocabulary</del></kbd>'] if unknown else []
    shown = "".join(map(_row, rows))
    return f'<h4>As the model sees them</h4><p class="nbft-legend">{" ".join(legend)}</p>{shown}'


def _row(row: SeenRow) -> str:
    name = f"train row {row.row:,}" if row.row else "a training piece"
    learnt = f", {row.learnt:,} learnt" if row.learnt else ""
    label = f' <span class="nbft-label">→ {text(row.label)}</span>' if row.label and not row.writes else ""
    writes = f'<div class="nbft-tokens">→ {_chips(row.writes)}</div>' if row.writes else ""
    return (
        f'<div class="nbft-row"><small>{name} · {row.count:,} tokens{learnt}</small>{label}'
        f'<div class="nbft-tokens">{_chips(row.tokens)}</div>{writes}</div>'
    )


def _chips(tokens: Sequence[Token]) -> str:
    return " ".join(map(_chip, tokens))


def _chip(token: Token) -> str:
    if token.marks == GAP:
        return f'<small class="nbft-gap">… {text(token.text)} …</small>'
    shown = text(token.text) or "·"
    for mark, tag in ((SPECIAL, "i"), (UNKNOWN, "del"), (LEARNT, "ins")):
        shown = f"<{tag}>{shown}</{tag}>" if mark in token.marks else shown
    names = " ".join(_CLASSES[mark] for mark in token.marks if mark in _CLASSES)
    kind = f' class="{names}"' if names else ""
    return f"<kbd{kind}>{shown}{f'<sub>{text(token.tag)}</sub>' if token.tag else ''}</kbd>"
