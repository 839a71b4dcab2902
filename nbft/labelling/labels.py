"""What was labelled: as a DataFrame, as a file, as counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbft.errors import DataError
from nbft.labelling.column import LabelColumn
from nbft.labelling.session import Session

if TYPE_CHECKING:
    import pandas as pd

SAVERS: dict[str, Callable[[Any, Path], None]] = {
    ".csv": lambda frame, file: frame.to_csv(file, index=False),
    ".tsv": lambda frame, file: frame.to_csv(file, index=False, sep="\t"),
    ".json": lambda frame, file: frame.to_json(file, orient="records", force_ascii=False, indent=1),
    ".jsonl": lambda frame, file: frame.to_json(file, orient="records", force_ascii=False, lines=True),
    ".parquet": lambda frame, file: frame.to_parquet(file, index=False),
}


class Labels:
    """The labels of `%ft_label`: `.frame`, `.labelled`, `.counts`, `.save("labelled.csv")`."""

    def __init__(self, name: str, column: LabelColumn, session: Session, saved: Path | None = None) -> None:
        self.name = name
        """What was labelled: the variable's or the file's name."""
        self.column = column.name
        self.text = column.text
        """The column that holds the texts."""
        self.variable = "labels"
        """What the notebook calls this."""
        self._column = column
        self._session = session
        self.saved = saved
        """The file that is kept up to date while texts are labelled."""

    @property
    def frame(self) -> pd.DataFrame:
        """All rows, with the column of labels."""
        frame = self._column.rows.frame()
        if self.column not in frame.columns:
            frame[self.column] = None
        return frame

    @property
    def labelled(self) -> pd.DataFrame:
        """The rows that have a label."""
        held = {place for text in self._column.texts() if text.before is not None for place in text.rows}
        return self.frame.iloc[sorted(held)].reset_index(drop=True)

    @property
    def counts(self) -> dict[str, int]:
        """How many texts have each label."""
        return self._session.counts

    def save(self, file: str | Path, *, every_row: bool = False) -> Path:
        """Writes the labelled rows, or with `every_row` also the others; raises DataError for an unknown ending."""
        return save_frame(self.frame if every_row else self.labelled, Path(file).expanduser())

    def __repr__(self) -> str:
        session = self._session
        counts = ", ".join(f"{label} {count:,}" for label, count in self.counts.items())
        skipped = f", {session.skipped:,} skipped" if session.skipped else ""
        head = f"{self.name}: {session.labelled:,} of {len(session.texts):,} texts labelled{skipped}"
        return f"{head}\n{self.column}: {counts}\n\nTrain on them:\n\n{self.next_step()}"

    def next_step(self) -> str:
        """Returns the cell that trains on what was labelled."""
        if self.saved is not None:
            return training_cell(self.name, str(self.saved), self.text, self.column)
        if self._column.rows.is_in_place:
            return training_cell(self.name, f"${self.name}", self.text, self.column)
        cell = training_cell(self.name, "$labelled", self.text, self.column)
        return f"labelled = {self.variable}.labelled\n\n{cell}"


def training_cell(name: str, source: str, text: str, label: str) -> str:
    """Returns a cell that trains a classifier on a source."""
    run = "".join(c if c.isalnum() else "-" for c in name).strip("-") or "labels"
    columns = f"columns: {{text: {_yaml(text)}, label: {_yaml(label)}}}"
    return f"%%finetune {run}-model\nmodel: starter-encoder\ndata: {{train: {_yaml(source)}, {columns}}}"


def _yaml(word: str) -> str:
    """Returns a word as it can stand in braces."""
    is_plain = word.replace("_", "a").replace("-", "a").replace("/", "a").replace(".", "a").lstrip("$").isalnum()
    return word if is_plain and not word[:1].isdigit() else "'" + word.replace("'", "''") + "'"


def save_frame(frame: pd.DataFrame, file: Path) -> Path:
    """Writes a whole file or leaves the old one; raises DataError for an ending that nbft doesn't write."""
    saver = SAVERS.get(file.suffix.lower())
    if saver is None:
        raise DataError(f"nbft can't write {file.name!r}.", f"It writes {', '.join(SAVERS)} files.")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    try:
        saver(frame, part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file
