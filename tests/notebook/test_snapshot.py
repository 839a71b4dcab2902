from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from nbft.notebook.snapshot import take_snapshot
from nbft.panels.run_words import MAX_SPEC
from nbft.record.events import RunEnded, Warned
from nbft.record.state import replay
from tests.notebook.recorded import record
from tests.panels.record import ended, evaluated, finished, measured, started, training

ALLOWED = {"div", "p", "b", "br", "img", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details", "summary"}
ALLOWED |= {"pre", "small"}
"""Elements that GitHub, nbviewer and JupyterLab's sanitizer all leave in place."""


class Elements(HTMLParser):
    """Collects elements, and checks that each is closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def place(tmp_path):
    return record(tmp_path)


def test_it_shows_status_best_scores_spec_warnings_and_environment(place):
    state = finished()
    state.see(Warned(message="3 rows have no text.", fix="Look at row 17."))
    said = take_snapshot(state, place)
    for part in ("reviews-001", "Finished", "300 of 300 steps", "Best eval/accuracy: 0.9000 at step 200.", "0.8700"):
        assert part in said.html
        assert part in said.text
    for part in ("starter-encoder", "3 rows have no text.", "Look at row 17.", "torch 2.13.0"):
        assert part in said.html


def test_it_holds_only_what_every_front_end_leaves_in_place(place):
    for tag, attributes in Elements(take_snapshot(finished(), place).html).found:
        assert tag in ALLOWED
        assert set(attributes) <= {"align", "alt", "src", "width", "height"}


def test_charts_are_images_of_whole_svg_documents_with_words_for_those_who_do_not_see_them(place):
    images = [a for tag, a in Elements(take_snapshot(finished(), place).html).found if tag == "img"]
    assert [image["alt"].split(" over")[0] for image in images] == [
        "Loss",
        "Metrics",
        "Learning rate",
        "Early stopping: accuracy",
    ]
    for image in images:
        kind, data = image["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        ET.fromstring(base64.b64decode(data))


def test_a_long_run_stays_small(place):
    losses = [measured(step, 1 / step) for step in range(1, 20_001)]
    evaluations = [evaluated(step, 0.5 + step / 50_000) for step in range(100, 20_001, 100)]
    said = take_snapshot(training(*losses, *evaluations, ended(step=20_000)), place)
    assert len(said.html) < 24_000


def test_text_of_users_and_data_is_shown_as_text(place):
    state = training(
        Warned(message="<script>alert(1)</script>", fix="<img src=x onerror=y>"),
        RunEnded(outcome="failed", reason="", step=1, error={"what": "<i>what</i>", "fix": "<u>fix</u>"}),
    )
    html = take_snapshot(state, place).html
    assert not re.search(r"<(script|img|i|u)\b", html)
    assert "&lt;script&gt;alert(1)" in html


def test_a_failed_run_says_what_and_the_fix(place):
    said = take_snapshot(training(ended("failed", error={"what": "No memory.", "fix": "Less.\nOr more."})), place)
    assert "<b>No memory.</b><br>Less.<br>Or more." in said.html
    assert "No memory.\nLess." in said.text


def test_a_run_that_has_not_begun_has_a_picture_too(place):
    said = take_snapshot(replay(started()[:1]), place)
    assert "reviews-001" in said.html
    assert "<img" not in said.html


def test_a_run_without_its_files_is_shown_all_the_same(place):
    place.spec.unlink()
    place.environment.unlink()
    assert "Finished" in take_snapshot(finished(), place).html


def test_a_spec_that_holds_its_rows_is_cut(place):
    place.spec.write_text("data: " + "x" * 10 * MAX_SPEC)
    assert len(take_snapshot(training(), place).html) < 2 * MAX_SPEC


def test_the_best_value_is_told_once(place):
    reason = "Early stopping: in 3 evaluations, eval/accuracy never got better; its best was 0.9 at step 200."
    said = take_snapshot(training(evaluated(200, 0.9), ended(reason=reason)), place)
    assert reason in said.text
    assert "Best eval/accuracy" not in said.text
