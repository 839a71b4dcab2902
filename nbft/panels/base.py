"""What a panel is: a widget that shows a part of a run's state and asks for things by commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from nbft.record.events import Command
from nbft.record.state import RunState

Send = Callable[[Command], None]
HERE = Path(__file__).parent


class Panel(ABC):
    """A part of a dashboard; it has no thread and no timer, and shows only what the record confirms."""

    widget: Any
    """The root of its ipywidgets."""

    def __init__(self, send: Send) -> None:
        self.send = send

    @abstractmethod
    def show(self, state: RunState) -> None:
        """Brings the widget up to the state; a state that was shown before sends nothing."""


def text(value: object) -> str:
    """Returns the value as text that can stand anywhere in HTML."""
    return escape(str(value), quote=True)


def html(*classes: str) -> widgets.HTML:
    """Returns an empty piece of HTML with these CSS classes."""
    widget = widgets.HTML()
    for name in classes:
        widget.add_class(name)
    return widget


def set_class(widget: widgets.DOMWidget, name: str, wanted: bool) -> None:
    """Gives the widget a CSS class or takes it away, sending only where that changes something."""
    if wanted:
        widget.add_class(name)
    else:
        widget.remove_class(name)


def close_tree(widget: widgets.Widget) -> None:
    """Closes a widget with all that it holds: children, layouts and styles would stay in memory otherwise."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for name in ("layout", "style"):
        part: widgets.Widget | None = getattr(widget, name, None)
        if isinstance(part, widgets.Widget):
            part.close()
    widget.close()
