from __future__ import annotations

import re
import threading

import pytest

from nbft.panels.early_stopping import EarlyStoppingPanel
from nbft.record import events as word
from nbft.record.events import SetEarlyStopping
from tests.panels.messages import messages
from tests.panels.record import METRICS, ended, evaluated, rule, training


def control(panel: EarlyStoppingPanel, label: str):
    boxes = [panel.widget]
    while boxes:
        for one in boxes.pop().children:
            if getattr(one, "description", "") == label:
                return one
            if hasattr(one, "children"):
                boxes.append(one)
    raise AssertionError(label)


def words(panel: EarlyStoppingPanel) -> str:
    return re.sub(r"<[^>]+>", " ", panel._standing.value + panel._mark.value)


def shown(*events) -> EarlyStoppingPanel:
    panel = EarlyStoppingPanel([].append)
    panel.show(training(*events))
    return panel


def test_it_says_what_is_watched_the_best_value_and_what_is_left():
    said = words(shown(evaluated(100, 0.8), evaluated(200, 0.9), evaluated(300, 0.85)))
    assert "0.9000" in said
    assert "best eval/accuracy, at step 200; higher is better" in said
    assert "2 of 3 evaluations left" in said
    assert "Stops after 2 more evaluations without a gain of more than 0.001 over 0.9000." in said


def test_of_a_loss_lower_is_better():
    assert "lower is better" in words(shown(rule(monitor="eval/loss")))


def test_switched_off_it_says_that_the_best_model_is_kept_all_the_same():
    said = words(shown(rule(enabled=False), evaluated(100, 0.8)))
    assert "Off: the run goes to its last epoch." in said
    assert "left" not in said


def test_the_inputs_hold_the_rule_of_the_record():
    panel = shown(rule(enabled=True, monitor="eval/f1", patience=7, min_delta=0.02))
    assert control(panel, "Stop early").value is True
    assert control(panel, "Monitor").value == "eval/f1"
    assert list(control(panel, "Monitor").options) == METRICS
    assert control(panel, "Patience").value == 7
    assert control(panel, "Min delta").value == 0.02


def test_showing_the_record_sends_no_command(sent):
    panel = EarlyStoppingPanel(sent.append)
    panel.show(training())
    panel.show(training(rule(enabled=False, monitor="eval/loss", patience=9, min_delta=0.5)))
    assert sent == []


@pytest.mark.parametrize(
    ("label", "value", "field"),
    [
        ("Stop early", False, {"enabled": False}),
        ("Monitor", "eval/loss", {"monitor": "eval/loss"}),
        ("Patience", 5, {"patience": 5}),
        ("Min delta", 0.1, {"min_delta": 0.1}),
    ],
)
def test_a_change_is_sent_and_waits_until_the_record_confirms_it(label, value, field, sent):
    panel = EarlyStoppingPanel(sent.append)
    panel.show(training())
    control(panel, label).value = value
    panel.show(training())

    (command,) = sent
    assert isinstance(command, SetEarlyStopping)
    names = ("enabled", "monitor", "patience", "min_delta")
    assert {name: getattr(command, name) for name in names if getattr(command, name) is not None} == field
    assert "waiting for the run" in words(panel)
    assert control(panel, label).value == value

    panel.show(training(rule(**field), word.CommandTaken(id=command.id, command="SetEarlyStopping", step=1)))
    assert "waiting" not in words(panel)
    assert control(panel, label).value == value


def test_a_change_that_is_refused_goes_back_to_the_record(sent):
    panel = EarlyStoppingPanel(sent.append)
    panel.show(training())
    control(panel, "Patience").value = 50
    panel.show(training(word.CommandTaken(id=sent[0].id, command="SetEarlyStopping", step=1, obeyed=False)))
    assert control(panel, "Patience").value == 3


def test_a_click_in_another_thread_is_the_user_s(sent):
    panel = EarlyStoppingPanel(sent.append)
    panel.show(training())
    thread = threading.Thread(target=setattr, args=(control(panel, "Patience"), "value", 6))
    thread.start()
    thread.join()
    assert [command.patience for command in sent] == [6]


def test_it_rests_before_the_rule_is_known_and_when_the_run_is_over():
    panel = EarlyStoppingPanel([].append)
    from nbft.record.state import RunState

    panel.show(RunState())
    assert control(panel, "Patience").disabled
    panel.show(training())
    assert not control(panel, "Patience").disabled
    panel.show(training(ended()))
    assert control(panel, "Patience").disabled


def test_a_long_patience_is_told_by_its_number_alone():
    panel = shown(rule(patience=900))
    assert "900 of 900 evaluations left" in words(panel)
    assert panel._standing.value.count("<i ") == 0


def test_a_state_that_was_shown_sends_nothing():
    panel, state = EarlyStoppingPanel([].append), training(evaluated(100, 0.8))
    panel.show(state)
    with messages() as said:
        panel.show(state)
    assert said == []
