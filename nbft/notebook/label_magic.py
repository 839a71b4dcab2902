"""`%ft_label`: labels the texts of a variable, a file or another source, below the cell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from nbft.errors import DataError, NbftError
from nbft.labelling import journal as word
from nbft.labelling.column import LabelColumn, labels_in
from nbft.labelling.guessing import labels_of
from nbft.labelling.journal import Journal
from nbft.labelling.labels import SAVERS, Labels
from nbft.labelling.rows import find_text_column
from nbft.labelling.session import Session
from nbft.notebook.label_source import EXAMPLE, Source, find_source
from nbft.notebook.labelling import Labelling, mark_saved
from nbft.notebook.line import Line, split_line
from nbft.notebook.waiting import can_click
from nbft.panels.labelling import Around
from nbft.panels.wording import plural
from nbft.record.journal import Follower
from nbft.run import Run
from nbft.spec.guess import listed

FLAGS, VALUED = ("--multi", "--all"), ("--labels", "--text", "--into", "--save", "--model", "--name")
BOUND = "labels"
"""The variable that holds the result."""
MOST_LABELS = 40
"""A column with more different values than that holds no labels."""


@magics_class
class LabelMagics(Magics):
    """The magic that labels."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._open: dict[tuple[str, str], Labelling] = {}

    @no_var_expand
    @line_magic
    def ft_label(self, line: str) -> None:
        """%ft_label $df --labels positive,negative [--text COLUMN] [--into COLUMN] [--save FILE] [--model RUN] [--multi]

        Shows one text at a time; each answer is saved at once, becomes a value of the column `label`, and is found again
        when the cell is run again, also after a kernel restart. In place of $df: a file, or any source of `data.train`.

        --labels A,B     what to choose from; may be left out where the column or the model knows labels
        --text COLUMN    the column of the texts, where it isn't recognised
        --into COLUMN    the column of the labels: `label`
        --multi          a text may have several labels, or none
        --model RUN      a run's classifier guesses, and what it is least sure of comes first
        --all            also shows texts that have a label
        --save FILE      keeps the labelled rows in a file: .csv, .tsv, .json, .jsonl or .parquet
        --name NAME      the journal's name, in nbft-labels/, where another than the variable's is wanted
        """
        asked = split_line("%ft_label", line, FLAGS, VALUED)
        shell = cast("InteractiveShell", self.shell)
        labelling = open_labelling(asked, shell.user_ns)
        known = (labelling.around.name, labelling.around.column)
        if known in self._open:  # the cell was run again: nobody waits for those guesses
            self._open[known].stop_guessing()
        self._open[known] = labelling
        shell.push({labelling.labels.variable: labelling.labels})
        model = _model(asked, shell.user_ns)
        if not can_click():
            labelling.say()
            return
        if model:
            labelling.guess_with(model)
        labelling.show()


def _free_name(names: dict[str, Any], labelled: str) -> str:
    """Returns `labels`, unless the notebook calls something of its own so."""
    if isinstance(names.get(BOUND), Labels) or BOUND not in names:
        return BOUND
    return f"{re.sub(r'[^0-9A-Za-z_]', '_', labelled)}_labels"


def open_labelling(asked: Line, names: dict[str, Any]) -> Labelling:
    """Returns the labelling that a line asks for, resumed where it was left; raises NbftError for what is wrong."""
    source = find_source(asked, names)
    into = _one(asked, "--into") or "label"
    many = "--multi" in asked.flags
    text = find_text_column(source.rows, _one(asked, "--text"), into)
    if text == into:
        raise DataError(f"Column {into!r} can't hold both the texts and their labels.", "Name another:  --into COLUMN")
    column = LabelColumn(source.rows, into, text, many=many)
    texts = column.texts()
    if not texts:
        raise DataError(
            f"Column {text!r} of {source.name} holds no text.", f"Its columns: {listed(source.rows.columns)}."
        )
    choices = _choices(asked, _model(asked, names), labels_in(texts))
    journal = Journal(_one(asked, "--name") or source.name, into)
    every = "--all" in asked.flags
    session = Session(texts, journal, choices, many=many, every=every)
    saved = _file(asked, source, session)
    labels = Labels(source.name, column, session, saved)
    labels.variable = _free_name(names, source.name)
    around = Around(source.name, text, into, notes=[*_notes(session, column, every), *source.notes])
    if labels.variable != BOUND:
        around.notes.append(f"The result is bound to `{labels.variable}`: `{BOUND}` holds something else.")
    around.saved = str(saved) if saved else ""
    around.model = _one(asked, "--model") or ""
    return Labelling(session, column, labels, around)


def _one(asked: Line, flag: str) -> str | None:
    given = asked.values.get(flag)
    return given[-1] if given else None


def _model(asked: Line, names: dict[str, Any]) -> str | None:
    """Returns the model's name; `$reviews` and `reviews` may be a Run of the notebook."""
    given = _one(asked, "--model")
    if given is None:
        return None
    run = names.get(given.removeprefix("$"))
    return str(run.folder.path) if isinstance(run, Run) else given


def _choices(asked: Line, model: str | None, held: list[str]) -> list[str]:
    given = [label.strip() for label in (_one(asked, "--labels") or "").split(",")]
    named = list(dict.fromkeys(label for label in given if label))
    if named:
        return named
    if model is not None and (known := labels_of(model)):
        return known
    if len(held) > MOST_LABELS:
        raise DataError(f"The column of the labels holds {len(held):,} different values.", f"Name them:  {EXAMPLE}")
    if not held:
        raise NbftError("%ft_label needs labels to choose from.", f"As in: {EXAMPLE}")
    return held


def _file(asked: Line, source: Source, session: Session) -> Path | None:
    """Returns the file to keep up to date; raises DataError where that would write over another."""
    given = _one(asked, "--save")
    if given is None:
        return None
    file = Path(given).expanduser()
    if file.suffix.lower() not in SAVERS:
        raise DataError(f"nbft can't write {file.name!r}.", f"It writes {', '.join(SAVERS)} files.")
    if source.file is not None and file.absolute() == source.file:
        raise DataError(
            f"{file.name} holds what is labelled: labelled rows alone can't be written over it.", "Name another."
        )
    own = [entry["file"] for entry in Follower(session.journal.path).read() if entry.get("do") == word.SAVED]
    if str(file.absolute()) not in own:
        if file.exists():
            fix = "Name another file, or delete this one."
            raise DataError(f"There is a file {given!r} already, which %ft_label did not write.", fix)
        mark_saved(session, file)
    return file


def _notes(session: Session, column: LabelColumn, every: bool) -> list[str]:
    """Returns what was found, in sentences."""
    total, rows = len(session.texts), sum(len(text.rows) for text in session.texts.values())
    empty = len(column.rows.values(column.text)) - rows
    notes = []
    if session.resumed:
        shown = "; they are shown again, behind the others" if every else ""
        notes.append(f"{session.resumed:,} of {total:,} were labelled before{shown}.")
    if session.unasked:
        found = ", ".join(f"{name} ({count:,})" for name, count in session.unasked.items())
        notes.append(f"Among them are labels that --labels does not name: {found}. For another journal: --name NAME")
    if rows > total:
        repeated = rows - total
        notes.append(f"{plural(repeated, 'row')} repeat{'s' * (repeated == 1)} another's text: one answer labels both.")
    if empty:
        notes.append(f"{plural(empty, 'row')} without text {'is' if empty == 1 else 'are'} left out.")
    return notes
