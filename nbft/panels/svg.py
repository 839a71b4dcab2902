"""A chart as plain SVG: the static twin of the live one, and its stand-in where no script runs.

It has no background and only colours with a contrast of 3 or more to white and to black, so that it can stand on
light and dark pages alike; as an <img> it cannot know which of them it is on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nbft.panels.base import text
from nbft.panels.plots import COLOURS, DASHES, Line, Mark, Plot, Point, finite, marks_of, smoothed, thinned
from nbft.panels.wording import number
from nbft.record.state import RunState

WIDTH, HEIGHT = 480, 280
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 64, 32
INK = "#757575"
"""As far from white as from black (4.6 to 1)."""
BUCKETS = 100
"""Of a noisy line, two points each; of others the most dots."""
FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"


@dataclass(frozen=True)
class Frame:
    """Turns steps and values into places on the picture."""

    steps: tuple[float, float]
    values: tuple[float, float]

    def x(self, step: float) -> float:
        """Returns how far from the left a step stands."""
        low, high = self.steps
        return LEFT + (step - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Returns how far from the top a value stands."""
        low, high = self.values
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def draw(plot: Plot, state: RunState) -> str:
    """Returns the plot as an SVG document."""
    points = {line.metric: finite(state.curves.get(line.metric)) for line in plot.lines}
    frame = frame_of([p for series in points.values() for p in series])
    marks = [mark for mark in marks_of(state) if any(points.values())]
    body = [
        *_grid(frame),
        *(_mark(mark, frame) for mark in marks),
        *(_line(line, points[line.metric], frame) for line in plot.lines),
        *(_ring(mark, frame) for mark in marks if mark.metric in points),
        _heading(plot, points),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" font-family="{FONT}" font-size="11" fill="{INK}"><title>{text(describe(plot, state))}</title>'
        f"{''.join(body)}</svg>"
    )


def describe(plot: Plot, state: RunState) -> str:
    """Returns the plot in words, for those who do not see it."""
    said = []
    for line in plot.lines:
        points = finite(state.curves.get(line.metric))
        if points:
            said.append(f"{line.label} from {number(points[0][1])} to {number(points[-1][1])}")
    last = max((p[0] for line in plot.lines for p in finite(state.curves.get(line.metric))), default=0)
    return f"{plot.title} over {last:,} steps: {', '.join(said)}" if said else f"{plot.title}: no points"


def frame_of(points: list[Point]) -> Frame:
    """Returns a frame that holds all points with a little air above and below."""
    if not points:
        return Frame((0, 1), (0, 1))
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return Frame((0, max(p[0] for p in points) or 1), (low - air, high + air))


def ticks(low: float, high: float, wanted: int) -> list[float]:
    """Returns round numbers between low and high, about as many as wanted."""
    rough = (high - low) / wanted
    scale = 10 ** math.floor(math.log10(rough))
    step = next(m * scale for m in (1, 2, 5, 10) if m * scale >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def _grid(frame: Frame) -> list[str]:
    parts = []
    for value in ticks(*frame.values, 4):
        y = f"{frame.y(value):.1f}"
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="{INK}" stroke-opacity=".22"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y}" dy="4" text-anchor="end">{value:.6g}</text>')
    bottom = HEIGHT - BOTTOM + 20
    whole = [int(step) for step in ticks(*frame.steps, 5) if step == int(step)]
    parts += [f'<text x="{frame.x(step):.1f}" y="{bottom}" text-anchor="middle">{step:,}</text>' for step in whole]
    parts.append(f'<text x="{LEFT - 12}" y="{bottom}" text-anchor="end">step</text>')
    return parts


def _line(line: Line, points: list[Point], frame: Frame) -> str:
    if not points:
        return ""
    colour = COLOURS[line.colour]
    if line.is_noisy:
        return _path(points, frame, colour, ' stroke-opacity=".35"') + _path(smoothed(points), frame, colour, _BOLD)
    dots = "".join(f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="2.5"/>' for x, y in points)
    broken = f' stroke-dasharray="{" ".join(map(str, DASHES[line.dash]))}"' if DASHES[line.dash] else ""
    path = _path(points, frame, colour, _BOLD + broken)
    return path + (f'<g fill="{colour}">{dots}</g>' if len(points) <= BUCKETS else "")


_BOLD = ' stroke-width="2"'


def _path(points: list[Point], frame: Frame, colour: str, style: str) -> str:
    """Returns the points as a path of tenths of a pixel, each told from the one before, which takes half the room."""
    places = [(round(frame.x(x) * 10), round(frame.y(y) * 10)) for x, y in thinned(points, BUCKETS)]
    (x, y), *others = places
    words = [f"M{x} {y}"]
    for new_x, new_y in others:
        words.append(f"l{new_x - x} {new_y - y}".replace(" -", "-"))
        x, y = new_x, new_y
    fixed = 'fill="none" stroke-linejoin="round" vector-effect="non-scaling-stroke" transform="scale(.1)"'
    return f'<path d="{"".join(words)}" stroke="{colour}"{style} {fixed}/>'


def _mark(mark: Mark, frame: Frame) -> str:
    x = frame.x(mark.step)
    return f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{INK}" stroke-dasharray="3 4"/>'


def _ring(mark: Mark, frame: Frame) -> str:
    if mark.value is None:
        return ""
    x, y = frame.x(mark.step), frame.y(mark.value)
    side, dx = ("end", 6) if x > WIDTH / 2 else ("start", -6)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="none" stroke="{INK}" stroke-width="2"/>'
        f'<text x="{x + dx:.1f}" y="{TOP - 7}" text-anchor="{side}" font-weight="600">'
        f"{text(mark.label)} {number(mark.value)}</text>"
    )


def _heading(plot: Plot, points: dict[str, list[Point]]) -> str:
    drawn = [line for line in plot.lines if points[line.metric]]
    said = [f"{line.label} {number(points[line.metric][-1][1])}" for line in drawn]
    if sum(map(_legend_width, said)) > WIDTH - LEFT:  # the values stand in the table as well
        said = [line.label for line in drawn]
    parts, x = [f'<text x="{LEFT}" y="16" font-size="14" font-weight="600">{text(plot.title)}</text>'], LEFT
    for line, words in zip(drawn, said, strict=True):
        broken = f' stroke-dasharray="{" ".join(map(str, DASHES[line.dash]))}"' if line.dash else ""
        parts.append(f'<path d="M{x} 31h16" stroke="{COLOURS[line.colour]}" stroke-width="3"{broken}/>')
        parts.append(f'<text x="{x + 22}" y="35">{text(words)}</text>')
        x += _legend_width(words)
    return "".join(parts)


def _legend_width(words: str) -> int:
    return 38 + round(len(words) * 6.2)
