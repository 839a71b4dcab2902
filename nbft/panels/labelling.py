"""The panel of `%ft_label`: one text, a button and a key a label, undo, skip; an anywidget that shows what the journal says.

What is sent: `item` (the text on the screen), `view` (all else) and `twin` (what a saved notebook holds in the panel's
place). What comes back, as messages: `{do: "label", id, label}`, `skip`, `undo`, `again` and `new-label`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anywidget
import traitlets

from nbft.labelling.keys import keys_of
from nbft.labelling.session import Session
from nbft.labelling.texts import Label, Step, Text, names_of
from nbft.panels.base import HERE, text
from nbft.panels.wording import duration, plural

SCRIPTS = (
    "labelling_notebook.js",
    "key_guard.js",
    "labelling_keys.js",
    "labelling_parts.js",
    "labelling.js",
    "labelling_render.js",
)
STYLES = ("style.css", "labelling.css", "labelling_choices.css")
SHORT, LONG = 160, 700
"""Characters up to which a text is short, and from which it is long; the size of the letters goes by it."""
LAST_CHARACTERS = 80


def joined(names: tuple[str, ...]) -> str:
    """Returns files of this folder as one."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


@dataclass
class Around:
    """What a panel shows besides texts and answers."""

    name: str
    """What is labelled: a variable's or a file's name."""
    text: str
    """The column of the texts."""
    column: str
    """The column of the labels."""
    notes: list[str] = field(default_factory=list)
    next_step: str = ""
    model: str = ""
    """Who guesses; empty where nobody does."""
    guesses: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Probability of each label by text."""
    reading: str = ""
    """How far the model has read, in words; empty when it has read all."""
    error: tuple[str, str] | None = None
    """What went wrong, and what to do."""
    saved: str = ""
    """The file that is kept up to date."""
    tall: int = 0
    """Characters of a long text among these (the 90th of 100), which the size of the card goes by."""


class LabellingPanel(anywidget.AnyWidget):
    """Shows a session; `hear` takes what the page asks for."""

    _esm = traitlets.Unicode(joined(SCRIPTS)).tag(sync=True)
    _css = traitlets.Unicode(joined(STYLES)).tag(sync=True)
    item = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    twin = traitlets.Unicode("").tag(sync=True)

    def __init__(self, hear: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._answers = 0
        self.on_msg(lambda _, message, __: hear(message))

    def show(self, session: Session, around: Around) -> None:
        """Brings the page up to the session; every call tells the page that it was heard."""
        self._answers += 1
        with self.hold_sync():
            self.item = item_of(session)
            self.view = {**view_of(session, around), "heard": self._answers, "model_id": self.model_id}
            self.twin = to_html(session, around)


def item_of(session: Session) -> dict[str, Any]:
    """Returns the text on the screen; empty where nothing is left."""
    current = session.current
    if current is None:
        return {}
    return {"id": current.id, "text": current.text, "where": _where(current), "label": session.label_of(current)}


def _where(current: Text) -> str:
    """Rows are counted from 1, as in errors."""
    if len(current.rows) == 1:
        return f"row {current.rows[0] + 1:,}"
    return f"row {current.rows[0] + 1:,} and {plural(len(current.rows) - 1, 'more')} with this text"


def view_of(session: Session, around: Around) -> dict[str, Any]:
    """Returns all that the page shows besides the text."""
    counts, keys = session.counts, keys_of(session.labels, session.given)
    current = session.current
    guess = around.guesses.get(current.id) if current else None
    return {
        "name": around.name,
        "columns": [around.text, around.column],
        "many": session.many,
        "labels": [
            {"name": name, "keys": keys[i], "count": counts[name], "guess": (guess or {}).get(name)}
            for i, name in enumerate(session.labels)
        ],
        "guess": said(guess, session, around),
        "labelled": session.labelled,
        "skipped": session.skipped,
        "left": session.left,
        "total": len(session.texts),
        "rate": rate(session),
        "last": last(session),
        "reading": around.reading,
        "notes": around.notes,
        "error": list(around.error) if around.error else None,
        "end": end(session) if current is None else "",
        "next": around.next_step,
        "saved": around.saved,
        "journal": f"{session.journal.path.parent.name}/{session.journal.path.name}",
        "size": "short" if around.tall <= SHORT else "long" if around.tall > LONG else "middle",
    }


def said(guess: Mapping[str, float] | None, session: Session, around: Around) -> str:
    """Returns the model's guess in words; empty where there is none."""
    if not guess:
        return ""
    if session.many:
        names = [f"{name} {_share(p)}" for name, p in sorted(guess.items(), key=lambda pair: -pair[1]) if p >= 0.5]
        return f"{around.model} guesses {', '.join(names) or 'no label'}"
    name = max(guess, key=lambda label: guess[label])
    unknown = "" if name in session.labels else ", which is none of these"
    return f"{around.model} guesses {name}, {_share(guess[name])}{unknown}"


def _share(p: float) -> str:
    return f"{100 * p:.0f}%" if p <= 0.99 else f"{math.floor(1000 * p) / 10:.1f}%"


def rate(session: Session) -> str:
    """Returns answers a minute and the time that the rest will take; empty as long as nobody can tell."""
    found = session.per_minute
    if found is None:
        return ""
    left = f", about {duration(60 * session.left / found)} left" if session.left else ""
    return f"{found:.0f} a minute{left}"


def last(session: Session) -> dict[str, str] | None:
    """Returns the newest answer, so that a slip is seen; None where there is none."""
    step: Step | None = session.last
    if step is None:
        return None
    words = " ".join(session.texts[step.id].text.split())
    return {
        "did": "skipped" if step.label is None else shown(step.label),
        "text": words if len(words) <= LAST_CHARACTERS else f"{words[:LAST_CHARACTERS]}…",
    }


def shown(label: Label) -> str:
    """Returns a label in words."""
    return ", ".join(names_of(label)) or "no label"


def end(session: Session) -> str:
    """Returns the sentence that stands where nothing is left to ask."""
    total = len(session.texts)
    if session.labelled == total:
        return "1 text labelled" if total == 1 else f"All {total:,} texts labelled"
    return f"{session.labelled:,} of {plural(total, 'text')} labelled, {session.skipped:,} skipped"


def head(session: Session, around: Around) -> str:
    """Returns what is labelled and how far it is, in one line."""
    left = f", {session.left:,} left" if session.left else ""
    skipped = f", {session.skipped:,} skipped" if session.skipped else ""
    return f"{around.name}: {session.labelled:,} of {len(session.texts):,} texts labelled{skipped}{left}"


def go_on(session: Session) -> str:
    """Returns how to go on from a page without a panel; empty where nothing is left."""
    return "To go on, run this cell again: what was labelled is kept." if session.left or session.skipped else ""


def to_html(session: Session, around: Around) -> str:
    """Returns the static twin: plain tables, as a saved notebook keeps them."""
    total = max(len(session.texts), 1)
    shares = "" if session.many else "{:.0%}"
    rows = [(name, count, shares.format(count / total)) for name, count in session.counts.items()]
    rows += [("skipped", session.skipped, "")] if session.skipped else []
    rows += [("left", session.left, "")] if session.left else []
    cells = "".join(
        f'<tr><td align="left">{text(name)}</td><td align="right">{count:,}</td><td align="right">{share}</td></tr>'
        for name, count, share in rows
    )
    table = (
        f'<table><thead><tr><th align="left">{text(around.column)}</th><th align="right">texts</th>'
        f'<th align="right">share</th></tr></thead><tbody>{cells}</tbody></table>'
    )
    saved = f"<p>Labelled rows are in <code>{text(around.saved)}</code>.</p>" if around.saved else ""
    step = f"<p>Train on them:</p><pre>{text(around.next_step)}</pre>" if session.labelled else ""
    more = f"<p>{go_on(session)}</p>" if go_on(session) else ""
    return f"<div><p><b>{text(head(session, around))}</b></p>{table}{saved}{more}{step}</div>"


def to_text(session: Session, around: Around) -> str:
    """Returns the static twin for a terminal, and for where nobody can click."""
    width = max(map(len, session.labels), default=0)
    counts = "\n".join(f"  {label:<{width}}  {count:,}" for label, count in session.counts.items())
    return "\n".join(part for part in (head(session, around), counts, go_on(session)) if part)
