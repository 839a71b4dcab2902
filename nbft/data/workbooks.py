"""Excel files -> rows: the first sheet that holds any, or the one that is named; its first row names the columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbft.data.plain_values import plain_value
from nbft.data.tables import Batch, batch_of
from nbft.errors import DataError
from nbft.spec.guess import did_you_mean

_MISSING = "Install what reads Excel files:  pip install 'nbft[excel]'"


def read_workbook(file: Path, sheet: str | int | None, notes: list[str]) -> Batch:
    """Returns the rows of a sheet, named or counted from 1; raises DataError."""
    name, rows = _sheet(file, sheet, notes)
    filled = [number for number, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not filled:
        raise DataError(f"{file.name}: sheet {name!r} is empty.", "", "sheet")
    header = [_cell(cell) for cell in rows[filled[0]]]
    places = {str(title).strip(): place for place, title in enumerate(header) if title is not None}
    _check_header(file, header, filled[0] + 1)
    unnamed = [p for p in range(len(header)) if p not in places.values() and any(rows[n][p] != "" for n in filled[1:])]
    if unnamed:
        said = f"{len(unnamed)} column{'s' * (len(unnamed) > 1)} without a name, left out."
        notes.append(f"{file.name} has {said}")
    cells = [{title: _cell(rows[number][place]) for title, place in places.items()} for number in filled[1:]]
    return batch_of(cells, f"{file.name}, sheet {name!r}")


def _sheet(file: Path, wanted: str | int | None, notes: list[str]) -> tuple[str, list[list[Any]]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ModuleNotFoundError:
        raise DataError(f"{file.name} is an Excel file.", _MISSING) from None
    try:
        with CalamineWorkbook.from_path(file) as book:
            name = _chosen(file, book.sheet_names, wanted)
            found = {
                title: book.get_sheet_by_name(title).to_python() for title in ([name] if name else book.sheet_names)
            }
            name = name or next((title for title, rows in found.items() if any(map(any, rows))), book.sheet_names[0])
            if wanted is None and len(book.sheet_names) > 1:
                rest = ", ".join(repr(title) for title in book.sheet_names if title != name)
                notes.append(f"{file.name}: sheet {name!r} was read; it has {rest} besides.")
            return name, found[name]
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(f"{file.name} can't be read as an Excel file: {error}.") from None


def _chosen(file: Path, names: list[str], wanted: str | int | None) -> str:
    """Returns the sheet that is meant; a number is a name first. Empty where none is named."""
    if wanted is None:
        return ""
    if str(wanted) in names:
        return str(wanted)
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        return names[wanted - 1]
    raise DataError(f"{file.name} has no sheet {wanted!r}.", did_you_mean(str(wanted), names, "Its sheets"), "sheet")


def _check_header(file: Path, header: list[Any], number: int) -> None:
    named = [str(title).strip() for title in header if title is not None]
    twice = [title for place, title in enumerate(named) if title in named[:place]]
    if twice:
        raise DataError(f"{file.name}, row {number}: column {twice[0]!r} appears twice.", "Rename one of them.")


def _cell(cell: Any) -> Any:
    """Excel keeps whole numbers as 7.0, and an empty cell is no text."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return None if cell == "" else plain_value(cell)
