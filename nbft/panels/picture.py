"""A chart as an image that needs no script and no request: the one form that every front end shows."""

from __future__ import annotations

import base64

from nbft.panels.base import text
from nbft.panels.plots import Line, Plot
from nbft.panels.svg import describe, draw
from nbft.panels.svg_frame import size_of
from nbft.record.state import RunState


def images(plots: list[Plot], state: RunState) -> str:
    """Returns those of the plots that have points, one after the other."""
    return "".join(image(plot, state) for plot in plots if any(_has_points(line, state) for line in plot.lines))


def image(plot: Plot, state: RunState) -> str:
    """Returns the plot as an `<img>` with words for those who do not see it."""
    width, height = size_of(plot)
    words = text(describe(plot, state))
    return f'<img width="{width}" height="{height}" alt="{words}" src="{address(draw(plot, state))}"> '


def address(svg: str) -> str:
    """Returns an SVG document as the address of an image."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _has_points(line: Line, state: RunState) -> bool:
    return len(state.curves.get(line.metric, ())) > 0
