"""What widgets send to the page, and which of them there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from ipywidgets import Widget
from ipywidgets.widgets import widget as home

HOMES = ((home, "_instances"), (Widget, "_active_widgets"), (Widget, "widgets"))


@contextmanager
def messages() -> Iterator[list[dict[str, Any]]]:
    """Collects all that any widget sends meanwhile."""
    collected: list[dict[str, Any]] = []

    def collect(widget: Widget, message: dict[str, Any], buffers: Any = None) -> None:
        collected.append({**message, "buffers": buffers or []})

    with patch.object(Widget, "_send", collect):
        yield collected


def living_widgets() -> dict[str, Widget]:
    """Returns all widgets that were not closed, by their ids; ipywidgets has moved them about."""
    kept = next(getattr(place, name) for place, name in HOMES if hasattr(place, name))
    return dict(kept)
