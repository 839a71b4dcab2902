from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from nbft.clean_text import collapse_whitespace, mask_emails_and_numbers, normalize_unicode, strip_html
from nbft.data.cleaning import EMPTY, CleanedRows, clean_rows
from nbft.data.leaks import drop_leaks, report_leaks
from nbft.data.rows import NothingLeft
from nbft.errors import NbftError
from nbft.functions import Function
from nbft.spec.cleaning import steps_of
from nbft.spec.sections import RunSpec
from nbft.tasks import TASKS
from nbft.tasks.base import Task


def task_of(name: str = "text-classification") -> Task:
    spec = RunSpec.model_validate({"model": "starter-encoder", "task": name, "data": {"train": "none.csv"}})
    return TASKS[name](spec, lambda message, fix: None)


def cleaned(rows: list[dict[str, Any]], *steps: Any, split: str = "train", **functions: Callable) -> CleanedRows:
    task = task_of()
    named = {name: Function(name, "data.clean", call) for name, call in functions.items()}
    return clean_rows(task.standardise(Dataset.from_list(rows), split), task, steps_of(list(steps)), split, named)


def rows_of(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"text": text, "label": label} for text, label in pairs]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Good.<br /><br />Bad &amp; <b>ugly</b>.", "Good.\n\nBad & ugly."),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a < b and x<y, y>z", "a < b and x<y, y>z"),
        ("I <3 it, List<String>, <name>, </3", "I <3 it, List<String>, <name>, </3"),
        ("<script>if (a < b) {}</script>text<style>p {}</style>", "text"),
        ("<!-- a note -->text<!DOCTYPE html>", "text"),
        ("&lt;b&gt; is bold", "<b> is bold"),
        ("<a href='x>y' class=z>link</a>", "link"),
        ("never closed <b", "never closed <b"),
        ("<script>never closed", "<script>never closed"),
    ],
)
def test_html_becomes_the_text_a_browser_shows(html: str, text: str):
    assert strip_html(html) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to a.b-c@mail.example.org.", "Write to <email>."),
        ("Call +1 (555) 123-4567 or 555-123-4567.", "Call <number> or <number>."),
        ("the 2nd wave of covid19, B2B, mp3, v1.2.3", "the 2nd wave of covid19, B2B, mp3, v1.2.3"),
        ("$1,234.56, 5% at 10:30 on 2024-05-31", "$<number>, <number> at <number> on <number>"),
        ("买了3个，价格12.5元", "买了<number>个，价格<number>元"),
        ("1 2 3", "<number> <number> <number>"),
        ("x@y and a @ b", "x@y and a @ b"),
    ],
)
def test_addresses_and_numbers_are_masked_and_words_with_digits_stay(text: str, masked: str):
    assert mask_emails_and_numbers(text) == masked


def test_unicode_is_one_form_without_what_nobody_sees():
    assert normalize_unicode("e\u0301\u200b \ufeffx\x07\u00ad") == "é x"
    assert normalize_unicode("ﬁ １２", "NFKC") == "fi 12"
    assert normalize_unicode("ﬁ １２") == "ﬁ １２"
    assert normalize_unicode("a\u2028b") == "a\nb"


def test_joiners_stay_where_a_script_or_an_emoji_needs_them():
    family, persian = "👨\u200d👩\u200d👧", "می\u200cخواهم"
    assert normalize_unicode(family) == family
    assert normalize_unicode(persian) == persian
    assert normalize_unicode("wo\u200drd") == "word"


_TEXT = st.text(st.one_of(st.characters(), st.sampled_from("<>&;/!-\"'=@.+() \u200b\u200c\u200d\u0301\x00\r\n019abpr")))


@given(_TEXT)
def test_text_steps_take_any_text_and_a_second_time_changes_nothing(text: str):
    for step in (normalize_unicode, collapse_whitespace, mask_emails_and_numbers):
        made = step(text)
        assert step(made) == made
    kompatible = normalize_unicode(text, "NFKC")
    assert normalize_unicode(kompatible, "NFKC") == kompatible


@given(_TEXT)
def test_stripping_html_takes_any_text_and_leaves_text_without_signs_alone(text: str):
    strip_html(text)
    plain = text.replace("<", "").replace("&", "")
    assert strip_html(plain) == plain


@given(
    st.lists(st.sampled_from(["<b>", "</b>", "<br>", "<p>", "x", "<x>", "< ", "<script>", "</script>", "<!--", "-->"]))
)
def test_stripping_html_leaves_no_bold_tag(parts: list[str]):
    made = strip_html("".join(parts))
    assert "<script>" in "".join(parts) or "<!--" in "".join(parts) or "<b>" not in made


def test_steps_run_in_order_and_say_what_they_did():
    made = cleaned(
        rows_of(("Good<br>one", "a"), ("good one", "a"), ("Bad one", "b"), ("<b></b>", "b"), ("bad  one", "a")),
        "strip-html",
        "collapse-whitespace",
        "drop-empty",
        "drop-duplicates",
    )
    assert made.rows["text"][:] == ["Good one", "Bad one", "bad one"]
    assert made.dropped == {"have no text": [3], "repeat an earlier row": [1]}
    assert made.note("train") == (
        "Cleaned 5 train rows: strip-html changed 2; collapse-whitespace changed 2; drop-empty dropped 1; "
        "drop-duplicates dropped 1."
    )


def test_rows_that_contradict_each_other_all_go():
    made = cleaned(rows_of(("x", "a"), ("X ", "b"), ("y", "a"), ("y", "a")), "drop-conflicting")
    assert made.rows["text"][:] == ["y", "y"]
    assert made.dropped == {"contradict another row (same input, other target)": [0, 1]}


def test_near_duplicates_go_unless_their_label_differs():
    long = "the quick brown fox jumps over the lazy dog and runs on into the dark wood"
    made = cleaned(
        rows_of((long, "a"), (long + ".", "a"), (long + "!", "b"), ("other", "a")), {"drop-duplicates": "near"}
    )
    assert made.rows["text"][:] == [long, long + "!", "other"]


def test_long_rows_go_by_characters_or_words():
    rows = rows_of(("one two three", "a"), ("one", "b"))
    assert cleaned(rows, {"drop-longer-than": 12}).rows["text"][:] == ["one"]
    assert cleaned(rows, {"drop-longer-than": "2 words"}).rows["text"][:] == ["one"]
    assert len(cleaned(rows, {"drop-longer-than": "3 words"}).rows) == 2


def test_a_function_changes_texts_and_drops_rows():
    rows = rows_of(("Keep", "a"), ("drop me", "a"), ("spam", "b"), ("Stay", "b"))

    def mine(text: str) -> Any:
        return None if "drop" in text else False if text == "spam" else True if text == "Stay" else text.lower()

    made = cleaned(rows, "$mine", mine=mine)
    assert made.rows["text"][:] == ["keep", "Stay"]
    assert made.dropped == {"were dropped by $mine": [1, 2]}
    assert str(made.steps[0]) == "$mine changed 1 and dropped 2"


def test_a_function_that_returns_something_else_is_named():
    with pytest.raises(NbftError, match=r"\$mine returned a int, not text") as caught:
        cleaned(rows_of(("x", "a"), ("y", "b")), "$mine", mine=len)
    assert caught.value.path == "data.clean"


def test_rows_of_test_are_changed_but_never_dropped_unless_they_are_empty():
    rows = rows_of(("<b>x</b>", "a"), ("x", "a"), ("x", "b"), ("<br>", "b"))
    steps = ("strip-html", "drop-duplicates", "drop-conflicting", {"drop-longer-than": 1}, "$no")
    made = cleaned(rows, *steps, split="test", no=lambda text: None)
    assert made.rows["text"][:] == ["x", "x", "x"]
    assert made.dropped == {EMPTY: [3]}


def test_a_step_that_leaves_nothing_is_refused():
    with pytest.raises(NothingLeft, match="drop-longer-than 1 characters leaves none of the 2 train rows") as caught:
        cleaned(rows_of(("xx", "a"), ("yy", "b")), {"drop-longer-than": 1})
    assert caught.value.path == "data.clean"


def test_numbers_of_dropped_rows_are_those_of_the_rows_given():
    rows = rows_of(*[(f"text {number % 7}", "a") for number in range(50)])
    made = cleaned(rows, {"drop-longer-than": 100}, "$even", "drop-duplicates", even=lambda text: text != "text 3")
    gone = sorted(row for numbers in made.dropped.values() for row in numbers)
    kept = [row for row in range(50) if row not in gone]
    assert [rows[row]["text"] for row in kept] == made.rows["text"][:]


def test_answers_of_questions_keep_their_place_and_lost_ones_can_be_dropped():
    task = task_of("question-answering")
    rows = Dataset.from_list(
        [
            {"question": "Who?", "context": "<b>It</b> was Ann.", "answers": {"text": ["Ann"], "answer_start": [14]}},
            {"question": "When?", "context": "It was noon.", "answers": {"text": ["noon"], "answer_start": [7]}},
        ]
    )
    standard = task.standardise(rows, "train")
    made = clean_rows(standard, task, steps_of(["strip-html"]), "train", {}).rows
    assert made["context"][:] == ["It was Ann.", "It was noon."]
    drop = {"drop": Function("drop", "data.clean", lambda text: "noon" not in text)}
    assert clean_rows(standard, task, steps_of(["$drop"]), "train", drop).rows["question"][:] == ["Who?"]


def test_messages_are_cleaned_and_a_row_goes_by_one_of_them():
    task = task_of("chat")

    def talk(asked: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": "<i>Yes</i>"}]}

    standard = task.standardise(Dataset.from_list([talk("<b>Hi</b>"), talk("secret")]), "train")
    drop = {"safe": Function("safe", "data.clean", lambda text: "secret" not in text)}
    made = clean_rows(standard, task, steps_of(["strip-html", "$safe"]), "train", drop)
    assert list(task.texts(made.rows)) == ["Hi", "Yes"]
    assert made.dropped == {"were dropped by $safe": [1]}


def test_words_are_cleaned_one_by_one_under_their_tags():
    task = task_of("token-classification")
    rows = Dataset.from_list(
        [{"tokens": ["Ann", "paid", "30", "&amp;", "left"], "tags": ["B-PER", "O", "O", "O", "O"]}]
    )
    standard = task.standardise(rows, "train")
    made = clean_rows(standard, task, steps_of(["strip-html", "mask-emails-and-numbers"]), "train", {}).rows
    assert made["text"][0] == "Ann paid <number> & left"
    assert made["tags"][0] == ["B-PER", "O", "O", "O", "O"]


def splits() -> dict[str, Dataset]:
    def made(*texts: str) -> Dataset:
        return Dataset.from_dict({"text": list(texts), "label": ["a"] * len(texts)})

    return {
        "train": made("one", "Two", "three", "two"),
        "validation": made("TWO ", "four"),
        "test": made("three", "five"),
    }


def test_leaks_are_warned_of_with_their_count_and_what_mends_them():
    warned = []
    assert report_leaks(task_of(), splits(), lambda what, fix: warned.append((what, fix))) == {
        "validation": 1,
        "test": 1,
    }
    what, fix = warned[0]
    assert what == "1 of 2 validation rows (50.0%) stand in train too: a model knows them by heart."
    assert fix == "The first of them: row 1. Write   clean: [drop-leaks]   in 'data' to leave them out of train."


def test_leaks_are_dropped_from_train_alone():
    train, dropped = drop_leaks(task_of(), splits())
    assert train["text"][:] == ["one"]
    assert dropped == {"stand in validation too": [1, 3], "stand in test too": [2]}
    assert report_leaks(task_of(), {**splits(), "train": train}, _refuse) == {"validation": 0, "test": 0}


def _refuse(what: str, fix: str) -> None:
    raise AssertionError(what)


def test_twenty_thousand_rows_keep_one_of_each():
    numbers = np.random.default_rng(1).integers(0, 10_000, 20_000)
    task = task_of()
    rows = Dataset.from_dict({"text": [f"row <b>{number}</b>" for number in numbers], "label": ["a"] * 20_000})
    made = clean_rows(rows, task, steps_of(["strip-html", "drop-duplicates"]), "train", {})
    assert len(made.rows) == len(set(numbers.tolist()))
