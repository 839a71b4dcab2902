from __future__ import annotations

from nbft.panels.notices import NoticesPanel, why_failed
from nbft.record.events import Warned
from nbft.record.state import replay
from tests.panels.record import ended, started, training


def shown(*events) -> str:
    panel = NoticesPanel([].append)
    panel.show(training(*events))
    return "".join(part.value for part in panel.widget.children)


def test_a_warning_stands_with_what_mends_it():
    said = shown(Warned(message="3 rows have no text.", fix="Look at row 17."))
    assert "3 rows have no text." in said
    assert "Look at row 17." in said


def test_many_warnings_show_the_newest_and_count_the_others():
    said = shown(*(Warned(message=f"warning {n}") for n in range(5)))
    assert "warning 4" in said
    assert "warning 1" not in said
    assert "2 earlier warnings" in said


def test_what_was_decided_for_the_user_is_folded():
    panel = NoticesPanel([].append)
    panel.show(replay(started(notes=["Texts are cut after 58 tokens."])))
    said = "".join(part.value for part in panel.widget.children)
    assert "<details" in said
    assert "1 choice made for you" in said
    assert "Texts are cut after 58 tokens." in said


def test_nothing_to_say_is_empty():
    assert shown() == ""


def test_warnings_are_shown_as_text():
    assert "<script>" not in shown(Warned(message="<script>alert(1)</script>", fix="<img src=x onerror=y>"))
    assert "<img" not in shown(Warned(message="<script>alert(1)</script>", fix="<img src=x onerror=y>"))


def test_only_a_failed_run_has_failed_for_a_reason():
    assert why_failed(training()) is None
    assert why_failed(training(ended())) is None
    assert why_failed(training(ended("failed", reason="no memory", error=None))) == ("no memory", "")
