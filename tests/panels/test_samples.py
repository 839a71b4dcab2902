from __future__ import annotations

from nbft.panels.samples import MAX_CHARACTERS, MAX_FOLDED, SamplesPanel, line, to_html, to_text
from nbft.record.events import SampleMade
from nbft.record.state import MAX_SAMPLES, RunState
from tests.panels.messages import messages
from tests.panels.record import planned, training


def made(step: int, text: str, prompt: str = "Once upon a time", reference: str = "") -> SampleMade:
    return SampleMade(step=step, prompt=prompt, text=text, reference=reference)


def panel_of(*said: SampleMade) -> tuple[SamplesPanel, RunState]:
    panel, state = SamplesPanel([].append), training(*said)
    panel.show(state)
    return panel, state


def shown(panel: SamplesPanel) -> str:
    return panel.widget.children[1].value


def chooser(panel: SamplesPanel):
    return panel.widget.children[0].children[1]


def test_without_samples_the_panel_is_hidden():
    panel, state = panel_of()
    assert "nbft-hidden" in panel.widget._dom_classes
    state.see(made(100, " there was a frog."))
    panel.show(state)
    assert "nbft-hidden" not in panel.widget._dom_classes


def test_the_continuation_follows_its_prompt():
    panel, _ = panel_of(made(100, ", a frog\nsang."))
    assert shown(panel) == (
        '<p class="nbft-sample"><span class="nbft-prompt">Once upon a time</span>, a frog\nsang.</p>'
    )


def test_an_end_right_behind_the_prompt_is_told():
    panel, state = panel_of(made(100, ""))
    for said in (shown(panel), to_html(state), to_text(state)):
        assert "(nothing: the text ends here)" in said


def test_a_reference_stands_beside_what_was_said():
    panel, _ = panel_of(made(100, "Ein Frosch.", "A frog.", "Der Frosch."))
    said = shown(panel)
    assert said.index("A frog.") < said.index("Ein Frosch.") < said.index("Der Frosch.")


def test_the_newest_step_is_shown_until_the_user_chooses_another():
    panel, state = panel_of(made(100, " first"), made(200, " second"))
    assert "second" in shown(panel)
    assert "first" not in shown(panel)
    chooser(panel).value = 100
    assert "first" in shown(panel)
    state.see(made(300, " third"))
    panel.show(state)
    assert "first" in shown(panel)
    assert [label for label, _ in chooser(panel).options] == ["step 300, the newest", "step 100", "step 200"]
    chooser(panel).value = "newest"
    assert "third" in shown(panel)


def test_a_step_that_is_kept_no_longer_gives_way_to_the_newest():
    panel, state = panel_of(made(100, " first"), made(200, " second"))
    chooser(panel).value = 100
    for step in range(201, 201 + MAX_SAMPLES):
        state.see(made(step, f" no. {step}"))
    panel.show(state)
    assert f"no. {200 + MAX_SAMPLES}" in shown(panel)


def test_a_chosen_step_that_was_pushed_out_says_where_it_still_stands():
    panel, state = panel_of(made(100, " first"), made(200, " second"))
    chooser(panel).value = 100
    for number in range(MAX_SAMPLES):
        state.see(made(300, " third", f"prompt {number}"))
    panel.show(state)
    assert "What was said at step 100 is in events.jsonl." in shown(panel)
    assert chooser(panel).value == 100


def test_a_state_that_was_shown_before_sends_nothing():
    panel, state = panel_of(made(100, " first"), made(200, " second"))
    with messages() as sent:
        panel.show(state)
    assert sent == []


def test_text_of_the_model_is_shown_as_text():
    evil = "<script>alert(1)</script>\x1b[2J"
    sample = made(100, evil, evil, evil)
    panel, state = panel_of(sample)
    for said in (shown(panel), to_html(state)):
        assert "<script>" not in said
        assert "&lt;script&gt;" in said
    assert "\x1b" not in line(sample)


def test_long_texts_are_cut():
    panel, state = panel_of(made(100, "frog " * 5000))
    assert len(shown(panel)) < 2 * MAX_CHARACTERS
    assert len(to_html(state)) < 2 * MAX_CHARACTERS


def test_the_state_keeps_the_newest_and_says_a_step_once():
    state = training(*(made(step, f" no. {step}") for step in range(1, MAX_SAMPLES + 11)))
    assert len(state.samples) == MAX_SAMPLES
    assert state.samples[0].step == 11
    state.see(made(50, " again"))
    assert [sample.text for sample in state.samples if sample.step == 50] == [" again"]


def test_a_resumed_run_forgets_what_comes_after_its_checkpoint():
    state = training(made(100, " kept"), made(200, " void"))
    state.see(planned(step=150))
    assert [sample.text for sample in state.samples] == [" kept"]


def test_the_static_twin_shows_the_newest_and_folds_the_earlier_ones():
    said = to_html(training(made(100, " first\nline"), made(200, " second")))
    before, folded = said.split("<details>")
    assert "second" in before
    assert "first<br>line" in folded
    assert "Samples of 1 earlier step<" in folded


def test_the_static_twin_of_many_long_samples_stays_small():
    state = training(*(made(step, "frog " * 200) for step in range(1, 101)))
    assert len(to_html(state)) < MAX_FOLDED + 3 * MAX_CHARACTERS


def test_without_samples_there_is_nothing_to_print():
    assert to_html(training()) == to_text(training()) == ""


def test_a_terminal_gets_one_line_a_sample():
    state = training(made(200, ", a\nfrog"), made(200, "Ein Frosch.", "A frog.", "Der Frosch."))
    assert to_text(state).splitlines() == [
        "Samples at step 200:",
        "  Once upon a time ▸ , a frog",
        "  A frog. → Ein Frosch. (wanted: Der Frosch.)",
    ]
