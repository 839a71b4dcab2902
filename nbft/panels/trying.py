"""The playground of `%ft_try`: a text, and what the tuned and the base model say of it, side by side; newest first.

What is sent: `view` (fields, what was tried, what is being asked) and `twin` (what a saved notebook holds in the panel's
place). What comes back, as a message: `{do: "ask", given: {field: text}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from nbft.panels.base import HERE, text

SCRIPTS = ("labelling_notebook.js", "trying.js")
STYLES = ("style.css", "trying.css")
SYSTEMS = ("tuned", "base")
KEPT = 50
"""Tries that are shown, and stay in the saved notebook."""
NOTHING = "(nothing)"

Try = dict[str, Any]
"""{id, given: {field: text}, tuned: answer, base: answer}."""


def _joined(names: Sequence[str]) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


class TryingPanel(anywidget.AnyWidget):
    """Shows what was tried; `hear` takes what the page asks for."""

    _esm = traitlets.Unicode(_joined(SCRIPTS)).tag(sync=True)
    _css = traitlets.Unicode(_joined(STYLES)).tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    twin = traitlets.Unicode("").tag(sync=True)

    def __init__(self, hear: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.on_msg(lambda _, message, __: hear(message))

    def show(
        self, name: str, base: str, fields: Sequence[tuple[str, str]], tries: Sequence[Try], error: str = ""
    ) -> None:
        """Brings the page up to the tries, the newest first."""
        kept = list(tries)[:KEPT]
        with self.hold_sync():
            self.view = {
                "model_id": self.model_id,
                "name": name,
                "base": base,
                "fields": [list(field) for field in fields],
                "tries": kept,
                "error": error,
            }
            self.twin = to_html(name, base, kept)


def to_html(name: str, base: str, tries: Sequence[Try]) -> str:
    """Returns what was tried as plain tables, as a saved notebook keeps it."""
    if not tries:
        return f"<p>{text(name)}: nothing was tried. To go on, run this cell again.</p>"
    rows = "".join(
        f'<tr><td align="left">{_given(one)}</td><td align="left">{_said(one.get("tuned"))}</td>'
        f'<td align="left">{_said(one.get("base"))}</td></tr>'
        for one in tries
    )
    heads = "".join(
        f'<th align="left">{text(head)}</th>' for head in ("given", f"{name} says", f"before training ({base})")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _given(one: Try) -> str:
    return "<br>".join(text(value).replace("\n", "<br>") for value in one["given"].values() if value)


def _said(answer: dict[str, Any] | None) -> str:
    return "<br>".join(text(line) for line in lines_of(answer))


def lines_of(answer: dict[str, Any] | None) -> list[str]:
    """Returns an answer in lines of words."""
    if answer is None:
        return ["…"]
    if "error" in answer:
        return [answer["error"]["what"], *([answer["error"]["fix"]] if answer["error"]["fix"] else [])]
    said = answer["said"]
    if said.get("spans"):
        lines = [f"{said['text'][start:end]}: {label} {100 * p:.1f}%" for start, end, label, p in said["spans"]]
    elif said.get("chances"):
        lines = [f"{name} {100 * p:.1f}%" for name, p in said["chances"]]
        lines = lines if said["chances"][0][0] == said["text"] else [said["text"], *lines]
    else:
        lines = [] if "spans" in said else (said["text"] or NOTHING).split("\n")
    return [*lines, *([said["note"]] if said.get("note") else [])]


def to_text(name: str, base: str, one: Try) -> str:
    """Returns one try as lines of a terminal; what would move its cursor doesn't get through."""
    given = " | ".join(" ".join(str(value).split()) for value in one["given"].values() if value)
    parts = [given]
    for system, title in zip(SYSTEMS, (name, f"before training ({base})"), strict=True):
        if system in one:
            parts += [f"  {title}", *(f"    {line}" for line in lines_of(one[system]))]
    return "\n".join("".join(c if c.isprintable() else "·" for c in part) for part in parts)
