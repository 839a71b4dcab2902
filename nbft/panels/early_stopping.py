"""Early stopping: what is watched, how it stands, and the rule, which can be changed while the run goes on."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets as widgets

from nbft.errors import NbftError
from nbft.panels import wording
from nbft.panels.base import Panel, Send, html, set_class, text
from nbft.panels.live_stopping import LiveStopping
from nbft.record.events import SetEarlyStopping
from nbft.record.state import RunState, is_better_lower

MAX_PIPS = 12
"""A longer patience is told by its number alone."""
FIELDS = ("enabled", "monitor", "patience", "min_delta")


class EarlyStoppingPanel(Panel):
    """The rule in force and where it stands; a change is marked as waiting until the run has taken it."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._asked: set[str] = set()
        self._waits = False
        """Whether the page holds a value that the run has not answered."""
        self._lost = ""
        self._shower: int | None = None
        self._standing = html("nbft-standing-box")
        self._live = LiveStopping(self._ask)
        self._live.add_class("nbft-stopping-box")
        self._mark = html("nbft-mark-box")
        self._inputs = _inputs()
        for name, control in self._inputs.items():
            control.add_class(f"nbft-early-stopping-{name.replace('_', '-')}")
            control.observe(self._changed, "value")
        title = widgets.HTML('<h4 class="nbft-title">Early stopping</h4>')
        top = widgets.Box([title, self._inputs["enabled"], self._mark])
        top.add_class("nbft-card-top")
        rule = widgets.Box([self._inputs[name] for name in FIELDS[1:]])
        rule.add_class("nbft-rule")
        body = widgets.Box([self._standing, rule, self._live])
        body.add_class("nbft-card-body")
        self.widget = widgets.VBox([top, body])
        self.widget.add_class("nbft-early-stopping")
        self.widget.add_class("nbft-card")

    def show(self, state: RunState) -> None:
        """Shows how the rule stands; the inputs follow the record unless a change of them waits for its answer."""
        if self._asked:
            self._asked -= {taken.id for taken in state.commands}
        if state.is_over:
            self._asked.clear()
        self._standing.value = standing(state)
        self._live.show(state)
        if self._waits and not self._asked:
            self._waits = False
            self._live.answers += 1
        self._mark.value = self._waiting_mark()
        self._shower = threading.get_ident()
        try:
            self._follow(state)
        finally:
            self._shower = None

    def _follow(self, state: RunState) -> None:
        rule = state.early_stopping
        if not self._asked:
            self._inputs["enabled"].value = rule.enabled
            self._offer(list(state.plan.metrics) if state.plan else [], rule.monitor)
            self._inputs["patience"].value = rule.patience or 1
            self._inputs["min_delta"].value = rule.min_delta
        for control in self._inputs.values():
            control.disabled = state.is_over or not rule.monitor
        set_class(self.widget, "nbft-is-off", not rule.enabled)

    def _offer(self, metrics: list[str], monitor: str) -> None:
        if monitor and monitor not in metrics:
            metrics.append(monitor)
        control = self._inputs["monitor"]
        if list(control.options) != metrics:
            control.options = metrics
        control.value = monitor or None

    def _changed(self, change: dict[str, Any]) -> None:
        """Asks the run for what the user set; clicks may come in another thread than `show` runs in."""
        if self._shower == threading.get_ident():
            return  # the record speaking, not the user
        self._ask(next(name for name, control in self._inputs.items() if control is change["owner"]), change["new"])

    def _ask(self, name: str, value: Any) -> None:
        command = SetEarlyStopping(**{name: value})
        try:
            self.send(command)
        except (NbftError, OSError) as error:  # from a widget's callback nobody would see it
            self._lost = str(error)
        else:
            self._lost = ""
            self._asked.add(command.id)
        self._waits = True

    def _waiting_mark(self) -> str:
        if self._lost:
            return f'<span class="nbft-refused">✕ {text(self._lost)}</span>'
        return '<span class="nbft-waits" role="status">waiting for the run</span>' if self._asked else ""


def _inputs() -> dict[str, Any]:
    tips = {
        "monitor": "The metric that decides which model is the best, and when to stop",
        "patience": "Evaluations in a row without a gain before the run stops",
        "min_delta": "A gain counts only if it is larger than this",
    }
    free = widgets.Layout(width="auto")
    return {
        "enabled": widgets.Checkbox(value=False, description="Stop early", indent=False, layout=free),
        "monitor": widgets.Dropdown(options=[], description="Monitor", tooltip=tips["monitor"]),
        "patience": widgets.BoundedIntText(
            value=1, min=1, max=1_000_000, description="Patience", tooltip=tips["patience"]
        ),
        "min_delta": widgets.BoundedFloatText(
            value=0.0, min=0.0, max=1e9, step=0.001, description="Min delta", tooltip=tips["min_delta"]
        ),
    }


def standing(state: RunState) -> str:
    """Returns the sentence, the best value and the evaluations left, as far as the record tells."""
    rule = state.early_stopping
    if not rule.monitor:
        why = "Nothing to watch: there are no validation rows." if state.plan else "Known once the data is loaded."
        return f'<p class="nbft-quiet">{why}</p>'
    better = "lower" if is_better_lower(rule.monitor) else "higher"
    best = wording.number(rule.best)
    where = f"at step {rule.best_step:,}" if rule.best_step is not None else "no evaluation yet"
    return (
        f'<div class="nbft-standing"><div class="nbft-best"><b>{best}</b>'
        f"<small>best {text(rule.monitor)}, {text(where)}; {better} is better</small></div>"
        f'<div class="nbft-left">{pips(state)}<small>{text(outlook(state))}</small></div></div>'
    )


def outlook(state: RunState) -> str:
    """Returns what the rule is going to do, in a sentence."""
    rule = state.early_stopping
    if state.is_over:
        return "The run is over."
    if not rule.enabled:
        return "Off: the run goes to its last epoch. The best model is kept either way."
    if rule.reference is None:
        return f"Stops after {wording.plural(rule.patience, 'evaluation')} without a gain."
    gain = f" of more than {wording.setting(rule.min_delta)}" if rule.min_delta else ""
    left = wording.plural(rule.left, "more evaluation")
    return f"Stops after {left} without a gain{gain} over {wording.number(rule.reference)}."


def pips(state: RunState) -> str:
    """Returns one dot an evaluation of the patience, filled while it is left."""
    rule = state.early_stopping
    if not rule.enabled:
        return ""
    words = f"{rule.left} of {wording.plural(rule.patience, 'evaluation')} left"
    dots = ""
    if rule.patience <= MAX_PIPS:
        dots = "".join(f'<i class="{"nbft-full" if i < rule.left else ""}"></i>' for i in range(rule.patience))
    return f'<span class="nbft-pips" aria-hidden="true">{dots}</span><b class="nbft-count">{words}</b>'
