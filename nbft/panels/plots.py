"""Which curves are drawn together, in which colours, and what is marked on them: one answer for every chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nbft.panels import wording
from nbft.record.curve import Curve
from nbft.record.state import RunState

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B57D00", "#3C93C8")
"""Okabe and Ito's palette, told apart by the colour-blind, the last two darkened: all keep a contrast of 3 to white and black."""
METRIC_COLOURS = (2, 3, 0, 1, 4, 5)
"""The order in which metrics take colours: first those that the losses leave free."""
DASHES = ((), (7, 4), (2, 3), (9, 3, 2, 3))
"""How the lines of a plot are broken, one after the other: colour alone means nothing."""
SPELT = {"bleu": "BLEU", "chrf": "chrF", "ter": "TER"}
"""Metrics that are written otherwise than the spec writes them."""
LARGEST_SHARE = 1.5
"""Metrics beyond this are no shares (BLEU, perplexity) and get a chart of their own."""
MAX_TICKS = 200
"""Newest marks of each kind that are shown."""
BYTES = "bytes"
"""The unit of values that are written in MB and GB."""


@dataclass(frozen=True)
class Line:
    """One metric of a plot, by its name in a state's curves."""

    metric: str
    label: str
    colour: int
    dash: int = 0
    style: str = "dots"
    """`dots` where every point counts, `noisy` for a running mean over faint raw points, `mean` for that alone, `plain`."""
    is_ghost: bool = False
    """Whether it is of another run, behind the lines of this one."""


@dataclass(frozen=True)
class Plot:
    """Lines that share an axis of values; a small one stands in the second row."""

    title: str
    lines: tuple[Line, ...]
    is_small: bool = False
    unit: str = ""
    can_be_log: bool = False
    """Whether a logarithmic axis shows more of it."""
    from_zero: bool = False
    """Whether the axis of values begins at zero, so that a flicker looks like one."""


@dataclass(frozen=True)
class Mark:
    """A step worth seeing: `best` or `stop`, or a tick on the axis (`checkpoint`, `pause`, `command`)."""

    step: int
    label: str
    metric: str = ""
    value: float | None = None
    kind: str = "best"
    time: float | None = None


LOSSES = Plot(
    "Loss",
    (Line("train/loss", "train", 0, style="noisy"), Line("eval/loss", "validation", 1)),
    can_be_log=True,
)
SMALL = (
    Plot("Learning rate", (Line("train/learning_rate", "rate", 0, style="plain"),), True, "", True, True),
    Plot("Gradient norm", (Line("train/grad_norm", "norm", 1, style="noisy"),), True, "", True, True),
    Plot("Examples/s", (Line("train/examples_per_s", "speed", 2, style="plain"),), True, from_zero=True),
    Plot("Tokens/s", (Line("train/tokens_per_s", "speed", 2, style="plain"),), True, from_zero=True),
    Plot(
        "Memory",
        (
            Line("memory/process_bytes", "process", 3, style="plain"),
            Line("memory/device_bytes", "device", 0, 1, style="plain"),
        ),
        True,
        BYTES,
        from_zero=True,
    ),
)
"""What stands in the second row, each as soon as the record has points of it."""


def plots_of(state: RunState) -> list[Plot]:
    """Returns the plots of a run: losses, metrics (those of another size on their own), and what training takes."""
    known = state.plan.metrics if state.plan else []
    names = list(dict.fromkeys([*known, *(name for name in state.curves if name.startswith("eval/"))]))
    names = [name for name in names if name != "eval/loss"]
    if not names and not state.plan:
        return [LOSSES, Plot("Metrics", ())]
    shares = [name for name in names if _is_share(state.curves.get(name))]
    others = [name for name in names if name not in shares]
    measured = [
        replace(plot, lines=tuple(line for line in plot.lines if line.metric in state.curves)) for plot in SMALL
    ]
    small = [plot for plot in measured if plot.lines]
    return [LOSSES, *_together(shares), *(_together([name])[0] for name in others), *small]


def _together(names: list[str]) -> list[Plot]:
    if not names:
        return []
    lines = tuple(
        Line(name, short(name), METRIC_COLOURS[i % len(METRIC_COLOURS)], i % len(DASHES))
        for i, name in enumerate(names)
    )
    title = wording.sentence(short(names[0])) if len(names) == 1 else "Metrics"
    return [Plot(title, lines)]


def short(metric: str) -> str:
    """Returns a metric's name without its split, as people say it."""
    name = metric.rsplit("/", 1)[-1]
    return SPELT.get(name, name.replace("_", " "))


def _is_share(curve: Curve | None) -> bool:
    return curve is None or curve.reach <= LARGEST_SHARE


def marks_of(state: RunState) -> list[Mark]:
    """Returns the marks of a run: its best model, where early stopping ended it, and what was saved, paused and asked."""
    rule, end = state.early_stopping, state.end
    marks = [*_ticks(state)]
    if end is not None and end.reason.startswith("Early stopping"):
        marks.append(Mark(end.step, "stopped early", kind="stop", time=end.time))
    if rule.best is not None and rule.best_step is not None:
        marks.append(Mark(rule.best_step, "best", rule.monitor, rule.best))
    return marks


def _ticks(state: RunState) -> Iterable[Mark]:
    yield from (Mark(step, "Checkpoint", kind="checkpoint") for step in state.checkpoints[-MAX_TICKS:])
    yield from (Mark(step, "Paused", kind="pause") for step in state.pauses[-MAX_TICKS:])
    for taken in state.commands[-MAX_TICKS:]:
        if taken.obeyed and taken.command in ("Pause", "Resume"):
            continue  # the pause has a mark of its own
        words = ": ".join(part for part in (wording.command(taken), taken.answer) if part)
        yield Mark(taken.step, words, kind="command", time=taken.time)


def bands_of(state: RunState) -> list[tuple[int, int]]:
    """Returns the steps (from, to) of every second epoch, which are shaded."""
    plan = state.plan
    if plan is None or plan.steps_per_epoch <= 0:
        return []
    length, end = plan.steps_per_epoch, max(plan.total_steps, state.step)
    return [(start, min(start + length, end)) for start in range(length, end, 2 * length)]
