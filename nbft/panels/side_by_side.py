"""Facts of several runs in columns beside each other, as plain HTML and as aligned lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from nbft.panels.base import text
from nbft.panels.data_text import safe
from nbft.panels.wording import NONE

LONGEST = 60
"""Letters of a value in a terminal."""
DEFAULT = "default"


@dataclass(frozen=True)
class Cell:
    """What one run has."""

    words: str = NONE
    is_best: bool = False
    is_default: bool = False


@dataclass(frozen=True)
class Row:
    """One fact of every run."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """Rows under a heading; `note` stands in their place where there are none."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


def to_html(runs: Sequence[str], groups: Sequence[Group]) -> str:
    """Returns one table of all groups; a best value is bold, a default says so."""
    head = "".join(f'<th align="left">{text(run)}</th>' for run in runs)
    body = "".join(_group(group, len(runs)) for group in groups)
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


def _group(group: Group, runs: int) -> str:
    """The heading stands in the first column alone: front ends have their own mind about what spans columns."""
    note = "" if group.rows else f"<tr><td>{text(group.note)}</td>{'<td></td>' * runs}</tr>"
    head = f'<tr><th align="left">{text(group.title)}</th>{"<td></td>" * runs}</tr>'
    return head + note + "".join(_row(row) for row in group.rows)


def _row(row: Row) -> str:
    cells = "".join(f'<td align="left">{_cell(cell)}</td>' for cell in row.cells)
    return f'<tr><td align="left">{text(row.title)}</td>{cells}</tr>'


def _cell(cell: Cell) -> str:
    words = text(cell.words)
    mark = f" <small>({DEFAULT})</small>" if cell.is_default else ""
    return f"<b>{words}</b>{mark}" if cell.is_best else f"{words}{mark}"


def to_text(runs: Sequence[str], groups: Sequence[Group]) -> str:
    """Returns the groups as aligned lines; a star stands behind a best value."""
    lines = [["", *map(safe, runs)]]
    for group in groups:
        lines += [[], [group.title], *([_plain(row) for row in group.rows] or [[f"  {group.note}"]])]
    columns = len(runs) + 1
    widths = [max((_columns(line[i]) for line in lines if len(line) == columns), default=0) for i in range(columns)]
    return "\n".join(_aligned(line, widths) for line in lines)


def _plain(row: Row) -> list[str]:
    return [f"  {row.title}", *(_marked(cell) for cell in row.cells)]


def _marked(cell: Cell) -> str:
    words = safe(cell.words)
    words = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return f"{words} *" if cell.is_best else f"{words} ({DEFAULT})" if cell.is_default else words


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    if len(line) != len(widths):
        return "  ".join(line)
    padded = (cell + " " * (width - _columns(cell)) for cell, width in zip(line, widths, strict=True))
    return "  ".join(padded).rstrip()


def _columns(words: str) -> int:
    """Returns how many columns of a terminal the words take."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)
