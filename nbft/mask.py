"""Which tokens a run learns, to be seen: brackets around them, and colour where there is any."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbft.checkup import ask_worker
from nbft.errors import NbftError
from nbft.launch.prepare import prepare_folder
from nbft.panels.base import text as escaped
from nbft.record.folder import RunFolder
from nbft.run import Run
from nbft.spec.load import LoadedSpec

OPEN, CLOSE = "⟦", "⟧"
_ANSI_ON, _ANSI_OFF = "\x1b[32;4m", "\x1b[0m"
_STYLE = "background:#1a7f3733;border-bottom:2px solid #1a7f37"
ROWS = 3
"""Rows that are shown where nobody says how many."""


@dataclass(frozen=True)
class Piece:
    """Tokens of a row that are all learnt, or all passed over."""

    text: str
    is_learnt: bool
    tokens: int


@dataclass(frozen=True)
class Mask:
    """The first training rows in pieces, and how much of all of them is learnt."""

    name: str
    rows: list[list[Piece]]
    learnt: int
    """Tokens of all training rows that are learnt."""
    tokens: int
    """Tokens of all training rows."""
    count: int
    """Training rows."""
    notes: list[str]
    warnings: list[str]

    def __str__(self) -> str:
        return self._text(OPEN, CLOSE)

    def coloured(self) -> str:
        """Returns it for a terminal: green and underlined, and in brackets too."""
        return self._text(OPEN + _ANSI_ON, _ANSI_OFF + CLOSE)

    def output(self) -> dict[str, str]:
        """Returns it as the data of a cell's output."""
        head, *titles = self._titles()
        parts = [f"<b>{escaped(head)}</b>"]
        for title, row in zip(titles, self.rows, strict=True):
            marked = (_html(piece) for piece in row)
            parts.append(f'{escaped(title)}<pre style="white-space:pre-wrap">{"".join(marked)}</pre>')
        points = "".join(f"<li>{escaped(line)}</li>" for line in self._said())
        parts += [f"<ul>{points}</ul>"] if points else []
        return {"text/html": "".join(f"<div>{part}</div>" for part in parts), "text/plain": str(self)}

    def _text(self, start: str, end: str) -> str:
        head, *titles = self._titles()
        parts = [head]
        for title, row in zip(titles, self.rows, strict=True):
            text = "".join(f"{start}{_safe(p.text)}{end}" if p.is_learnt else _safe(p.text) for p in row)
            parts.append(f"{title}\n{text}")
        parts += ["\n".join(f"* {line}" for line in self._said())] if self._said() else []
        return "\n\n".join(parts)

    def _said(self) -> list[str]:
        return [*self.notes, *(f"Warning: {warning}" for warning in self.warnings)]

    def _titles(self) -> list[str]:
        share = self.learnt / self.tokens if self.tokens else 0.0
        head = (
            f"{self.name}: {self.learnt:,} of {self.tokens:,} tokens in {self.count:,} training rows are learnt "
            f"({share:.0%}), shown {OPEN}so{CLOSE}"
        )
        return [head, *(f"row {number}: {_share(row)}" for number, row in enumerate(self.rows, 1))]


def _share(row: list[Piece]) -> str:
    return f"{sum(p.tokens for p in row if p.is_learnt):,} of {sum(p.tokens for p in row):,} tokens"


def _html(piece: Piece) -> str:
    text = escaped(_safe(piece.text))
    return f'<span style="{_STYLE}">{OPEN}{text}{CLOSE}</span>' if piece.is_learnt else text


def _safe(text: str) -> str:
    """Text of the data must not steer the terminal that shows it."""
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in text.replace("\t", "→"))


def mask_of_spec(loaded: LoadedSpec, rows: int = ROWS) -> Mask:
    """Asks a worker what a spec's run would learn; raises SpecError for what is wrong."""
    found = ask_worker(lambda root: prepare_folder(loaded, "mask", root), {"mask": rows}, loaded.name)
    if "error" in found:
        raise loaded.explain(found["error"])
    return _mask(loaded.name, found["found"])


def mask_of_run(run: Run, rows: int = ROWS) -> Mask:
    """Asks a worker what a run learns or has learnt; raises NbftError where that can't be told any more."""
    found = ask_worker(lambda root: _twin(run.folder, root), {"mask": rows}, run.name)
    if "error" in found:
        raise NbftError(str(found["error"]["what"]), str(found["error"].get("fix") or ""))
    return _mask(run.name, found["found"])


def _twin(folder: RunFolder, root: Path) -> RunFolder:
    """Returns a folder with what a run was asked to do, so that the run's own record stays as it is."""
    twin = RunFolder(root / "mask-001")
    twin.path.mkdir()
    shutil.copy(folder.resolved, twin.resolved)
    shutil.copy(folder.spec, twin.spec)
    if folder.variables.is_dir():
        shutil.copytree(folder.variables, twin.variables)
    return twin


def _mask(name: str, found: dict[str, Any]) -> Mask:
    rows = [[Piece(text, bool(is_learnt), tokens) for text, is_learnt, tokens in row] for row in found["rows"]]
    return Mask(name, rows, found["learnt"], found["tokens"], found["count"], found["notes"], found["warnings"])
