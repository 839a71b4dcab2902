"""A picture of early stopping: the monitored curve, what the next evaluation has to beat, and the patience that is left."""

from __future__ import annotations

from nbft.panels import wording
from nbft.panels.base import text
from nbft.panels.picture import address
from nbft.panels.plots import short
from nbft.panels.points import Point, finite
from nbft.record.state import EarlyStopping, RunState, is_better_lower

WIDTH, HEIGHT = 480, 120
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 12, 22
MOST_POINTS = 60
"""Newest evaluations that are drawn."""
MOST_LEFT = 12
"""Evaluations to come that are drawn; a longer patience is told by its number alone."""


def picture(state: RunState) -> str:
    """Returns the picture as SVG that takes the page's colours; empty before the second evaluation."""
    drawn = _drawn(state)
    return drawn.svg() if drawn else ""


def _drawn(state: RunState) -> _Picture | None:
    rule = state.early_stopping
    points = finite(state.curves.get(rule.monitor))[-MOST_POINTS:]
    return _Picture(points, rule, is_over=state.is_over) if len(points) > 1 and rule.reference is not None else None


STYLE = """svg{fill:#757575;font:11px system-ui,sans-serif}path{fill:none;stroke:#757575}.nbft-stop-band{fill:#3c93c8;opacity:.2}
.nbft-stop-best{stroke:#3c93c8;stroke-dasharray:5 4}.nbft-stop-curve{stroke-width:1.5}.nbft-stop-gain{fill:#3c93c8}
.nbft-stop-waited{fill:none;stroke:#757575;stroke-width:1.5}.nbft-stop-end{stroke-dasharray:2 3}"""
"""What an image has of its own: it can't know the page it stands on, so each colour is seen on white and on black."""


def to_image(state: RunState) -> str:
    """Returns picture and sentence for pages without a script, where the rule was in force; empty where nothing can be told."""
    drawn = _drawn(state) if state.early_stopping.enabled else None
    if drawn is None:
        return ""
    alone = drawn.svg().replace(">", f' xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style>', 1)
    words = text(f"Early stopping: {drawn.words()}")
    shown = f'<img width="{WIDTH}" height="{HEIGHT}" alt="{words}" src="{address(alone)}">'
    return f"<p>{shown}<br><small>{text(would_have(state))}</small></p>"


class _Picture:
    """Places steps and values, with room for the evaluations to come."""

    def __init__(self, points: list[Point], rule: EarlyStopping, *, is_over: bool) -> None:
        self.points, self.rule = points, rule
        every = points[-1][0] - points[-2][0]
        shows_left = rule.enabled and not is_over and rule.left <= MOST_LEFT
        self.coming = [points[-1][0] + (i + 1) * every for i in range(rule.left)] if shows_left else []
        self.first, self.last = points[0][0], (self.coming or [points[-1][0]])[-1]
        wanted = (rule.reference or 0.0) + (-1 if is_better_lower(rule.monitor) else 1) * rule.min_delta
        values = [value for _, value in points] + [wanted, rule.reference or 0.0]
        air = (max(values) - min(values)) * 0.1 or abs(values[0]) * 0.1 or 1.0
        self.low, self.high = min(values) - air, max(values) + air
        self.wanted = wanted

    def svg(self) -> str:
        """Returns the whole picture."""
        rule = self.rule
        reference = self.y(rule.reference or 0.0)
        band = sorted((reference, self.y(self.wanted)))
        right = WIDTH - RIGHT
        size = f'width="{right - LEFT}" height="{max(band[1] - band[0], 0.5):.1f}"'
        curve = " L".join(f"{self.x(step):.1f} {self.y(value):.1f}" for step, value in self.points)
        parts = [
            f'<rect class="nbft-stop-band" x="{LEFT}" y="{band[0]:.1f}" {size}/>',
            f'<path class="nbft-stop-best" d="M{LEFT} {reference:.1f}H{right}"/>',
            f'<path class="nbft-stop-curve" d="M{curve}"/>',
            *self._dots(),
            *self._coming(),
            *self._scale(),
        ]
        return (
            f'<svg class="nbft-stopping" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(self.words())}">'
            f"{''.join(parts)}</svg>"
        )

    def x(self, step: float) -> float:
        """Returns how far from the left a step stands."""
        return LEFT + (step - self.first) / max(self.last - self.first, 1) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Returns how far from the top a value stands."""
        return HEIGHT - BOTTOM - (value - self.low) / (self.high - self.low) * (HEIGHT - BOTTOM - TOP)

    def _dots(self) -> list[str]:
        """Evaluations since the reference are hollow: each of them has used up some of the patience."""
        waited = self.rule.waited
        dots = []
        for place, (step, value) in enumerate(self.points):
            kind = "nbft-stop-waited" if place >= len(self.points) - waited else "nbft-stop-gain"
            dots.append(f'<circle class="{kind}" cx="{self.x(step):.1f}" cy="{self.y(value):.1f}" r="3"/>')
        return dots

    def _coming(self) -> list[str]:
        """What is left of the patience, as places of evaluations to come; the last one is where the run would stop."""
        base = HEIGHT - BOTTOM
        parts = [f'<path class="nbft-stop-left" d="M{self.x(step):.1f} {base}v-8"/>' for step in self.coming]
        if self.coming:
            x = self.x(self.coming[-1])
            parts.append(f'<path class="nbft-stop-end" d="M{x:.1f} {TOP}V{base}"/>')
        return parts

    def _scale(self) -> list[str]:
        below = HEIGHT - 6
        told = [(self.points[0][0], "start"), (self.last, "end")]
        words = [f'<text x="{self.x(step):.1f}" y="{below}" text-anchor="{at}">{step:,}</text>' for step, at in told]
        best = wording.number(self.rule.reference)
        return [
            *words,
            f'<text x="{LEFT - 6}" y="{self.y(self.rule.reference or 0.0):.1f}" dy="4" text-anchor="end">{best}</text>',
        ]

    def words(self) -> str:
        """Returns what the picture shows, in words."""
        rule = self.rule
        gain = f", by more than {wording.setting(rule.min_delta)}" if rule.min_delta else ""
        return (
            f"{short(rule.monitor)} over {wording.plural(len(self.points), 'evaluation')}; to beat: "
            f"{wording.number(rule.reference)}{gain}; {rule.waited} without a gain"
        )


def would_have(state: RunState) -> str:
    """Returns where other patiences would have ended the run by now, in a sentence; empty where nothing can be told."""
    rule = state.early_stopping
    values = [
        (e.step, e.values[rule.monitor]) for e in state.evaluations if rule.monitor in e.values and e.split == "eval"
    ]
    if len(values) < 2:
        return ""
    said: list[str] = []
    for patience in range(1, len(values)):
        tried = EarlyStopping(True, rule.monitor, patience, rule.min_delta)
        step = tried.would_stop_at(values)
        if step is None:
            said.append(f"{patience} or more not so far" if said else "no patience would have stopped it so far")
            break
        said.append(
            f"a patience of 1 would have stopped at step {step:,}" if not said else f"{patience} at step {step:,}"
        )
        if len(said) == 4:
            break
    return f"{wording.sentence(', '.join(said))}." if said else ""
