"""What the keys of a keyboard do anywhere in a dashboard: they are left to it by the front end, and Escape says no."""

from __future__ import annotations

import anywidget
import traitlets

from nbft.panels.base import HERE

SCRIPTS = ("key_guard.js", "keyboard.js")


class Keyboard(anywidget.AnyWidget):
    """Has nothing to show; stands anywhere among the children of a dashboard."""

    _esm = traitlets.Unicode("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)).tag(sync=True)
