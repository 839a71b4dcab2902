"""The rows that are labelled: a DataFrame or a list of dicts of the notebook, written to in place, or a copy of others."""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbft.errors import DataError
from nbft.spec.guess import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

TEXT_NAMES = (
    "text",
    "sentence",
    "review",
    "content",
    "message",
    "body",
    "comment",
    "tweet",
    "sms",
    "question",
    "document",
)
"""Names by which a column of texts is recognised, the likeliest first."""
SAMPLE_ROWS = 200


class Rows(ABC):
    """Rows with columns, of which one receives labels."""

    is_in_place = True
    """Whether the notebook's own variable is written to."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """The names of all columns."""

    @abstractmethod
    def values(self, column: str) -> list[Any]:
        """Returns a column's values, None in every row where there is no such column."""

    @abstractmethod
    def value(self, place: int, column: str) -> Any:
        """Returns one value; None where there is no such row."""

    @abstractmethod
    def write(self, place: int, column: str, value: Any) -> None:
        """Puts a value into a row; None takes it away."""

    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """Returns a copy of all rows."""

    @abstractmethod
    def prepare(self, column: str) -> None:
        """Makes the column, where it is missing, and lets it hold any value."""


class FrameRows(Rows):
    """The rows of a DataFrame."""

    def __init__(self, frame: pd.DataFrame, *, is_in_place: bool = True) -> None:
        self._frame = frame
        self.is_in_place = is_in_place
        names = self.columns
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"Column {twice[0]!r} appears twice.", "Rename one of them.")

    @property
    def columns(self) -> list[str]:
        """The names of all columns."""
        return [str(name) for name in self._frame.columns]

    def values(self, column: str) -> list[Any]:
        """Returns a column's values, None in every row where there is no such column."""
        if column not in self.columns:
            return [None] * len(self._frame)
        return self._frame.iloc[:, self.columns.index(column)].tolist()

    def value(self, place: int, column: str) -> Any:
        """Returns one value; None where there is no such row."""
        if place >= len(self._frame) or column not in self.columns:
            return None
        return self._frame.iat[place, self.columns.index(column)]

    def prepare(self, column: str) -> None:
        """Makes the column, where it is missing, and lets it hold any value."""
        with warnings.catch_warnings():  # a part of another frame is warned of; it is this part that is to change
            warnings.simplefilter("ignore")
            if column not in self.columns:
                self._frame[column] = [None] * len(self._frame)
            name = self._frame.columns[self.columns.index(column)]
            if self._frame[name].dtype != object:
                self._frame[name] = self._frame[name].astype(object)

    def write(self, place: int, column: str, value: Any) -> None:
        """Puts a value into a row; None takes it away."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._frame.iat[place, self.columns.index(column)] = value

    def frame(self) -> pd.DataFrame:
        """Returns a copy of all rows."""
        return self._frame.copy()


class ListRows(Rows):
    """The rows of a list of dicts."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    @property
    def columns(self) -> list[str]:
        """The names of all columns."""
        return list(dict.fromkeys(str(name) for row in self._rows for name in row))

    def values(self, column: str) -> list[Any]:
        """Returns a column's values, None in every row where there is no such column."""
        return [row.get(column) for row in self._rows]

    def value(self, place: int, column: str) -> Any:
        """Returns one value; None where there is no such row."""
        return self._rows[place].get(column) if place < len(self._rows) else None

    def prepare(self, column: str) -> None:
        """Gives every row the column: the first row's names are those that a run takes."""
        for row in self._rows:
            row.setdefault(column, None)

    def write(self, place: int, column: str, value: Any) -> None:
        """Puts a value into a row; None takes it away."""
        self._rows[place][column] = value

    def frame(self) -> pd.DataFrame:
        """Returns a copy of all rows."""
        import pandas as pd

        return pd.DataFrame([dict(row) for row in self._rows])


def rows_of(value: Any) -> Rows | None:
    """Returns the rows of a variable; None where it holds no rows."""
    if isinstance(value, list):
        return ListRows(value) if value and all(isinstance(row, dict) for row in value) else None
    if type(value).__name__ == "DataFrame" and hasattr(value, "iat"):
        return FrameRows(value)
    if hasattr(value, "to_pandas") and hasattr(value, "column_names"):
        return FrameRows(value.to_pandas(), is_in_place=False)
    return None


def is_empty(value: Any) -> bool:
    """Returns whether a cell holds nothing."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def find_text_column(rows: Rows, wanted: str | None, into: str) -> str:
    """Returns the column that holds the texts: the one wanted, one of a known name, else that of the longest texts."""
    columns = rows.columns
    if wanted is not None:
        if wanted not in columns:
            raise DataError(f"There is no column {wanted!r}.", did_you_mean(wanted, columns, "Its columns"))
        return wanted
    candidates = {name: _mean_length(rows.values(name)) for name in columns if name != into}
    texts = {name: length for name, length in candidates.items() if length > 0}
    if not texts:
        raise DataError("No column holds texts.", f"Its columns: {', '.join(columns)}.")
    known = {name.lower(): name for name in reversed(list(texts))}
    return next((known[name] for name in TEXT_NAMES if name in known), max(texts, key=lambda name: texts[name]))


def _mean_length(values: Sequence[Any]) -> float:
    """Returns characters a text; 0 for a column of other things."""
    held = [value for value in values[:SAMPLE_ROWS] if not is_empty(value)]
    if not held or not all(isinstance(value, str) for value in held):
        return 0.0
    return sum(map(len, held)) / len(held)
