"""The column that receives labels: how its values are read, and how they are written."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from nbft.labelling.journal import identity
from nbft.labelling.rows import Rows, is_empty
from nbft.labelling.texts import Label, Text, as_label, names_of


class LabelColumn:
    """The column that receives labels: how its values are read, and how they are written."""

    def __init__(self, rows: Rows, name: str, text: str, *, many: bool) -> None:
        self.rows = rows
        self.name = name
        self.text = text
        self._many = many
        self._kinds = {word: value for value in rows.values(name) if (word := word_of(value)) is not None}
        """What a label's word is in the column: a column of numbers stays one."""

    def texts(self) -> list[Text]:
        """Returns what there is to label: each text once, with all rows that hold it; those without words are left out."""
        places: dict[str, list[int]] = {}
        for place, value in enumerate(self.rows.values(self.text)):
            if not is_empty(value):
                places.setdefault(str(value), []).append(place)
        labels = [self._read(value) for value in self.rows.values(self.name)]
        return [
            Text(identity(text), text, tuple(where), next((labels[i] for i in where if labels[i] is not None), None))
            for text, where in places.items()
        ]

    def write(self, text: Text, label: Label | None) -> bool:
        """Writes a text's label into its rows; False where the table has changed so that they are no longer there."""
        places = [place for place in text.rows if str(self.rows.value(place, self.text)) == text.text]
        if len(places) < len(text.rows):  # rows were added, taken out or sorted since
            places = [place for place, value in enumerate(self.rows.values(self.text)) if str(value) == text.text]
        for place in places:
            self.rows.write(place, self.name, self._value(label))
        return bool(places)

    def _value(self, label: Label | None) -> Any:
        return self._kinds.get(label, label) if isinstance(label, str) else label

    def _read(self, value: Any) -> Label | None:
        if not isinstance(value, str) and hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, str) and self._many and value.lstrip().startswith("["):
            value = _as_list(value)
        if isinstance(value, list | tuple):
            return as_label([str(item) for item in value], self._many)
        word = word_of(value)
        return None if word is None else as_label(word, self._many)


def _as_list(value: str) -> Any:
    """A list of words that went through a csv."""
    try:
        found = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    return found if isinstance(found, list) else value


def word_of(value: Any) -> str | None:
    """Returns a label as a word; None where the cell is empty or holds several."""
    if (
        isinstance(value, list | tuple | dict)
        or hasattr(value, "tolist")
        or is_empty(value)
        or str(value) in ("NaT", "<NA>")
    ):
        return None
    if isinstance(value, float) and value.is_integer():  # whole numbers beside empty cells
        return str(int(value))
    return str(value)


def labels_in(texts: Sequence[Text]) -> list[str]:
    """Returns the labels that a table holds already, sorted."""
    return sorted({name for text in texts if text.before is not None for name in names_of(text.before)})
