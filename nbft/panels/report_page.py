"""A run as one HTML page: no script, no request, readable on paper, light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from nbft.panels import data_page, samples, stopping_picture
from nbft.panels.base import HERE, text
from nbft.panels.data_text import verdict
from nbft.panels.notices import why_failed
from nbft.panels.plots import Plot, plots_of
from nbft.panels.run_words import headline, outcome_of
from nbft.panels.scores import scores, to_html
from nbft.panels.svg import draw
from nbft.panels.wording import clock, command
from nbft.record.data_check import DataCheck
from nbft.record.state import RunState

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may do for the page: no script and no request, whatever a text in it says."""
MARK = '<meta name="generator" content="nbft'
"""By which a report is known again before it is overwritten."""


@dataclass(frozen=True)
class Report:
    """All that stands on the page beside the run's state."""

    name: str
    state: RunState
    typed: str
    """The spec as it was typed."""
    resolved: str
    """The spec with every default, each marked."""
    environment: dict[str, str]
    data_check: DataCheck | None
    use: str
    """Lines of Python that load the model; empty where there is none."""
    made: str
    """By what and when the page was written."""
    mistakes: str = ""
    """HTML of what the model gets wrong, where the record has it."""


def to_page(report: Report) -> str:
    """Returns the whole HTML document."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{MARK}">'
        f"<title>{text(report.name)}</title><style>{_style()}</style>"
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{"".join(_parts(report))}</body></html>\n'


def _parts(report: Report) -> Iterable[str]:
    state = report.state
    yield _head(report)
    yield _section("Scores", _wide(to_html(scores(state))))
    yield _section("Curves", _charts(state))
    yield _section("Early stopping", stopping_picture.to_image(state))
    yield _section("Warnings", "".join(_note(warned.message, warned.fix) for warned in state.warnings))
    yield _section("Samples", samples.to_html(state))
    yield _section("Right and wrong", report.mistakes)
    yield _section("The model", _code(report.use))
    yield _section("Spec", _spec(report))
    yield _section("Chosen for you", _list(state.plan.notes if state.plan else []))
    yield _section("Asked of it while it ran", _asked(state))
    yield _section("Data check-up", _data(report.data_check))
    yield _section("Environment", _wide(_facts(report.environment), "r-facts"))
    yield f'<p class="r-soft"><small>{text(report.made)}</small></p>'


def _head(report: Report) -> str:
    state = report.state
    what, fix = why_failed(state) or ("", "")
    failed = _note(what, fix, "r-bad") if what else ""
    outcome = "".join(f'<p class="r-big">{text(line)}</p>' for line in outcome_of(state))
    facts = f'<p class="r-soft">{text(" · ".join(headline(state)))}</p>'
    return f'<header class="r-head"><h1>{text(report.name)}</h1>{facts}{outcome}{failed}</header>'


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _wide(table: str, name: str = "") -> str:
    return f'<div class="{f"r-wide {name}".strip()}">{table}</div>' if table else ""


def _charts(state: RunState) -> str:
    plots = [plot for plot in plots_of(state) if any(len(state.curves.get(line.metric, ())) for line in plot.lines)]
    large = _row([plot for plot in plots if not plot.is_small], state, "r-charts")
    return large + _row([plot for plot in plots if plot.is_small], state, "r-charts r-small")


def _row(plots: Sequence[Plot], state: RunState, name: str) -> str:
    return f'<div class="{name}">{"".join(draw(plot, state) for plot in plots)}</div>' if plots else ""


def _note(what: str, fix: str, name: str = "") -> str:
    mend = f"<p>{_lines(fix)}</p>" if fix else ""
    return f'<div class="{f"r-note {name}".strip()}"><p><b>{_lines(what)}</b></p>{mend}</div>'


def _lines(words: str) -> str:
    return text(words).replace("\n", "<br>")


def _spec(report: Report) -> str:
    whole = f"<details><summary>With every default</summary>{_code(report.resolved)}</details>"
    return f"{_code(report.typed)}{whole if report.resolved else ''}" if report.typed or report.resolved else ""


def _code(lines: str) -> str:
    return f"<pre>{text(lines)}</pre>" if lines else ""


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{text(item)}</li>' for item in items)}</ul>" if items else ""


def _asked(state: RunState) -> str:
    return _list([f"{clock(c.time)}, step {c.step:,}: {command(c)}. {c.answer}".strip() for c in state.commands])


def _data(check: DataCheck | None) -> str:
    return f"<p>{text(verdict(check))} ({text(check.summary)})</p>{data_page.to_html(check)}" if check else ""


def _facts(facts: dict[str, str]) -> str:
    rows = "".join(f"<tr><td>{text(name)}</td><td>{text(value)}</td></tr>" for name, value in facts.items())
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


@cache
def _style() -> str:
    return data_page.style() + (HERE / "report.css").read_text(encoding="utf-8")
