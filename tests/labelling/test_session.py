from __future__ import annotations

import threading

import pytest

from nbft.labelling.journal import Journal, identity
from nbft.labelling.session import Session
from nbft.labelling.texts import Text
from nbft.record.journal import JournalFull
from tests.labelling.conftest import WORDS, texts_of


def shown(session: Session) -> str | None:
    return session.current.text if session.current else None


def answer(session: Session, label) -> None:
    assert session.current is not None
    assert session.answer(session.current.id, label)


def skip(session: Session) -> None:
    assert session.current is not None
    assert session.skip(session.current.id)


def labels(session: Session) -> dict[str, object]:
    return {t.text: session.label_of(t) for t in session.texts.values() if session.label_of(t) is not None}


def test_each_answer_leads_to_the_next_text(start):
    session = start()
    assert (shown(session), session.left) == ("one", 5)
    answer(session, "odd")
    answer(session, "even")
    assert shown(session) == "three"
    assert labels(session) == {"one": "odd", "two": "even"}
    assert (session.labelled, session.skipped, session.left) == (2, 0, 3)
    assert session.counts == {"odd": 1, "even": 1}


def test_a_key_pressed_twice_labels_nothing_unseen(start):
    session = start()
    first = session.current.id
    assert session.answer(first, "odd")
    assert not session.answer(first, "odd")
    assert not session.skip(first)
    assert session.labelled == 1


def test_a_restart_goes_on_where_it_was(start):
    session = start()
    answer(session, "odd")
    skip(session)
    answer(session, "odd")
    again = start()
    assert (shown(again), again.resumed) == ("four", 2)
    assert labels(again) == {"one": "odd", "three": "odd"}
    assert (again.labelled, again.skipped, again.left) == (2, 1, 2)


def test_reordered_added_and_missing_rows_find_their_labels(start):
    session = start()
    answer(session, "odd")
    answer(session, "even")
    again = start("six", "two", "five", "one")
    assert labels(again) == {"one": "odd", "two": "even"}
    assert (shown(again), again.left) == ("six", 2)
    assert labels(start("two")) == {"two": "even"}


def test_undo_goes_back_to_the_very_first_answer_also_after_a_restart(start):
    session = start()
    for label in ("odd", "even", "odd"):
        answer(session, label)
    session = start()
    for word in ("three", "two", "one"):
        assert session.undo().text == word
        assert shown(session) == word
    assert session.undo() is None
    assert labels(session) == {}
    assert start().left == 5


def test_undo_brings_back_what_an_answer_took_the_place_of(start):
    session = start()
    answer(session, "odd")
    again = start(every=True)
    for _ in range(4):
        answer(again, "even")
    assert shown(again) == "one"
    answer(again, "even")
    assert labels(again)["one"] == "even"
    again.undo()
    assert labels(again)["one"] == "odd"
    assert labels(start())["one"] == "odd"


def test_a_label_that_the_table_has_from_us_is_still_undone(place, start):
    answer(start(), "odd")
    relabelled = [Text(identity("one"), "one", (0,), before="odd"), *texts_of("two")]
    session = Session(relabelled, Journal("numbers", "label"), ["odd", "even"])
    session.undo()
    assert labels(session) == {}


def test_a_skip_is_undone_and_skipped_texts_come_again_when_asked_for(start):
    session = start("one", "two")
    skip(session)
    assert session.undo().text == "one"
    assert session.skipped == 0
    skip(session)
    skip(session)
    assert (shown(session), session.skipped) == (None, 2)
    session.show_skipped()
    assert (shown(session), session.skipped) == ("one", 0)
    skip(session)
    answer(session, "even")
    assert start("one", "two").skipped == 1


def test_labels_of_the_table_count_and_are_shown_again_only_when_asked_for(place):
    texts = [Text("a", "done", (0,), before="odd"), Text("b", "new", (1,))]
    session = Session(texts, Journal("numbers", "label"), ["odd"])
    assert (shown(session), session.labelled, session.left, session.resumed) == ("new", 1, 1, 1)
    every = Session(texts, Journal("numbers", "label"), ["odd"], every=True)
    assert (shown(every), every.left) == ("new", 2)
    skip(every)
    assert shown(every) == "done"
    skip(every)
    assert (every.left, every.labelled, every.skipped) == (0, 1, 1)


def test_a_new_label_is_there_after_a_restart(start):
    session = start()
    session.add_label("prime")
    session.add_label("prime")
    answer(session, "prime")
    again = start()
    assert again.labels == ["odd", "even", "prime"]
    assert (again.counts["prime"], again.unasked) == (1, {})


def test_labels_that_nobody_asked_for_are_told_and_can_be_chosen(start):
    answer(start(), "odd")
    again = start(labels=("good", "bad"))
    assert again.labels == ["good", "bad", "odd"]
    assert again.unasked == {"odd": 1}


def test_several_labels_keep_the_order_of_the_labels_and_may_be_none(start):
    session = start(many=True)
    answer(session, ["even", "odd"])
    answer(session, [])
    assert labels(session) == {"one": ["odd", "even"], "two": []}
    assert labels(start(many=True)) == {"one": ["odd", "even"], "two": []}
    assert labels(start()) == {}, "two labels fit into no session of one"


def test_columns_of_one_journal_do_not_mix(place, start):
    answer(start(), "odd")
    other = Session(texts_of(*WORDS), Journal("numbers", "size"), ["small"])
    assert other.labelled == 0
    answer(other, "small")
    assert labels(start()) == {"one": "odd"}


def test_a_torn_last_line_is_no_error_and_swallows_no_answer(start):
    session = start()
    answer(session, "odd")
    answer(session, "even")
    with session.journal.path.open("ab") as file:
        file.write(b'{"time": 1.0, "do": "label", "column": "label", "id')
    again = start()
    assert labels(again) == {"one": "odd", "two": "even"}
    answer(again, "odd")
    assert labels(start()) == {"one": "odd", "two": "even", "three": "odd"}


def test_an_answer_is_one_line_written_at_once(start):
    session = start()
    for done in range(1, 4):
        answer(session, "odd")
        assert len(session.journal.path.read_bytes().splitlines()) == done


def test_an_answer_that_cannot_be_written_is_not_taken(start, monkeypatch):
    session = start()

    def full(*_):
        raise JournalFull(28, "No space left on device")

    monkeypatch.setattr("nbft.labelling.journal.append", full)
    with pytest.raises(JournalFull):
        session.answer(session.current.id, "odd")
    assert (shown(session), session.labelled) == ("one", 0)


def test_two_notebooks_label_the_same_texts(start):
    here, there = start(), start()
    answer(here, "odd")
    assert shown(there) == "one"
    skip_one = there.current.id
    there.answer(skip_one, "odd")
    answer(here, "even")
    answer(there, "even")
    assert labels(start()) == {"one": "odd", "two": "even"}


def test_the_order_changes_but_not_the_text_on_the_screen(start):
    session = start()
    session.put_in_order([identity(word) for word in ("five", "one", "four", "three", "two")])
    seen = []
    while session.current is not None:
        seen.append(shown(session))
        answer(session, "odd")
    assert seen == ["one", "five", "four", "three", "two"]


def test_threads_lose_no_answer(start):
    words = tuple(f"text {number}" for number in range(200))
    session = start(*words)

    def work():
        while (current := session.current) is not None:
            session.answer(current.id, "odd")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.counts == {"odd": 200, "even": 0}
    assert len(session.journal.path.read_bytes().splitlines()) == 200
    assert start(*words).labelled == 200


def test_the_rate_is_of_answers_without_pauses(start):
    session = start()
    assert session.per_minute is None
    session._times = [0.0, 3.0, 6.0, 1000.0, 1003.0, 1006.0]
    assert session.per_minute == pytest.approx(20)
