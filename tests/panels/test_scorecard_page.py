"""The scorecard's page: every part from a real evaluation, escaped, small, without scripts, and readable without styles."""

from __future__ import annotations

import base64
import dataclasses
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from sklearn.metrics import accuracy_score

from nbft.panels.base import text
from nbft.panels.scorecard_page import page, to_html
from nbft.panels.scorecard_pictures import reliability_picture, systems_picture
from nbft.panels.scorecard_text import to_text
from nbft.panels.scorecard_words import best_of, cut, value
from nbft.record.scorecard import (
    Confusion,
    Flip,
    Flips,
    Gate,
    MetricNote,
    Mistake,
    Score,
    Scorecard,
    Slice,
    System,
    from_json,
    to_json,
)
from tests.panels.scorecards import predictions, reviews_card

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>\x1b[31m"
SVG = "{http://www.w3.org/2000/svg}"


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def card() -> Scorecard:
    return reviews_card()


def pictures(html: str) -> list[ET.Element]:
    return [ET.fromstring(base64.b64decode(data)) for data in re.findall(r"base64,([\w+/=]+)", html)]


def test_the_finding_in_words_comes_first(card: Scorecard):
    html = to_html(card, "reviews against base")
    assert html.index(text(card.comparisons[0].verdict)) < html.index("<table")
    assert to_text(card).startswith(card.comparisons[0].verdict)


def test_several_metrics_are_told_apart_in_the_findings(card: Scorecard):
    more = dataclasses.replace(card.comparisons[0], metric="f1", verdict="reviews beats base by 3 points")
    html = to_html(dataclasses.replace(card, comparisons=[more, *card.comparisons]))
    first, second = (f"accuracy: {text(card.comparisons[0].verdict)}.", "f1: reviews beats base by 3 points.")
    assert 0 < html.index(first) < html.index(second)


def test_what_cannot_be_told_says_of_whom(card: Scorecard):
    unknown = dataclasses.replace(card.comparisons[0], verdict="no difference can be told with 40 rows")
    assert "reviews against base: no difference can be told with 40 rows." in to_html(
        dataclasses.replace(card, comparisons=[unknown])
    )


def test_without_a_comparison_the_score_itself_is_the_finding(card: Scorecard):
    alone = dataclasses.replace(card, comparisons=[], systems=card.systems[:1])
    test, found = predictions()
    said = ["positive" if p > 0.5 else "negative" for p in found["reviews"]]
    accuracy = accuracy_score([row["label"] for row in test], said)
    assert f"reviews has accuracy {accuracy:.3f} (95% CI " in to_html(alone)


def test_every_part_is_shown_and_empty_ones_are_left_out(card: Scorecard):
    heads = re.findall(r"<h4>(.*?)</h4>", to_html(card))
    wanted = [
        "Scores",
        "By topic",
        "What was taken for what",
        "Sure and right",
        "Won and lost",
        "Most confident mistakes",
    ]
    assert heads == [*wanted, "To know when reading this"]
    bare = Scorecard("chat", "data", "$rows", 3, systems=[System("chatty", "run", scores={"perplexity": Score(12.5)})])
    assert re.findall(r"<h4>(.*?)</h4>", to_html(bare)) == ["Scores"]
    assert to_text(bare).startswith("chatty has perplexity 12.5 (n = 3).")


def test_the_best_of_all_is_bold_also_where_lower_is_better(card: Scorecard):
    assert best_of(card, card.metrics[0]) == {"reviews"}
    other = dataclasses.replace(card.metrics[0], lower_is_better=True)
    assert best_of(card, other) == {"majority"}
    assert "accuracy ↓" in to_html(dataclasses.replace(card, metrics=[other]))
    row = re.findall(r"<tr>.*?</tr>", to_html(card))[1]
    assert f"<b>{card.systems[0].scores['accuracy'].value:.3f}</b>" in row


def test_confusions_are_counts_and_shares(card: Scorecard):
    html = to_html(card)
    for counts in card.confusions[0].counts:
        for count in counts:
            assert f"{count:,}" in html
            assert f"{count / sum(counts):.0%}" in html


def test_many_labels_become_a_list_of_the_commonest_confusions(card: Scorecard):
    labels = [f"label {i}" for i in range(40)]
    counts = [[(90 if i == j else 5 if (i, j) == (3, 7) else 0) for j in range(40)] for i in range(40)]
    html = to_html(dataclasses.replace(card, confusions=[Confusion("reviews", labels, counts)], slices=[]))
    assert '<td align="left">label 3</td><td align="left">label 7</td><td align="right">5</td>' in html
    assert "label 20" not in html


def test_gates_say_whether_they_are_met(card: Scorecard):
    html = to_html(card)
    assert "✓ met</b> <code>accuracy &gt;= 0.7</code>" in html
    assert "✕ not met</b> <code>accuracy &gt;= 0.99</code>" in html
    assert "nbft-head nbft-warn" in html
    assert "✕ not met: accuracy >= 0.99, reviews" in to_text(card)


def test_pictures_are_whole_svg_with_the_numbers_in_words(card: Scorecard):
    found = pictures(to_html(card))
    assert len(found) == 4
    accuracy = found[0]
    assert accuracy.findtext(f"{SVG}title", "").startswith("accuracy: reviews 0.7")
    assert len(accuracy.findall(f"{SVG}circle")) == len(card.systems)
    sure = ET.fromstring(
        base64.b64decode(re.findall(r"base64,([\w+/=]+)", reliability_picture(card.calibrations[0]))[0])
    )
    assert len(sure.findall(f"{SVG}circle")) == len(card.calibrations[0].bins)
    assert f"ECE {card.calibrations[0].expected_error:.3f}" in "".join(sure.itertext())


def test_a_lone_system_or_one_without_an_interval_is_drawn_or_left_out():
    one = Scorecard("t", "test", "", 5, systems=[System("a", "run", scores={"bleu": Score(30.0)})])
    assert systems_picture(one, MetricNote("bleu")) == ""
    two = dataclasses.replace(one, systems=[*one.systems, System("b", "run", scores={"bleu": Score(30.0, 29.0, 31.0)})])
    assert len(pictures(systems_picture(two, MetricNote("bleu")))) == 1


def evil_card() -> Scorecard:
    """Returns a card whose every text wants to be more than text."""
    gate = Gate(EVIL, EVIL, False, EVIL)
    flips = Flips(EVIL, "b", 1, 2, [Flip(EVIL, "b", 1, EVIL, EVIL, EVIL, EVIL)])
    scores = {EVIL: Score(0.5, 0.4, 0.6)}
    systems = [System(EVIL, "run", EVIL, scores), System("b", "baseline", EVIL, scores)]
    comparison = dataclasses.replace(reviews_card().comparisons[0], a=EVIL, metric=EVIL, verdict=EVIL, test=EVIL)
    found = reviews_card().calibrations[0]
    return Scorecard(
        EVIL,
        EVIL,
        EVIL,
        1,
        [MetricNote(EVIL, EVIL, EVIL)],
        systems,
        [comparison],
        [Slice(EVIL, EVIL, 1, {EVIL: scores})],
        [Confusion(EVIL, [EVIL, "b"], [[1, 2], [3, 4]])],
        [dataclasses.replace(found, system=EVIL)],
        [Mistake(EVIL, 1, EVIL, EVIL, EVIL, 0.9)],
        [flips],
        [gate],
        [EVIL],
    )


def test_text_of_data_is_text_whatever_it_says():
    made = page(evil_card(), EVIL)
    tags = Tags(made["text/html"])
    assert {tag for tag, _ in tags.found} & {"script", "iframe"} == set()
    assert not any(name.startswith("on") for _, attributes in tags.found for name in attributes)
    sources = [str(attributes["src"]) for tag, attributes in tags.found if tag == "img"]
    assert sources
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert sum("<script>alert('x')</script>" in words for words in tags.words) > 20
    for svg in pictures(made["text/html"]):
        assert {element.tag for element in svg.iter()} <= {
            f"{SVG}{tag}" for tag in ("svg", "title", "text", "path", "circle")
        }
    assert "\x1b" not in made["text/html"] + made["text/plain"]


def test_a_page_of_very_many_rows_and_systems_stays_below_200_kb(card: Scorecard):
    names = [f"system {i}" for i in range(6)]
    long = "<" * 20_000
    scores = card.systems[0].scores
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    large = Scorecard(
        "text-classification",
        "test",
        "rows",
        100_000,
        card.metrics,
        [System(name, "run", long, scores) for name in names],
        [dataclasses.replace(card.comparisons[0], a=a, b=b, verdict=f"{a} beats {b}") for a, b in pairs],
        [Slice(by, f"{i}", i, dict.fromkeys(names, scores)) for by in ("label", "length") for i in range(300)],
        [Confusion(name, [f"l{i}" for i in range(150)], [[1] * 150] * 150) for name in names],
        [dataclasses.replace(card.calibrations[0], system=name) for name in names],
        [Mistake(name, i, long, long, long, 0.9) for name in names for i in range(100)],
        [Flips(a, b, 50, 50, [Flip(a, b, i, long, long, long, long) for i in range(50)]) for a, b in pairs],
        notes=[long] * 20,
    )
    html = page(large, "all")["text/html"]
    assert len(html.encode()) < 200_000
    assert "… (20,000 characters)" in html
    assert "and 292 slices with fewer rows" in html


def test_the_page_is_the_same_after_its_way_through_the_file(card: Scorecard):
    assert page(from_json(to_json(card)), "x") == page(card, "x")


def test_numbers_have_the_digits_that_their_intervals_need():
    assert [value(v) for v in (0.75512, 12.345, 31.26, 1234.5, None)] == ["0.755", "12.3", "31.3", "1,234", "–"]
    assert cut("a" * 300, 280) == "a" * 280 + "… (300 characters)"
