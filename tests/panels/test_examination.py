from __future__ import annotations

import base64
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from nbft.panels import confusion
from nbft.panels.examination import ExaminationPanel, counting, to_html, to_text
from nbft.panels.examination_page import parts_of, to_page
from nbft.record.events import Examined
from nbft.record.examination import (
    Answered,
    Examination,
    LabelCount,
    Mistake,
    TaggedWords,
    TakenFor,
    read_examination,
    write_examination,
)
from nbft.record.state import MAX_EXAMINED, RunState
from tests.panels.messages import messages
from tests.panels.record import evaluated, planned, training

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LOOK = Examination(
    rows=40,
    wrong=10,
    taken_for=TakenFor(["bad", "good"], [[18, 2], [8, 12]]),
    mistakes=[Mistake("a warm film", "good", "bad", 0.9731)],
)
ALL = Examination(
    rows=40,
    wrong=10,
    taken_for=TakenFor([EVIL, "good"], [[18, 2], [8, 12]]),
    label_counts=[LabelCount(EVIL, 1, 2, 3)],
    mistakes=[Mistake(EVIL, EVIL, EVIL, 0.97)],
    tagged=[TaggedWords([EVIL, "x"], ["B-PER", EVIL], ["O", "O"])],
    answered=[Answered(EVIL, f"in {EVIL} or", [EVIL], EVIL, [3, 10], [5, 12])],
    points=[[1.0, 2.0], [3.0, 2.5]],
)


def looked(folder: Path, step: int, examination: Examination = LOOK, split: str = "eval") -> Examined:
    file = f"{split}-{step}.json"
    write_examination(examination, folder / file)
    return Examined(step=step, file=file, split=split)


def panel_of(folder: Path, *said: Examined) -> tuple[ExaminationPanel, RunState]:
    panel, state = ExaminationPanel([].append, folder), training(*said)
    panel.show(state)
    return panel, state


def shown(panel: ExaminationPanel) -> str:
    return panel.widget.children[1].value


def chooser(panel: ExaminationPanel):
    return panel.widget.children[0].children[1]


def test_what_is_kept_is_read_back(tmp_path):
    write_examination(ALL, tmp_path / "x" / "eval-1.json")
    assert read_examination(tmp_path / "x" / "eval-1.json") == ALL


def test_a_file_of_a_later_version_is_read_and_a_broken_one_is_none(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"rows": 3, "news": [1]}))
    (tmp_path / "b.json").write_text('{"rows": 3, "mis')
    assert read_examination(tmp_path / "a.json") == Examination(rows=3)
    assert read_examination(tmp_path / "b.json") is None


def test_without_a_closer_look_the_panel_is_hidden(tmp_path):
    panel, state = panel_of(tmp_path)
    assert "nbft-hidden" in panel.widget._dom_classes
    state.see(looked(tmp_path, 100))
    panel.show(state)
    assert "nbft-hidden" not in panel.widget._dom_classes
    assert "10 of 40 rows wrong (25.0%)." in shown(panel)
    assert "good taken for bad: 8 rows" in shown(panel)


def test_the_newest_is_shown_until_the_user_chooses_another_and_test_rows_come_last(tmp_path):
    first, second = Examination(rows=1, wrong=1), Examination(rows=2, wrong=1)
    panel, state = panel_of(tmp_path, looked(tmp_path, 100, first), looked(tmp_path, 200, second))
    assert "1 of 2 rows" in shown(panel)
    chooser(panel).value = (False, 100)
    assert "1 of 1 row " in shown(panel)
    state.see(looked(tmp_path, 100, LOOK, "test"))
    panel.show(state)
    assert "1 of 1 row " in shown(panel)
    labels = [label for label, _ in chooser(panel).options]
    assert labels == ["step 100, test rows, the newest", "step 100", "step 200"]
    chooser(panel).value = "newest"
    assert "10 of 40" in shown(panel)


def test_a_state_that_was_shown_before_sends_nothing_and_reads_no_file(tmp_path):
    panel, state = panel_of(tmp_path, looked(tmp_path, 100))
    (tmp_path / "eval-100.json").unlink()
    with messages() as sent:
        panel.show(state)
    assert sent == []


def test_a_file_that_is_gone_is_told(tmp_path):
    panel, _ = panel_of(tmp_path, Examined(step=5, file="eval-5.json"))
    assert "is gone" in shown(panel)


def test_text_of_data_is_shown_as_text(tmp_path):
    panel, state = panel_of(tmp_path, looked(tmp_path, 100, ALL))
    for said in (shown(panel), to_html(state, tmp_path), confusion.to_picture(TakenFor([EVIL], [[1]]))):
        assert "<script" not in said
        assert "<img src=x" not in said


def test_words_in_a_terminal_move_no_cursor(tmp_path):
    look = Examination(rows=1, wrong=1, mistakes=[Mistake("\x1b[2J", "a", "b", 0.5)])
    _, state = panel_of(tmp_path, looked(tmp_path, 100, look))
    assert "\x1b" not in to_text(state, tmp_path)


def test_the_static_twin_shows_the_test_rows_or_the_best_step(tmp_path):
    saved = [looked(tmp_path, 100), looked(tmp_path, 200), looked(tmp_path, 300)]
    state = training(evaluated(100, 0.7), evaluated(200, 0.9), evaluated(300, 0.8), *saved)
    assert counting(state) == saved[1]
    assert "A closer look at step 200: 10 of 40 rows wrong" in to_html(state, tmp_path)
    tested = looked(tmp_path, 200, LOOK, "test")
    state.see(tested)
    assert counting(state) == tested


def test_the_static_twin_keeps_no_style_and_no_script_and_is_small(tmp_path):
    count = 50
    names = [f"a label with a long name {i}" for i in range(count)]
    matrix = TakenFor(names, [[(i * j) % 7 for j in range(count)] for i in range(count)])
    rows = [Mistake("word " * 80, "a", "b", 0.9)] * 20
    _, state = panel_of(tmp_path, looked(tmp_path, 1, Examination(1000, 20, matrix, mistakes=rows)))
    said = to_html(state, tmp_path)
    assert len(said) < 80_000
    assert "style=" not in said
    assert "class=" not in said


def test_the_picture_is_whole_svg_and_tells_all_numbers():
    taken = TakenFor(["bad", "good"], [[18, 2], [8, 12]])
    numbers = [e.text for e in ET.fromstring(confusion.to_picture(taken)).iter() if (e.text or "").isdigit()]
    assert numbers == ["18", "2", "8", "12"]
    assert "30 of 40 rows right" in confusion.describe(taken)


def test_numbers_beside_the_true_ones_are_drawn(tmp_path):
    look = Examination(rows=3, points=[[0, 0.1], [5, 4.0], [10, 10]], mistakes=[Mistake("t", "5", "4")])
    page = to_page(look)
    assert page.count("<circle") == 3
    assert "The farthest off" in page
    _, state = panel_of(tmp_path, looked(tmp_path, 1, look))
    data = to_html(state, tmp_path).split("base64,")[1].split('"')[0]
    ET.fromstring(base64.b64decode(data))


def test_places_of_answers_may_overlap():
    row = Answered("q", "0123456789", ["2345"], "4567", [2, 6], [4, 8])
    assert list(parts_of(row)) == [
        ("01", False, False),
        ("23", True, False),
        ("45", True, True),
        ("67", False, True),
        ("89", False, False),
    ]


def test_the_state_keeps_the_newest_and_forgets_what_an_attempt_that_was_cut_off_did():
    state = training(*(Examined(step=s, file=f"eval-{s}.json") for s in range(1, MAX_EXAMINED + 6)))
    assert len(state.examined) == MAX_EXAMINED
    state.see(planned(step=50))
    assert max(one.step for one in state.examined) == 50


@pytest.mark.parametrize(("right", "sentence"), [(0, "10 of 10 rows wrong (100.0%)."), (10, "All 10 rows right.")])
def test_how_much_went_wrong_is_a_sentence(right, sentence):
    assert sentence in to_page(Examination(rows=10, wrong=10 - right))
