"""What the model said in its evaluations: a prompt, what it made of it, and what it should have said where that is known."""

from __future__ import annotations

import ipywidgets as widgets

from nbft.panels.base import Panel, Send, html, set_class, text
from nbft.panels.steps import StepChooser
from nbft.panels.wording import plural
from nbft.record.events import SampleMade
from nbft.record.state import RunState

MAX_CHARACTERS = 1200
"""Of a prompt or an answer that are shown; a whole article would push everything else away."""
MAX_FOLDED = 12_000
"""Characters of earlier steps that a static page carries along; all of them are in events.jsonl."""
NOTHING = "(nothing: the text ends here)"


class SamplesPanel(Panel):
    """The samples of one step, by default of the newest; hidden until there are any."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._state = RunState()
        self._steps = StepChooser(self._draw)
        self._said = html("nbft-samples-box")
        title = widgets.HTML('<h4 class="nbft-title">Samples</h4>')
        top = widgets.Box([title, self._steps.widget])
        top.add_class("nbft-card-top")
        top.add_class("nbft-rule")
        self.widget = widgets.VBox([top, self._said])
        for name in ("nbft-samples", "nbft-card", "nbft-hidden"):
            self.widget.add_class(name)

    def show(self, state: RunState) -> None:
        """Shows the newest samples, or still those of the step that the user chose."""
        self._state = state
        set_class(self.widget, "nbft-hidden", not state.samples)
        self._steps.offer(sorted({sample.step for sample in state.samples}))
        self._draw()

    def _draw(self) -> None:
        groups = dict(by_step(self._state))
        chosen = self._steps.chosen
        step = next(iter(groups), None) if chosen is None else chosen
        gone = f'<p class="nbft-sample">What was said at step {step:,} is in events.jsonl.</p>' if step else ""
        self._said.value = "".join(_sample(sample) for sample in groups[step]) if step in groups else gone


def by_step(state: RunState) -> list[tuple[int, list[SampleMade]]]:
    """Returns the samples of each step, the newest step first."""
    steps = sorted({sample.step for sample in state.samples}, reverse=True)
    return [(step, [sample for sample in state.samples if sample.step == step]) for step in steps]


def _sample(sample: SampleMade) -> str:
    """A continuation follows its prompt; an answer that is held against a reference stands in a table with it."""
    prompt, said = text(shortened(sample.prompt)), text(shortened(sample.text))
    said = said if said.strip() else f"<small> {NOTHING}</small>"
    if not sample.reference:
        return f'<p class="nbft-sample"><span class="nbft-prompt">{prompt}</span>{said}</p>'
    wanted = text(shortened(sample.reference))
    return (
        f'<dl class="nbft-sample"><dt>given</dt><dd class="nbft-prompt">{prompt}</dd>'
        f"<dt>said</dt><dd>{said}</dd><dt>wanted</dt><dd>{wanted}</dd></dl>"
    )


def shortened(words: str) -> str:
    """Returns the words, cut where they are very many."""
    return words if len(words) <= MAX_CHARACTERS else f"{words[:MAX_CHARACTERS]} …"


def to_html(state: RunState) -> str:
    """Returns the samples without styles: the newest in a list, those of earlier steps folded; empty where there are none."""
    groups = by_step(state)
    if not groups:
        return ""
    (step, newest), *earlier = groups
    older: list[str] = []
    for at, samples in earlier:
        said = f"<p>Step {at:,}</p>{_list(samples)}"
        if sum(map(len, older)) + len(said) > MAX_FOLDED:
            break
        older.append(said)
    words = f"Samples of {plural(len(older), 'earlier step')}"
    folded = f"<details><summary>{words}</summary>{''.join(older)}</details>" if older else ""
    return f"<p>Samples at step {step:,}</p>{_list(newest)}{folded}"


def _list(samples: list[SampleMade]) -> str:
    """No table: front ends push its words to the right and have their own mind about its width."""
    return f"<ul>{''.join(f'<li>{_plain(sample)}</li>' for sample in samples)}</ul>"


def _plain(sample: SampleMade) -> str:
    prompt, said, wanted = (
        text(shortened(words)).replace("\n", "<br>") for words in (sample.prompt, sample.text, sample.reference)
    )
    said = said if said.strip() else f"<small> {NOTHING}</small>"
    if not sample.reference:
        return f"<b>{prompt}</b>{said}"
    return f"{prompt}<br><small>said</small> {said}<br><small>wanted</small> {wanted}"


def to_text(state: RunState) -> str:
    """Returns the newest samples as lines; empty where there are none."""
    groups = by_step(state)
    return "\n".join([f"Samples at step {groups[0][0]:,}:", *map(line, groups[0][1])]) if groups else ""


def line(sample: SampleMade) -> str:
    """Returns a sample in one line of a terminal."""
    wanted = f" (wanted: {_flat(sample.reference)})" if sample.reference else ""
    arrow = " → " if sample.reference else " ▸ "
    return f"  {_flat(sample.prompt)}{arrow}{_flat(sample.text) or NOTHING}{wanted}"


def _flat(words: str) -> str:
    """Data may hold what moves a terminal's cursor; nothing of that gets through."""
    flat = " ".join(shortened(words).split())
    return "".join(c if c.isprintable() else "·" for c in flat)
