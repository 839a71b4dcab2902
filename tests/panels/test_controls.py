from __future__ import annotations

import pytest

from nbft.errors import RunError
from nbft.panels.controls import CONFIRM_S, ControlsPanel
from nbft.record import events as word
from tests.panels.messages import messages
from tests.panels.record import ended, planned, training


def button(panel: ControlsPanel, name: str):
    (found,) = [one for one in parts(panel) if f"nbft-{name}" in one._dom_classes]
    return found


def parts(panel: ControlsPanel):
    return [one for group in (*panel.groups, panel.widget.children[1]) for one in group.children]


def controls(panel: ControlsPanel):
    return [one for group in panel.groups for one in group.children[1:]]


def answers(panel: ControlsPanel) -> str:
    return panel.widget.children[4].value


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("pause", word.Pause),
        ("evaluate", word.EvaluateNow),
        ("save", word.SaveNow),
        ("sample", word.SampleNow),
    ],
)
def test_a_click_sends_its_command_once_until_it_is_answered(name, command, sent):
    panel = ControlsPanel(sent.append)
    panel.show(training())
    button(panel, name).click()
    button(panel, name).click()
    panel.show(training())

    assert [type(one) for one in sent] == [command]
    assert "waiting for the run" in answers(panel)

    taken = word.CommandTaken(id=sent[0].id, command=command.__name__, step=3, answer="done after step 3", time=1000.0)
    panel.show(training(taken))
    assert "waiting" not in answers(panel)
    assert "done after step 3" in answers(panel)
    button(panel, name).click()
    assert len(sent) == 2


def test_pause_becomes_resume_only_when_the_record_says_so(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training())
    button(panel, "pause").click()
    panel.show(training())
    assert button(panel, "pause").description == "Pause"

    panel.show(training(word.Paused(step=3)))
    assert button(panel, "pause").description == "Resume"
    button(panel, "pause").click()
    assert [type(one) for one in sent] == [word.Pause, word.Resume]


def test_a_refusal_is_told_in_the_record_s_words(sent):
    panel = ControlsPanel(sent.append)
    taken = word.CommandTaken(id="x", command="EvaluateNow", step=3, obeyed=False, answer="has no validation rows")
    panel.show(training(taken))
    assert "✕" in answers(panel)
    assert "has no validation rows" in answers(panel)


def test_commands_of_another_dashboard_are_shown_too(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training(word.CommandTaken(id="other", command="SaveNow", step=3, answer="saved")))
    assert "Save now" in answers(panel)


def test_the_newest_answers_come_first(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training(*(word.CommandTaken(id=str(n), command="SaveNow", step=n, answer=f"no {n}") for n in range(9))))
    assert answers(panel).index("no 8") < answers(panel).index("no 7")
    assert "no 1" not in answers(panel)


def test_a_command_that_cannot_be_sent_is_told():
    def refuse(command: word.Command) -> None:
        raise RunError("reviews-001 is failed: nobody is there to hear that.")

    panel = ControlsPanel(refuse)
    panel.show(training())
    button(panel, "save").click()
    panel.show(training())
    assert "nobody is there to hear that" in answers(panel)


def test_all_buttons_rest_when_the_run_is_over(sent):
    panel = ControlsPanel(sent.append, go_on=lambda: None)
    panel.show(training())
    assert not any(one.disabled for one in controls(panel))
    panel.show(training(ended()))
    assert all(one.disabled for one in controls(panel))


@pytest.mark.parametrize(("name", "command"), [("stop", word.Stop), ("stop-now", word.StopNow)])
def test_what_ends_the_run_is_asked_once_and_can_be_taken_back(name, command, sent):
    now = [0.0]
    panel = ControlsPanel(sent.append, clock=lambda: now[0])
    question = panel.widget.children[1]
    panel.show(training())
    assert question.layout.display == "none"
    button(panel, name).click()
    panel.show(training())
    assert question.layout.display is None
    assert 'role="alert"' in question.children[0].value
    button(panel, "no").click()
    panel.show(training())
    assert question.layout.display == "none"

    button(panel, name).click()
    now[0] = CONFIRM_S + 1
    panel.show(training())
    button(panel, "yes").click()  # a question that went away can't be answered
    assert sent == []

    button(panel, name).click()
    panel.show(training())
    button(panel, "yes").click()
    assert [type(one) for one in sent] == [command]


def test_learning_rate_and_epochs_are_sent_and_follow_the_record(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training())
    assert (panel.schedule.factor.value, panel.schedule.epochs.value) == (1.0, 3.0)
    panel.schedule.factor.value = 0.5
    panel.schedule.epochs.value = 5
    assert [(one.label, getattr(one, "factor", None), getattr(one, "epochs", None)) for one in sent] == [
        ("Learning rate", 0.5, None),
        ("Epochs", None, 5.0),
    ]
    panel.show(training())  # unanswered: what was typed stays
    assert panel.schedule.factor.value == 0.5
    taken = [word.CommandTaken(id=one.id, command=type(one).__name__, step=3, obeyed=False) for one in sent]
    panel.show(training(*taken))  # refused: back to the record
    assert (panel.schedule.factor.value, panel.schedule.epochs.value) == (1.0, 3.0)
    assert len(sent) == 2


def test_a_change_made_in_another_dashboard_is_shown_and_sends_nothing(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training(word.ScheduleSet(step=10, factor=2.0, epochs=4, total_steps=400)))
    assert (panel.schedule.factor.value, panel.schedule.epochs.value) == (2.0, 4.0)
    assert sent == []


def test_what_a_run_cannot_do_rests_and_says_why(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training(planned(refused={"SampleNow": "writes no text"})))
    assert button(panel, "sample").disabled
    assert "Write samples: this run writes no text." in panel.widget.children[2].value


def test_the_cell_is_let_go_without_a_command(sent):
    gone = []
    panel = ControlsPanel(sent.append, go_on=lambda: gone.append(True))
    panel.show(training())
    assert button(panel, "background").layout.display is None
    button(panel, "background").click()
    panel.let_go()
    assert gone == [True]
    assert sent == []
    assert button(panel, "background").layout.display == "none"


def test_without_a_waiting_cell_there_is_nothing_to_let_go(sent):
    assert button(ControlsPanel(sent.append), "background").layout.display == "none"


def test_every_button_has_a_label_and_says_what_it_does(sent):
    for one in controls(ControlsPanel(sent.append)):
        assert one.description
        assert one.tooltip


def test_a_state_that_was_shown_sends_nothing(sent):
    panel, state = ControlsPanel(sent.append), training(word.Paused(step=3))
    panel.show(state)
    with messages() as said:
        panel.show(state)
    assert said == []


def test_answers_are_shown_as_text(sent):
    panel = ControlsPanel(sent.append)
    panel.show(training(word.CommandTaken(id="x", command="<b>", step=3, answer="<img src=x>")))
    assert "<img" not in answers(panel)
    assert "<b>&lt;" not in answers(panel)
