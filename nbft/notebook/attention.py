"""What a run's model looks at, below a cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from IPython.display import display

from nbft.asking import Asking
from nbft.errors import RunError
from nbft.notebook.dashboard import VIEW
from nbft.notebook.waiting import can_click
from nbft.panels.attention import AttentionPanel, Map, to_html, to_text


def show_attention(asking: Asking, given: Any, layer: int = 0, head: int = 0) -> None:
    """Asks for the attention on an input and shows it; layers and heads count from 1, 0 chooses the last and the first."""
    maps = maps_of(asking, given)
    chosen = _place("layer", layer, maps[0].weights.shape[0]), _place("head", head, maps[0].weights.shape[1])
    twin = {"text/html": to_html(asking.run.name, maps, *chosen), "text/plain": to_text(asking.run.name, maps, *chosen)}
    if not can_click():
        display(twin, raw=True)
        return
    panel = AttentionPanel(asking.run.name, maps, *chosen)
    view = {"version_major": 2, "version_minor": 0, "model_id": panel.model_id}
    display({VIEW: view, **twin}, raw=True)


def _place(what: str, wanted: int, count: int) -> int:
    if wanted > count:
        raise RunError(f"There is no {what} {wanted}: the model has {count}.", f"As in: --{what} {count}")
    return wanted - 1 if wanted else (count - 1 if what == "layer" else 0)


def maps_of(asking: Asking, given: Any) -> list[Map]:
    """Returns the maps of every kind of attention that the model has; raises RunError for what went wrong."""
    answer = asking.answers(given, "attend", ("tuned",))["tuned"]
    if "error" in answer:
        raise RunError(answer["error"]["what"], answer["error"]["fix"])
    file = asking.file_of(int(answer["id"]))
    with np.load(file, allow_pickle=False) as arrays:
        found = [Map(**one, weights=arrays[f"weights{i}"]) for i, one in enumerate(answer["maps"])]
    file.unlink()
    return found
