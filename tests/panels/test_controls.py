from __future__ import annotations

import pytest

from nbft.errors import RunError
from nbft.panels.controls import ControlsPanel
from nbft.record import events as word
from tests.panels.messages import messages
from tests.panels.record import ended, training


def button(panel: ControlsPanel, name: str):
    (found,) = [one for one in panel.widget.children[0].children if f"nbft-{name}" in one._dom_classes]
    return found


def answers(panel: ControlsPanel) -> str:
    return panel.widget.children[2].value


@pytest.mark.parametrize(
    ("name", "command"),
    [("pause", word.Pause), ("evaluate", word.EvaluateNow), ("save", word.SaveNow), ("stop", word.Stop)],
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
    assert not any(one.disabled for one in panel.widget.children[0].children)
    panel.show(training(ended()))
    assert all(one.disabled for one in panel.widget.children[0].children)


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
    for one in ControlsPanel(sent.append).widget.children[0].children:
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
