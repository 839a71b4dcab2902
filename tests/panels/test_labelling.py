from __future__ import annotations

from pathlib import Path

import pytest

from nbft.labelling.journal import Journal, identity
from nbft.labelling.session import Session
from nbft.labelling.texts import Text
from nbft.panels.labelling import Around, LabellingPanel, end, to_html, to_text, view_of
from tests.panels.messages import messages

HTML = '<img src=x onerror="alert(1)">'


@pytest.fixture
def session(place: Path) -> Session:
    texts = [Text(identity(word), word, (number,)) for number, word in enumerate(("a\nb", HTML, "c", "d"))]
    return Session(texts, Journal("numbers", "label"), ["good", HTML])


def around(**more) -> Around:
    return Around("reviews", "text", "label", next_step="%%finetune x", **more)


def answer(session: Session, *labels: str) -> None:
    for label in labels:
        assert session.current is not None
        session.answer(session.current.id, label)


def test_the_page_gets_text_labels_keys_and_counts(session):
    panel = LabellingPanel([].append)
    panel.show(session, around())
    assert (panel.item["text"], panel.item["where"]) == ("a\nb", "row 1")
    assert panel.view["labels"][0] == {"name": "good", "keys": ["1", "g"], "count": 0, "guess": None}
    assert (panel.view["labelled"], panel.view["left"], panel.view["last"]) == (0, 4, None)
    answer(session, "good")
    panel.show(session, around())
    assert panel.item["text"] == HTML
    assert panel.view["last"] == {"did": "good", "text": "a b"}


def test_every_call_tells_the_page_that_it_was_heard_but_sends_the_text_once(session):
    panel = LabellingPanel([].append)
    panel.show(session, around())
    with messages() as sent:
        panel.show(session, around())
    (state,) = [message["state"] for message in sent if message.get("method") == "update"]
    assert list(state) == ["view"]
    assert state["view"]["heard"] == 2


def test_what_the_page_asks_for_is_handed_on(session):
    heard = []
    panel = LabellingPanel(heard.append)
    panel._handle_custom_msg({"do": "undo"}, [])
    assert heard == [{"do": "undo"}]


def test_a_guess_is_told_in_words_and_at_its_label(session):
    sure = {identity("a\nb"): {"good": 0.9961, HTML: 0.0039}}
    view = view_of(session, around(model="judge", guesses=sure))
    assert view["guess"] == "judge guesses good, 99.6%"
    assert [label["guess"] for label in view["labels"]] == [0.9961, 0.0039]
    other = view_of(session, around(model="judge", guesses={identity("a\nb"): {"LABEL_0": 0.6, "LABEL_1": 0.4}}))
    assert other["guess"] == "judge guesses LABEL_0, 60%, which is none of these"


def test_the_end_says_what_was_done(session):
    answer(session, "good", "good", "good")
    session.skip(session.current.id)
    assert end(session) == "3 of 4 texts labelled, 1 skipped"
    session.undo()
    answer(session, HTML)
    assert end(session) == "All 4 texts labelled"
    assert view_of(session, around())["end"] == "All 4 texts labelled"


def test_the_twin_is_a_table_of_escaped_words(session):
    answer(session, "good", HTML)
    html = to_html(session, around(saved="out.csv"))
    assert "reviews: 2 of 4 texts labelled, 2 left" in html
    assert HTML not in html
    assert "&lt;img src=x" in html
    assert "<style" not in html
    assert "run this cell again" in html
    assert "out.csv" in html


def test_the_twin_in_plain_text_names_what_is_left(session):
    answer(session, "good")
    assert to_text(session, around()).splitlines()[0] == "reviews: 1 of 4 texts labelled, 3 left"
