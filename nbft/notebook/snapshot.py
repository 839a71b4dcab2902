"""The static twin of a dashboard: what a saved notebook shows without a kernel, a script or the internet.

GitHub, nbviewer, nbconvert and JupyterLab each keep only part of HTML. What stays everywhere is plain tables and
images; so the charts are `<img>` with SVG inside, and nothing has a style or a script.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from nbft.panels import samples, wording
from nbft.panels.base import text
from nbft.panels.data_check import to_list
from nbft.panels.notices import why_failed
from nbft.panels.plots import Plot, plots_of
from nbft.panels.scores import scores, to_html, to_text
from nbft.panels.svg import describe, draw
from nbft.panels.svg_frame import size_of
from nbft.record.data_check import read_check
from nbft.record.folder import RunFolder
from nbft.record.state import RunState

MAX_SPEC = 4000
"""Characters of a spec that are shown; a mapping can hold a whole list of rows."""


@dataclass(frozen=True)
class Snapshot:
    """A run in HTML and in plain text."""

    html: str
    text: str

    def bundle(self) -> dict[str, str]:
        """Returns the snapshot as the data of a cell's output."""
        return {"text/html": self.html, "text/plain": self.text}


def take_snapshot(state: RunState, folder: RunFolder) -> Snapshot:
    """Returns the static twin of a run as it stands."""
    return Snapshot(_html(state, folder), _text(state, folder))


def _html(state: RunState, folder: RunFolder) -> str:
    charts = "".join(_image(plot, state) for plot in plots_of(state) if _has_points(plot, state))
    what, fix = why_failed(state) or ("", "")
    parts = [
        f"<p><b>{text(folder.run)}</b> · {text(' · '.join(headline(state)))}</p>",
        f"<p><b>{_lines(what)}</b><br>{_lines(fix)}</p>" if what else "",
        f"<p>{text(' '.join(outcome))}</p>" if (outcome := outcome_of(state)) else "",
        f"<p>{charts}</p>" if charts else "",
        to_html(scores(state)),
        samples.to_html(state),
        _list("Warnings", [f"{w.message} {w.fix}".strip() for w in state.warnings]),
        to_list(read_check(folder.data_check)),
        _folded("Spec", _spec(folder)),
        f"<p><small>{text(environment(folder))}</small></p>" if environment(folder) else "",
    ]
    return f"<div>{''.join(parts)}</div>"


def best(state: RunState) -> str:
    """Returns the best value and where it was, in a sentence; empty where there is none."""
    rule = state.early_stopping
    if rule.best is None or rule.best_step is None:
        return ""
    return f"Best {rule.monitor}: {wording.number(rule.best)} at step {rule.best_step:,}."


def outcome_of(state: RunState) -> list[str]:
    """Returns why the run ended, and its best value."""
    reason = state.end.reason if state.end and not why_failed(state) else ""
    tells_best = reason.startswith("Early stopping") and state.early_stopping.monitor in reason
    return [part for part in (reason, "" if tells_best else best(state)) if part]


def headline(state: RunState) -> list[str]:
    """Returns status, steps, epochs, time, and the machine."""
    steps = f"{state.step:,} of {state.total_steps:,} steps" if state.total_steps else ""
    passes = wording.epoch(state.epoch)
    epochs = f"{passes} epoch{'' if passes == '1' else 's'}" if state.total_steps else ""
    took = wording.took(state)
    parts = [wording.status(state), steps, epochs, took if took != wording.NONE else "", wording.machine(state)]
    return [part for part in parts if part]


def _text(state: RunState, folder: RunFolder) -> str:
    failed = why_failed(state)
    parts = [
        f"{folder.run}: {', '.join(headline(state))}",
        "\n".join(part for part in failed if part) if failed else "",
        "\n".join(outcome_of(state)),
        to_text(scores(state)),
        samples.to_text(state),
        "\n".join(f"Warning: {w.message} {w.fix}".rstrip() for w in state.warnings),
    ]
    return "\n\n".join(part for part in parts if part)


def _has_points(plot: Plot, state: RunState) -> bool:
    return any(len(state.curves.get(line.metric, ())) for line in plot.lines)


def _image(plot: Plot, state: RunState) -> str:
    data = base64.b64encode(draw(plot, state).encode()).decode()
    words = text(describe(plot, state))
    width, height = size_of(plot)
    return f'<img width="{width}" height="{height}" alt="{words}" src="data:image/svg+xml;base64,{data}"> '


def _list(title: str, items: list[str]) -> str:
    return f"<p>{title}</p><ul>{''.join(f'<li>{text(item)}</li>' for item in items)}</ul>" if items else ""


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary><pre>{text(content)}</pre></details>" if content else ""


def _lines(words: str) -> str:
    return text(words).replace("\n", "<br>")


def _spec(folder: RunFolder) -> str:
    try:
        whole = folder.spec.read_text(encoding="utf-8").strip("\n")
    except OSError:
        return ""
    return whole if len(whole) <= MAX_SPEC else f"{whole[:MAX_SPEC]}\n..."


def environment(folder: RunFolder) -> str:
    """Returns versions and machine in one line; empty where the worker did not get as far as to write them."""
    try:
        facts = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return " · ".join(_facts(facts)) if isinstance(facts, dict) else ""


def _facts(facts: dict[str, Any]) -> list[str]:
    said = []
    for key, value in facts.items():
        if key == "time":
            continue
        if isinstance(value, dict):
            said += _facts(value)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            said.append(f"{key} {value}")
    return said
