"""Numbers beside the true ones, as a picture that stands on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence

from nbft.panels.svg import FONT, INK, ticks
from nbft.panels.wording import number, plural

SIZE, LEFT, TOP, BOTTOM = 320, 52, 12, 40
COLOUR = "#0072b2"


def to_picture(points: Sequence[Sequence[float]]) -> str:
    """Returns an SVG document of [true, predicted] points with the line on which they are equal."""
    low, high = min(map(min, points)), max(map(max, points))
    air = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    low, high = low - air, high + air
    side = SIZE - TOP - BOTTOM

    def x(value: float) -> str:
        return f"{LEFT + (value - low) / (high - low) * side:.1f}"

    def y(value: float) -> str:
        return f"{SIZE - BOTTOM - (value - low) / (high - low) * side:.1f}"

    body = [f'<path d="M{x(low)} {y(low)}L{x(high)} {y(high)}" stroke="{INK}" stroke-dasharray="4 4"/>']
    for value in ticks(low, high, 4):
        body.append(f'<path d="M{LEFT} {y(value)}h{side}" stroke="{INK}" stroke-opacity=".22"/>')
        body.append(f'<text x="{LEFT - 6}" y="{y(value)}" dy="4" text-anchor="end">{value:.6g}</text>')
        body.append(f'<text x="{x(value)}" y="{SIZE - BOTTOM + 16}" text-anchor="middle">{value:.6g}</text>')
    body += [f'<circle cx="{x(true)}" cy="{y(said)}" r="3"/>' for true, said in points]
    words = f"{plural(len(points), 'row')}, true numbers from {number(low + air)} to {number(high - air)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE + 24} {SIZE}" width="{SIZE + 24}" height="{SIZE}" '
        f'role="img" font-family="{FONT}" font-size="11" fill="{INK}"><title>Predicted against true: {words}</title>'
        f'<g fill="none">{body[0]}</g>{"".join(body[1 : len(body) - len(points)])}'
        f'<g fill="{COLOUR}" fill-opacity=".65">{"".join(body[len(body) - len(points) :])}</g>'
        f'<text x="{LEFT + side / 2}" y="{SIZE - 6}" text-anchor="middle">true</text>'
        f'<text transform="translate(12 {TOP + side / 2}) rotate(-90)" text-anchor="middle">predicted</text></svg>'
    )
