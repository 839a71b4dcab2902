"""The data check-up as a page, as text and as a panel: escaped, without scripts, and readable without styles."""

from __future__ import annotations

import base64
import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nbft.notebook.snapshot import take_snapshot
from nbft.panels.base import HERE
from nbft.panels.data_check import DataCheckPanel
from nbft.panels.data_page import page, to_html
from nbft.panels.data_pictures import labels_picture, lengths_picture
from nbft.panels.data_text import to_text, verdict
from nbft.record.data_check import (
    DataCheck,
    Example,
    Finding,
    Fit,
    Histogram,
    Lengths,
    SeenRow,
    SplitCheck,
    Token,
)
from nbft.record.events import DataChecked
from nbft.record.folder import RunFolder
from nbft.record.state import replay

BARE = {"nbft-data", "nbft-label"}
"""Classes that others may begin a rule with: what follows it there is not in the page."""
EVIL = "<script>alert('x')</script>\x1b[31m"
LENGTHS = Lengths(
    Histogram([0, 16, 32, 48, 64], [10, 60, 20, 6], 4),
    "rows",
    100,
    48,
    10,
    300,
    2600,
    {"half": 22, "90%": 40, "99%": 60, "longest": 210},
)


def a_split(name: str = "train", **changes) -> SplitCheck:
    split = SplitCheck(
        name,
        100,
        {"good": 60, EVIL: 40},
        lengths=LENGTHS,
        fit=Fit(100, 2000, 140, 1500, ["绍"]),
        scripts={"Latin": 1.0},
        languages={"English": 0.9, "German": 0.1},
        languages_of=80,
    )
    return dataclasses.replace(split, **changes)


@pytest.fixture
def check() -> DataCheck:
    tokens = [
        Token("[CLS]", "s"),
        Token(EVIL, "l", "B-X"),
        Token("[UNK]", "u"),
        Token("1,204 tokens", "g"),
        Token("·the"),
    ]
    findings = [
        Finding(
            "warn",
            "leaks",
            f"Texts that stand in train too: {EVIL}",
            "data:\n  clean: [drop-leaks]",
            [Example("test", 1204, EVIL, EVIL)],
        ),
        Finding("note", "cut texts", "Longer than 48 tokens: 10 of 100.", "The model reads no more: take another."),
        Finding("ok", "duplicates", "No row stands twice in a split."),
    ]
    seen = [SeenRow(7, tokens, 1208, 1, EVIL), SeenRow(9, tokens, 5, 2, "x", [Token("Haus", "l")])]
    return DataCheck("text-classification", [a_split(), a_split("test")], findings, seen, ["Only a part."], seconds=0.4)


class Balance(HTMLParser):
    """Finds out whether every tag is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_text_of_the_data_is_escaped(check):
    made = page(check, EVIL)["text/html"]
    parser = Balance()
    parser.feed(made)
    assert parser.open == []
    assert "script" not in parser.seen
    assert "\x1b" not in made
    assert "http" not in re.sub(r"base64,[^\"]*", "", made)  # it needs nothing from anywhere
    assert len(made) < 60_000


def test_what_weighs_most_comes_first_with_what_mends_it(check):
    made = to_html(check, "reviews")
    assert (
        made.index("1 thing to mend before training: leaks")
        < made.index("What was found")
        < made.index("1 thing in order")
    )
    assert made.index("<b>leaks</b>") < made.index("<b>cut texts</b>")
    assert '<pre class="nbft-fix">data:\n  clean: [drop-leaks]</pre>' in made
    assert '<p class="nbft-mend">The model reads no more: take another.</p>' in made
    assert "test row 1,204" in made


def test_learnt_tokens_are_told_by_more_than_a_class(check):
    made = to_html(check)
    assert "<ins>&lt;script&gt;" in made
    assert "<sub>B-X</sub>" in made
    assert "<i>[CLS]</i>" in made
    assert "<del>[UNK]</del>" in made
    assert "… 1,204 tokens …" in made
    assert '→ <kbd class="nbft-learnt"><ins>Haus</ins></kbd>' in made


def test_pictures_say_in_words_what_they_show(check):
    labels, lengths = labels_picture(check), lengths_picture(check)
    assert 'alt="Labels of train: good 60, &lt;script' in labels
    assert "limit 48, 10 of 100 rows are longer" in lengths
    for picture in (labels, lengths):
        svg = base64.b64decode(re.findall(r"base64,([^\"]+)", picture)[0]).decode()
        assert "<script" not in svg
        assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_a_histogram_names_its_axes(check):
    def words(picture: str) -> list[str]:
        svg = base64.b64decode(re.findall(r"base64,([^\"]+)", picture)[0]).decode()
        return re.findall(r">([^<]+)</text>", svg)

    of_numbers = dataclasses.replace(check, splits=[a_split(labels={}, numbers=Histogram([0.0, 2.5, 5.0], [30, 40]))])
    assert {"rows", "0", "20", "label"} <= set(words(labels_picture(of_numbers)))
    assert {"rows", "tokens"} <= set(words(lengths_picture(check)))


def test_styles_of_other_panels_do_not_reach_the_page(check):
    """All panels of a notebook share one page, and so their classes; in the dashboard the page has no head."""
    for html, within in ((to_html(check, "x"), ""), (to_html(check), r"\.nbft-dashboard ")):
        classes = {name for names in re.findall(r'class="([^"]+)"', html) for name in names.split()} - BARE
        assert "nbft-tokens" in classes
        for file in set(HERE.glob("*.css")) - {HERE / "data.css"}:
            rules = set(re.findall(rf"^{within}\.([\w-]+)", file.read_text(encoding="utf-8"), re.MULTILINE))
            assert not classes & rules, file.name


def test_numbers_have_a_picture_and_other_tasks_none(check):
    of_numbers = dataclasses.replace(check, splits=[a_split(labels={}, numbers=Histogram([0.0, 2.5, 5.0], [3, 4]))])
    assert "numbers from 0 to 5" in labels_picture(of_numbers)
    assert "numbers from 0 to 5" in to_text(of_numbers, "x")
    without = dataclasses.replace(check, splits=[a_split(labels={})])
    assert labels_picture(without) == ""
    assert "label " not in to_text(without, "x")


def test_many_labels_are_shown_in_part_and_counted(check):
    many = {f"label {i}": 100 - i for i in range(24)}
    made = dataclasses.replace(check, splits=[a_split(labels=many, more_labels=30)])
    svg = base64.b64decode(re.findall(r"base64,([^\"]+)", labels_picture(made))[0]).decode()
    assert "and 44 rarer labels" in svg
    assert "and 42 rarer labels" in to_text(made, "x")


def test_the_text_is_for_a_terminal(check):
    made = to_text(check, "reviews")
    lines = made.split("\n")
    assert lines[0] == "reviews: 1 thing to mend before training: leaks (1 warning, 1 note)"
    assert re.search(r"^split +rows +tokens: half", made, re.MULTILINE)
    assert re.search(r"^train +100 +22 +40 +60 +210 +48 +10 +1.33 +7.0% +English 90%, German 10%$", made, re.MULTILINE)
    assert "    data:\n      clean: [drop-leaks]" in made
    assert "\x1b" not in made
    assert "⟦" in made


def test_the_verdict_follows_the_gravest_finding(check):
    assert verdict(dataclasses.replace(check, findings=check.findings[1:])) == "Ready to train, with notes to read"
    assert verdict(dataclasses.replace(check, findings=check.findings[2:])).startswith("Ready to train: nothing amiss")
    assert dataclasses.replace(check, findings=check.findings[2:]).summary == "nothing amiss"


def test_the_panel_appears_folded_once_the_data_were_looked_at(check, sent, tmp_path: Path):
    folder = RunFolder(tmp_path)
    panel = DataCheckPanel(sent.append, folder.data_check)
    panel.show(replay([]))
    assert "nbft-hidden" in panel.widget._dom_classes
    folder.data_check.write_text(check.to_json(), encoding="utf-8")
    state = replay([DataChecked(seq=4, warnings=1, notes=1)])
    panel.show(state)
    assert "nbft-hidden" not in panel.widget._dom_classes
    assert "Data check-up: 1 warning, 1 note</span></summary>" in panel.widget.value
    assert panel.widget.value.startswith('<details class="nbft-data-fold">')
    before = panel.widget.value
    folder.data_check.unlink()
    panel.show(state)  # a state that was shown before is not read again
    assert panel.widget.value is before


def test_a_file_that_cannot_be_read_leaves_the_panel_hidden(sent, tmp_path: Path):
    (tmp_path / "data.json").write_text("{", encoding="utf-8")
    panel = DataCheckPanel(sent.append, tmp_path / "data.json")
    panel.show(replay([DataChecked(seq=4, warnings=1, notes=1)]))
    assert "nbft-hidden" in panel.widget._dom_classes


def test_the_static_twin_of_a_run_lists_what_was_found(check, tmp_path: Path):
    folder = RunFolder(tmp_path)
    folder.data_check.write_text(check.to_json(), encoding="utf-8")
    made = take_snapshot(replay([]), folder).html
    assert "<summary>Data check-up: 1 warning, 1 note</summary>" in made
    assert "<script" not in made
