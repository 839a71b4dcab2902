"""`%ft_vote`: a blind vote on the answers of two systems, below the cell."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from nbft.errors import DataError, NbftError
from nbft.evaluation import start_evaluation
from nbft.labelling.journal import Journal
from nbft.labelling.session import Session
from nbft.notebook.eval_magic import data_of
from nbft.notebook.evaluating import wait_for
from nbft.notebook.label_source import find_source
from nbft.notebook.line import Line, split_line
from nbft.notebook.voting import Voting
from nbft.notebook.waiting import can_click
from nbft.panels.vote import AroundVote
from nbft.panels.wording import plural
from nbft.voting.pairs import Pair, as_words, in_order, pairs_of
from nbft.voting.votes import TIE, Votes

VALUED = ("--prompt", "--rows", "--seed", "--name", "--data")
FLAGS = VALUED
"""All flags of `%ft_vote`; each takes a value."""
EXAMPLE = "%ft_vote $answers tuned base"
ROWS, SEED = 50, 42


@magics_class
class VoteMagics(Magics):
    """The magic that lets a person judge."""

    @no_var_expand
    @line_magic
    def ft_vote(self, line: str) -> None:
        """%ft_vote $answers A B, or %ft_vote RUN base [--rows N] [--seed N] [--prompt COLUMN] [--name NAME]: a blind vote.

        Shows one prompt at a time with the answers of the columns A and B (of two runs, or a run and its base, to
        its test rows), in an order that is hidden and drawn anew for
        each pair. Keys: 1 left, 2 right, 0 or t a tie, s skips, u takes back, Escape leaves. Each vote is kept at once,
        and found again when the cell is run again, also after a kernel restart. At the end: how often A wins, with its
        95% interval and p. The result is bound to `votes`.

        --data FILE      prompts of your own, where runs answer
        --rows N         pairs to vote on, drawn by chance: 50
        --seed N         another order, and other pairs: 42
        --prompt COLUMN  the column of the prompts, where it isn't recognised
        --name NAME      the journal's name, in nbft-labels/, where another is wanted
        """
        asked = split_line("%ft_vote", line, (), VALUED)
        shell = cast("InteractiveShell", self.shell)
        voting = open_voting(asked, shell.user_ns)
        shell.push({"votes": voting.votes})
        voting.show() if can_click() else voting.say()


def open_voting(asked: Line, names: dict[str, Any]) -> Voting:
    """Returns the vote that a line asks for, resumed where it was left; raises NbftError for what is wrong."""
    words = [word for word in (asked.name, *asked.more) if word]
    is_of_runs = len(words) == 2 and not words[0].startswith("$")
    if len(words) != 3 and not is_of_runs:
        fix = f"As in: {EXAMPLE}   or of a run: %ft_vote reviews base"
        raise NbftError("%ft_vote needs answers and the two columns that hold them, or a run and another.", fix)
    *where, a, b = words
    if a == b or TIE in (a, b):
        raise NbftError(f"%ft_vote needs two different systems, neither of them called {TIE!r}.", f"As in: {EXAMPLE}")
    if is_of_runs:
        data = asked.values.get("--data", [None])[-1]
        return voting_on(pairs_of_runs(a, b, data_of(data, names)), (a, b), asked)
    rows = find_source(Line(name=where[0]), names).rows
    prompt = asked.values.get("--prompt", [None])[-1]
    return voting_on(pairs_of(rows, a, b, prompt), (a, b), asked)


def pairs_of_runs(a: str, b: str, data: Any) -> list[Pair]:
    """Returns what two systems say of the first run's test rows, or of data; shows how far they are, but no scores."""
    evaluation = wait_for(start_evaluation([a, b], data, replies=True), f"{a} against {b}", shows_page=False)
    systems = [one.name for one in evaluation.scorecard.systems if one.predictions][:2]
    frame = evaluation.predictions
    if "prediction" not in frame:
        raise DataError(
            f"{evaluation.scorecard.task} gives no answers to read.", "Give answers:  %ft_vote $answers A B"
        )
    mine, theirs = (frame[frame.system == name].reset_index(drop=True) for name in systems)
    if systems[0] == b:
        mine, theirs = theirs, mine
    both = zip(mine.row, mine.input, mine.prediction, theirs.prediction, strict=True)
    reads = json.loads if evaluation.scorecard.task == "chat" else str  # what was said before an answer is kept as JSON
    return [Pair(as_words(reads(prompt)), as_words(x), as_words(y), int(row) - 1) for row, prompt, x, y in both]


def voting_on(pairs: Sequence[Pair], systems: tuple[str, str], asked: Line) -> Voting:
    """Returns the vote on pairs; those with equal answers are left out, and no more are shown than were asked for."""
    a, b = systems
    seed = asked.count("--seed") or SEED
    differing = [pair for pair in pairs if pair.a != pair.b]
    if not differing:
        raise DataError(
            f"{a} and {b} give the same answer to each of {plural(len(pairs), 'prompt')}.",
            "There is nothing to vote on.",
        )
    chosen = in_order(differing, seed)[: asked.count("--rows") or ROWS]
    name = asked.values.get("--name", [None])[-1] or _called(a, b)
    session = Session([pair.text() for pair in chosen], Journal(name, "vote"), [a, b, TIE])
    around = AroundVote(_notes(pairs, differing, session))
    return Voting(session, Votes(a, b, chosen, session, seed), around)


def _called(a: str, b: str) -> str:
    """Returns the journal's name: the same whichever of the two is named first."""
    words = (re.sub(r"[^\w-]+", "-", name).strip("-_") or "system" for name in sorted((a, b)))
    return f"vote-{'-'.join(words)}"


def _notes(pairs: Sequence[Pair], differing: Sequence[Pair], session: Session) -> list[str]:
    """Returns what was found, in sentences."""
    notes = []
    if session.resumed:
        notes.append(f"{session.resumed:,} of {len(session.texts):,} were voted on before.")
    if same := len(pairs) - len(differing):
        notes.append(
            f"{plural(same, 'prompt')} with the same answer from both {'is' if same == 1 else 'are'} left out."
        )
    return notes
