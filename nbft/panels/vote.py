"""The panel of `%ft_vote`: a prompt, two answers, a key for each; whose they are is told at the end alone.

It stands on the labelling panel's page side. Until the end nothing is sent that says which system is on which side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anywidget
import traitlets

from nbft.labelling.session import Session
from nbft.panels.base import text
from nbft.panels.labelling import LAST_CHARACTERS, STYLES, joined, rate
from nbft.panels.wording import plural
from nbft.voting.pairs import is_swapped
from nbft.voting.votes import TIE, Votes

SCRIPTS = (
    "labelling_notebook.js",
    "key_guard.js",
    "labelling_keys.js",
    "labelling_parts.js",
    "labelling.js",
    "vote.js",
)
CHOICES = (("left", "Left is better", ["1"]), (TIE, "Tie", ["0", "t"]), ("right", "Right is better", ["2"]))


@dataclass
class AroundVote:
    """What the panel shows besides prompts and answers."""

    notes: list[str] = field(default_factory=list)
    error: tuple[str, str] | None = None
    is_open: bool = False
    """Whether the result is shown before the last vote."""


class VotePanel(anywidget.AnyWidget):
    """Shows a session of votes; `hear` takes what the page asks for."""

    _esm = traitlets.Unicode(joined(SCRIPTS)).tag(sync=True)
    _css = traitlets.Unicode(joined((*STYLES, "vote.css"))).tag(sync=True)
    item = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    twin = traitlets.Unicode("").tag(sync=True)

    def __init__(self, hear: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._answers = 0
        self.on_msg(lambda _, message, __: hear(message))

    def show(self, session: Session, votes: Votes, around: AroundVote) -> None:
        """Brings the page up to the session; every call tells the page that it was heard."""
        self._answers += 1
        with self.hold_sync():
            self.item = {} if around.is_open else item_of(session, votes)
            self.view = {**view_of(session, votes, around), "heard": self._answers, "model_id": self.model_id}
            self.twin = to_html(session, votes, around)


def item_of(session: Session, votes: Votes) -> dict[str, Any]:
    """Returns the pair on the screen, without the systems' names; empty where nothing is left."""
    current = session.current
    if current is None:
        return {}
    pair = votes.pairs[current.id]
    answers = (pair.b, pair.a) if is_swapped(votes.seed, pair.id) else (pair.a, pair.b)
    return {
        "id": pair.id,
        "text": pair.prompt,
        "left": answers[0],
        "right": answers[1],
        "where": f"row {pair.row + 1:,}",
        "label": None,
    }


def is_over(session: Session, around: AroundVote) -> bool:
    """Returns whether the result may be shown."""
    return around.is_open or session.current is None


def view_of(session: Session, votes: Votes, around: AroundVote) -> dict[str, Any]:
    """Returns all that the page shows besides the pair; the counts by system only at the end."""
    over = is_over(session, around)
    return {
        "name": f"{votes.a} against {votes.b}",
        "many": False,
        "labels": [{"name": words, "keys": keys, "count": 0, "guess": None} for _, words, keys in CHOICES],
        "guess": "",
        "labelled": session.labelled,
        "skipped": session.skipped,
        "left": session.left,
        "total": len(session.texts),
        "rate": rate(session),
        "last": _last(session, votes),
        "reading": "",
        "notes": around.notes,
        "error": list(around.error) if around.error else None,
        "end": votes.verdict if over else "",
        "result": [[name, count] for name, count in votes.counts.items()] if over else [],
        "journal": f"{session.journal.path.parent.name}/{session.journal.path.name}",
        "size": "short",
    }


def _last(session: Session, votes: Votes) -> dict[str, str] | None:
    step = session.last
    if step is None:
        return None
    words = " ".join(session.texts[step.id].text.split())
    did = "skipped" if not isinstance(step.label, str) else votes.side(step.id, step.label)
    return {"did": did, "text": words if len(words) <= LAST_CHARACTERS else f"{words[:LAST_CHARACTERS]}…"}


def head(session: Session, votes: Votes) -> str:
    """Returns what is voted on and how far it is, in one line."""
    left = f", {session.left:,} left" if session.left else ""
    skipped = f", {session.skipped:,} skipped" if session.skipped else ""
    voted = f"{session.labelled:,} of {plural(len(session.texts), 'pair')} voted on"
    return f"{votes.a} against {votes.b}, blind: {voted}{skipped}{left}"


def go_on(session: Session) -> str:
    """Returns how to go on from a page without a panel; empty where nothing is left."""
    return "To go on, run this cell again: each vote is kept." if session.left or session.skipped else ""


def to_html(session: Session, votes: Votes, around: AroundVote) -> str:
    """Returns the static twin; the result is in it only once it may be known."""
    table = ""
    if is_over(session, around):
        rows = "".join(
            f'<tr><td align="left">{text(name)}</td><td align="right">{count:,}</td></tr>'
            for name, count in votes.counts.items()
        )
        table = f"<p>{text(votes.verdict)}</p><table><tbody>{rows}</tbody></table>"
    more = f"<p>{go_on(session)}</p>" if go_on(session) else ""
    return f"<div><p><b>{text(head(session, votes))}</b></p>{table}{more}</div>"


def to_text(session: Session, votes: Votes, around: AroundVote) -> str:
    """Returns the static twin for a terminal, and for where nobody can click."""
    told = votes.verdict if is_over(session, around) else ""
    return "\n".join(part for part in (head(session, votes), told, go_on(session)) if part)
