"""A closer look at an evaluation: as HTML for the page, with classes, and as plain HTML and text for where none are kept."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from nbft.inference.token_classification import OUTSIDE
from nbft.panels import confusion, scatter
from nbft.panels.base import text
from nbft.panels.wording import plural
from nbft.record.examination import Answered, Examination, LabelCount, Mistake, TaggedWords

STATIC_ROWS = 8
"""Rows that a static picture carries."""
NO_ANSWER = "(no answer)"


def head(examination: Examination) -> str:
    """Returns how many rows went wrong, in a sentence."""
    rows = plural(examination.rows, "row") if examination.rows < 1000 else f"{examination.rows:,} rows"
    if examination.wrong is None:
        return f"{rows} looked at."
    if not examination.wrong:
        return f"All {rows} right."
    return f"{examination.wrong:,} of {rows} wrong ({examination.wrong / max(examination.rows, 1):.1%})."


def to_page(examination: Examination) -> str:
    """Returns the page of a panel."""
    parts = [f'<p class="nbft-exam-head">{text(head(examination))}</p>']
    if examination.taken_for:
        often = "".join(f"<li>{text(one)}</li>" for one in confusion.commonest(examination.taken_for))
        listed = f'<ul class="nbft-often">{often}</ul>' if often else ""
        parts.append(f'<div class="nbft-exam-scroll">{confusion.to_table(examination.taken_for)}{listed}</div>')
    if examination.points:
        parts.append(f'<div class="nbft-exam-picture">{scatter.to_picture(examination.points)}</div>')
    if examination.label_counts:
        parts.append(_counts(examination.label_counts, 'class="nbft-exam-table"'))
    if examination.mistakes:
        title = "The surest mistakes" if examination.wrong is not None else "The farthest off"
        parts += [f"<h5>{title}</h5>", _rows(map(_mistake, examination.mistakes))]
    if examination.tagged:
        parts += ["<h5>Words, right and found tags</h5>", _rows(map(_tagged, examination.tagged))]
    if examination.answered:
        parts += [ANSWERS, _rows(map(_answered, examination.answered))]
    return "".join(parts)


ANSWERS = '<h5>Answers: <mark class="nbft-is-found">found</mark> and <mark class="nbft-is-wanted">right</mark></h5>'


def _rows(rows: Iterable[str]) -> str:
    return f'<div class="nbft-exam-rows">{"".join(rows)}</div>'


def _counts(counts: Sequence[LabelCount], attributes: str = "") -> str:
    rows = "".join(
        f'<tr><td align="left">{text(one.label)}</td><td align="right">{one.right:,}</td>'
        f'<td align="right">{one.missed:,}</td><td align="right">{one.added:,}</td></tr>'
        for one in counts
    )
    names = ("right", "missed", "added wrongly")
    heads = "".join(f'<th align="right">{name}</th>' for name in names)
    return (
        f'<table {attributes}><thead><tr><th align="left">label</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _mistake(one: Mistake) -> str:
    sure = (
        ""
        if one.confidence is None
        else f'<span class="nbft-sure" style="--share:{one.confidence:.3f}">{_percent(one.confidence)}</span>'
    )
    return (
        f'<dl class="nbft-exam-row"><dt>text</dt><dd class="nbft-exam-text">{text(one.text)}</dd>'
        f'<dt>found</dt><dd><b class="nbft-not">{text(one.found)}</b> {sure}</dd>'
        f'<dt>wanted</dt><dd><b class="nbft-so">{text(one.wanted)}</b></dd></dl>'
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%" if share < 0.9995 else "> 99.9%"


def _tagged(row: TaggedWords) -> str:
    words = []
    for word, wanted, found in zip(row.words, row.wanted, row.found, strict=True):
        plain = wanted == found == OUTSIDE
        kind = "" if plain else " nbft-same" if wanted == found else " nbft-differs"
        tags = "" if plain else f"<i>{text(wanted)}</i><i>{text(found)}</i>"
        words.append(f'<span class="nbft-word{kind}"><span>{text(word)}</span>{tags}</span>')
    return f'<p class="nbft-exam-row nbft-words">{"".join(words)}</p>'


def _answered(row: Answered) -> str:
    marked = "".join(_marked(part, *said) for part, *said in parts_of(row))
    wanted = " / ".join(row.wanted) or NO_ANSWER
    return (
        f'<dl class="nbft-exam-row"><dt>question</dt><dd><b>{text(row.question)}</b></dd>'
        f'<dt>context</dt><dd class="nbft-exam-text">{marked}</dd>'
        f"<dt>found</dt><dd>{text(row.found or NO_ANSWER)}</dd><dt>wanted</dt><dd>{text(wanted)}</dd></dl>"
    )


def _marked(part: str, is_wanted: bool, is_found: bool) -> str:
    names = [name for name, wanted in (("nbft-is-wanted", is_wanted), ("nbft-is-found", is_found)) if wanted]
    return f'<mark class="{" ".join(names)}">{text(part)}</mark>' if names else text(part)


def parts_of(row: Answered) -> Iterator[tuple[str, bool, bool]]:
    """Yields the context in parts: the words, whether they are in the right answer, and whether in the one found."""
    places = sorted({0, len(row.context), *row.wanted_at, *row.found_at})
    for start, end in pairwise(places):
        inside = [bool(at) and at[0] <= start and end <= at[1] for at in (row.wanted_at, row.found_at)]
        yield row.context[start:end], inside[0], inside[1]


# Static


def to_html(examination: Examination, where: str) -> str:
    """Returns the closer look without styles, as a saved notebook keeps it."""
    parts = [f"<p>A closer look at {text(where)}: {text(head(examination))}</p>"]
    if examination.taken_for:
        words = text(confusion.describe(examination.taken_for))
        parts.append(f"<p>{_image(confusion.to_picture(examination.taken_for), words)}</p>")
    if examination.points:
        parts.append(f"<p>{_image(scatter.to_picture(examination.points), 'Predicted against true numbers')}</p>")
    if examination.label_counts:
        parts.append(_counts(examination.label_counts))
    rows = [
        *(_plain_mistake(one) for one in examination.mistakes[:STATIC_ROWS]),
        *(_plain_tagged(one) for one in examination.tagged[:STATIC_ROWS]),
        *(_plain_answer(one) for one in examination.answered[:STATIC_ROWS]),
    ]
    title = _title(examination)
    listed = "".join(f"<li>{row}</li>" for row in rows)
    parts += [f"<details><summary>{title}</summary><ul>{listed}</ul></details>"] if rows else []
    return "".join(parts)


def _title(examination: Examination) -> str:
    if examination.mistakes:
        return "The surest mistakes" if examination.wrong is not None else "Numbers farthest off"
    return "Words and their tags" if examination.tagged else "Answers"


def _image(picture: str, words: str) -> str:
    data = base64.b64encode(picture.encode()).decode()
    return f'<img alt="{words}" src="data:image/svg+xml;base64,{data}">'


def _plain_mistake(one: Mistake) -> str:
    sure = "" if one.confidence is None else f" ({_percent(one.confidence)} sure)"
    return (
        f"{_lines(one.text)}<br><small>found</small> <b>{text(one.found)}</b>{sure} "
        f"<small>wanted</small> <b>{text(one.wanted)}</b>"
    )


def _plain_tagged(row: TaggedWords) -> str:
    words = []
    for word, wanted, found in zip(row.words, row.wanted, row.found, strict=True):
        if wanted == found:
            words.append(text(word) if wanted == OUTSIDE else f"<b>{text(word)}</b> <small>[{text(wanted)}]</small>")
        else:
            words.append(f"<b>{text(word)}</b> <small>[{text(wanted)}, found {text(found)}]</small>")
    return " ".join(words)


def _plain_answer(row: Answered) -> str:
    context = "".join(
        f"<b>{text(part)}</b>" if wanted or found else text(part) for part, wanted, found in parts_of(row)
    )
    wanted = " / ".join(row.wanted) or NO_ANSWER
    return (
        f"<b>{text(row.question)}</b><br>{context}<br><small>found</small> {text(row.found or NO_ANSWER)} "
        f"<small>wanted</small> {text(wanted)}"
    )


def _lines(words: str) -> str:
    return text(words).replace("\n", "<br>")


def to_text(examination: Examination, where: str) -> str:
    """Returns the closer look in a few lines of a terminal."""
    often = confusion.commonest(examination.taken_for) if examination.taken_for else []
    lines = [f"A closer look at {where}: {head(examination)}", *(f"  {_flat(one)}" for one in often)]
    for one in examination.mistakes[:3]:
        sure = "" if one.confidence is None else f" {_percent(one.confidence)}"
        lines.append(f"  found {_flat(one.found)}{sure}, wanted {_flat(one.wanted)}: {_flat(one.text)[:80]}")
    return "\n".join(lines)


def _flat(words: str) -> str:
    """Data may hold what moves a terminal's cursor; nothing of that gets through."""
    return "".join(c if c.isprintable() else "·" for c in " ".join(words.split()))
