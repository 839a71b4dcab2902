"""A chart as plain SVG: the static twin of the live one, and its stand-in where no script runs.

It has no background and only colours with a contrast of 3 or more to white and to black, so that it can stand on
light and dark pages alike; as an <img> it cannot know which of them it is on.
"""

from __future__ import annotations

from collections.abc import Iterable

from nbft.panels.base import text
from nbft.panels.plots import COLOURS, DASHES, Line, Mark, Plot, bands_of, marks_of
from nbft.panels.points import Point, finite, smoothed, thinned
from nbft.panels.svg_frame import BOTTOM, LEFT, RIGHT, Frame, frame_of, size_of, ticks
from nbft.panels.wording import amount, number, tick
from nbft.record.state import RunState

INK = "#757575"
"""As far from white as from black (4.6 to 1)."""
BUCKETS = {False: 100, True: 60}
"""Of a noisy line in a large and in a small plot, two points each; of others the most dots."""
FONT = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
FAINTEST_BAND = 6
"""Pixels below which an epoch is too narrow to be shaded."""
SHAPES = {"checkpoint": "l-4 6h8z", "pause": "m-3 0v6m3-6v6", "command": "l3 3l-3 3l-3-3z"}
"""Ticks below the axis, told apart by their form."""
MARKED = {"checkpoint": "Checkpoints", "pause": "Pauses", "command": "Commands"}


def draw(plot: Plot, state: RunState) -> str:
    """Returns the plot as an SVG document."""
    points = {line.metric: finite(state.curves.get(line.metric)) for line in plot.lines}
    drawn = [p for series in points.values() for p in series]
    frame = frame_of(drawn, size_of(plot), from_zero=plot.from_zero, last=_last_step(state))
    marks = [mark for mark in marks_of(state) if any(points.values()) and frame.shows(mark.step)]
    width, height = frame.size
    body = [
        *_bands(bands_of(state), frame),
        *_grid(plot, frame),
        *_marks(marks, frame),
        *(_line(line, points[line.metric], frame) for line in plot.lines),
        *(_ring(mark, frame) for mark in marks if mark.metric in points),
        _small_heading(plot, points, frame) if plot.is_small else _heading(plot, points, frame),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{FONT}" font-size="{10 if plot.is_small else 11}" fill="{INK}">'
        f"<title>{text(describe(plot, state))}</title><desc>{text(' '.join(_told(marks)))}</desc>"
        f"{''.join(body)}</svg>"
    )


def _last_step(state: RunState) -> int:
    """Returns where the step axis ends, which all plots of a run share."""
    return max((curve.last[0] for curve in state.curves.values() if curve.last), default=0)


def describe(plot: Plot, state: RunState) -> str:
    """Returns the plot in words, for those who do not see it."""
    said = []
    for line in plot.lines:
        points = finite(state.curves.get(line.metric))
        if points:
            first, last = (amount(value, plot.unit) for _, value in (points[0], points[-1]))
            said.append(f"{line.label} from {first} to {last}")
    last_step = max((p[0] for line in plot.lines for p in finite(state.curves.get(line.metric))), default=0)
    return f"{plot.title} over {last_step:,} steps: {', '.join(said)}" if said else f"{plot.title}: no points"


def _told(marks: list[Mark]) -> list[str]:
    """Returns the marks in sentences."""
    told = [f"Best {m.metric} {number(m.value)} at step {m.step:,}." for m in marks if m.kind == "best"]
    told += [f"Stopped early at step {m.step:,}." for m in marks if m.kind == "stop"]
    for kind, words in MARKED.items():
        steps = sorted({mark.step for mark in marks if mark.kind == kind})
        if steps:
            shown = ", ".join(f"{step:,}" for step in steps[-10:])
            told.append(f"{words} at {'the last of ' if len(steps) > 10 else ''}steps {shown}.")
    return told


def _bands(bands: Iterable[tuple[int, int]], frame: Frame) -> list[str]:
    shown = [(frame.x(start), frame.x(min(end, frame.steps[1]))) for start, end in bands if frame.shows(start)]
    if not shown or max(end - start for start, end in shown) < FAINTEST_BAND:
        return []
    boxes = "".join(f"M{start:.1f} {frame.top}H{end:.1f}V{frame.bottom}H{start:.1f}z" for start, end in shown)
    return [f'<path d="{boxes}" fill-opacity=".07"/>']


def _grid(plot: Plot, frame: Frame) -> list[str]:
    parts, width = [], frame.size[0]
    for value in ticks(*frame.values, 3 if plot.is_small else 6):
        y = f"{frame.y(value):.1f}"
        parts.append(f'<path d="M{LEFT} {y}H{width - RIGHT}" stroke="{INK}" stroke-opacity=".22"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y}" dy="4" text-anchor="end">{tick(value, plot.unit)}</text>')
    below = frame.size[1] - BOTTOM + 20
    whole = [int(step) for step in ticks(*frame.steps, 3 if plot.is_small else 5) if step == int(step)]
    parts += [f'<text x="{frame.x(step):.1f}" y="{below}" text-anchor="middle">{step:,}</text>' for step in whole]
    if not plot.is_small:
        parts.append(f'<text x="{LEFT - 12}" y="{below}" text-anchor="end">step</text>')
    return parts


def _line(line: Line, points: list[Point], frame: Frame) -> str:
    if not points:
        return ""
    colour, dash = COLOURS[line.colour], DASHES[line.dash]
    bold = ' stroke-width="2"' + (f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else "")
    if line.style == "noisy":
        return _path(points, frame, colour, ' stroke-opacity=".35"') + _path(smoothed(points), frame, colour, bold)
    path = _path(smoothed(points) if line.style == "mean" else points, frame, colour, bold)
    if (line.style != "dots" and len(points) > 1) or len(points) > BUCKETS[False]:
        return path
    dots = "".join(f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="2.5"/>' for x, y in points)
    return f'{path}<g fill="{colour}">{dots}</g>'


def _path(points: list[Point], frame: Frame, colour: str, style: str) -> str:
    """Returns the points as a path of tenths of a pixel, each told from the one before, which takes half the room."""
    shown = thinned(points, BUCKETS[frame.is_small])
    places = [(round(frame.x(x) * 10), round(frame.y(y) * 10)) for x, y in shown]
    (x, y), *others = places
    words = [f"M{x} {y}"]
    for new_x, new_y in others:
        words.append(f"l{new_x - x} {new_y - y}".replace(" -", "-"))
        x, y = new_x, new_y
    fixed = 'fill="none" stroke-linejoin="round" vector-effect="non-scaling-stroke" transform="scale(.1)"'
    return f'<path d="{"".join(words)}" stroke="{colour}"{style} {fixed}/>'


def _marks(marks: list[Mark], frame: Frame) -> list[str]:
    parts = []
    for mark in marks:
        x = f"{frame.x(mark.step):.1f}"
        if mark.kind == "best":
            parts.append(f'<path d="M{x} {frame.top}V{frame.bottom}" stroke="{INK}" stroke-dasharray="3 4"/>')
        if mark.kind == "stop":
            parts.append(f'<path d="M{x} {frame.top}V{frame.bottom}" stroke="{INK}" stroke-width="2"/>')
            if not frame.is_small:
                words = f'x="{frame.x(mark.step) - 6:.1f}" y="{frame.bottom - 7}" text-anchor="end" font-weight="600"'
                parts.append(f"<text {words}>{text(mark.label)}</text>")
    if frame.is_small:
        return parts
    for kind, shape in SHAPES.items():
        places = sorted({round(frame.x(mark.step)) for mark in marks if mark.kind == kind})
        if places:
            drawn = "".join(f"M{x} {frame.bottom + 1}{shape}" for x in places)
            width = 1 if shape.endswith("z") else 2
            parts.append(f'<path d="{drawn}" stroke="{INK}" stroke-width="{width}"/>')
    return parts


def _ring(mark: Mark, frame: Frame) -> str:
    if mark.value is None:
        return ""
    x, y = frame.x(mark.step), frame.y(mark.value)
    side, dx = ("end", 6) if x > frame.size[0] / 2 else ("start", -6)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="none" stroke="{INK}" stroke-width="2"/>'
        f'<text x="{x + dx:.1f}" y="{frame.top - 7}" text-anchor="{side}" font-weight="600">'
        f"{text(mark.label)} {number(mark.value)}</text>"
    )


def _heading(plot: Plot, points: dict[str, list[Point]], frame: Frame) -> str:
    drawn = [line for line in plot.lines if points[line.metric]]
    said = [f"{line.label} {amount(points[line.metric][-1][1], plot.unit)}" for line in drawn]
    if sum(map(_legend_width, said)) > frame.size[0] - LEFT:  # the values stand in the table as well
        said = [line.label for line in drawn]
    title = f'<text x="{LEFT}" y="16" font-size="14" font-weight="600">{text(plot.title)}</text>'
    return title + _legend(drawn, said, 31)


def _small_heading(plot: Plot, points: dict[str, list[Point]], frame: Frame) -> str:
    """Returns the title with the newest value at its right, or a legend where there is more than one line."""
    drawn = [line for line in plot.lines if points[line.metric]]
    said = [amount(points[line.metric][-1][1], plot.unit) for line in drawn]
    title = f'<text x="8" y="14" font-size="11" font-weight="600">{text(plot.title)}</text>'
    if len(drawn) == 1:
        return f'{title}<text x="{frame.size[0] - RIGHT}" y="14" text-anchor="end">{said[0]}</text>'
    words = [f"{line.label} {value}" for line, value in zip(drawn, said, strict=True)]
    for shown in (words, [line.label for line in drawn]):
        if sum(map(_legend_width, shown)) <= frame.size[0]:
            return title + _legend(drawn, shown, 26, left=8)
    return title  # the large plots beside it tell the same lines apart


def _legend(lines: list[Line], said: list[str], y: int, left: int = LEFT) -> str:
    parts, x = [], left
    for line, words in zip(lines, said, strict=True):
        broken = f' stroke-dasharray="{" ".join(map(str, DASHES[line.dash]))}"' if line.dash else ""
        parts.append(f'<path d="M{x} {y}h16" stroke="{COLOURS[line.colour]}" stroke-width="3"{broken}/>')
        parts.append(f'<text x="{x + 22}" y="{y + 4}">{text(words)}</text>')
        x += _legend_width(words)
    return "".join(parts)


def _legend_width(words: str) -> int:
    return 38 + round(len(words) * 6.2)
