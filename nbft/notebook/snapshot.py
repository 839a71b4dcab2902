"""The static twin of a dashboard: what a saved notebook shows without a kernel, a script or the internet.

GitHub, nbviewer, nbconvert and JupyterLab each keep only part of HTML. What stays everywhere is plain tables and
images; so the charts are `<img>` with SVG inside, and nothing has a style or a script.
"""

from __future__ import annotations

from dataclasses import dataclass

from nbft.panels import examination, samples, stopping_picture
from nbft.panels.base import text
from nbft.panels.data_check import to_list
from nbft.panels.notices import why_failed
from nbft.panels.picture import images
from nbft.panels.plots import plots_of
from nbft.panels.run_words import environment, headline, outcome_of, typed_spec
from nbft.panels.scores import scores, to_html, to_text
from nbft.record.data_check import read_check
from nbft.record.folder import RunFolder
from nbft.record.state import RunState


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
    charts = images(plots_of(state), state)
    stopping = stopping_picture.to_image(state)
    what, fix = why_failed(state) or ("", "")
    parts = [
        f"<p><b>{text(folder.run)}</b> · {text(' · '.join(headline(state)))}</p>",
        f"<p><b>{_lines(what)}</b><br>{_lines(fix)}</p>" if what else "",
        f"<p>{text(' '.join(outcome))}</p>" if (outcome := outcome_of(state)) else "",
        f"<p>{charts}</p>" if charts else "",
        to_html(scores(state)),
        f"<p>Early stopping</p>{stopping}" if stopping else "",
        samples.to_html(state),
        examination.to_html(state, folder.examinations),
        _list("Warnings", [f"{w.message} {w.fix}".strip() for w in state.warnings]),
        to_list(read_check(folder.data_check)),
        _folded("Spec", typed_spec(folder)),
        f"<p><small>{text(environment(folder))}</small></p>" if environment(folder) else "",
    ]
    return f"<div>{''.join(parts)}</div>"


def _text(state: RunState, folder: RunFolder) -> str:
    failed = why_failed(state)
    parts = [
        f"{folder.run}: {', '.join(headline(state))}",
        "\n".join(part for part in failed if part) if failed else "",
        "\n".join(outcome_of(state)),
        to_text(scores(state)),
        samples.to_text(state),
        examination.to_text(state, folder.examinations),
        "\n".join(f"Warning: {w.message} {w.fix}".rstrip() for w in state.warnings),
    ]
    return "\n\n".join(part for part in parts if part)


def _list(title: str, items: list[str]) -> str:
    return f"<p>{title}</p><ul>{''.join(f'<li>{text(item)}</li>' for item in items)}</ul>" if items else ""


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary><pre>{text(content)}</pre></details>" if content else ""


def _lines(words: str) -> str:
    return text(words).replace("\n", "<br>")
