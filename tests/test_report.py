from __future__ import annotations

from pathlib import Path

import pytest

from nbft.cli import main
from nbft.errors import RunError
from nbft.record.events import RunEnded, SampleMade, Warned
from nbft.record.folder import RunFolder
from nbft.run import open_run
from tests.hostile import hostile_run
from tests.notebook.recorded import record, record_spec
from tests.notebook.test_snapshot import Elements
from tests.panels.record import ended, evaluated, measured, started


@pytest.fixture
def run(place: Path) -> RunFolder:
    """A finished run."""
    scores = [evaluated(100, 0.8), evaluated(200, 0.9), evaluated(300, 0.87, "test")]
    said = [
        SampleMade(step=200, prompt="a warm film", text="positive"),
        Warned(message="3 rows are empty.", fix="Look."),
    ]
    losses = [measured(step, 1 / step) for step in range(1, 301)]
    notes = started(notes=["The column 'review' is the text."])
    folder = record(place / "nbft-runs", *notes, *losses, *scores, *said, ended(), name="reviews")
    folder.model.mkdir()
    (folder.model / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')
    return record_spec(folder, train={"epochs": 5})


def test_it_holds_all_that_is_known_of_the_run(run):
    page = open_run("reviews").report().read_text(encoding="utf-8")
    for words in (
        "reviews-001",
        "Best eval/accuracy: 0.9000 at step 200.",
        "0.8700",
        "a warm film",
        "3 rows are empty.",
        "The column &#x27;review&#x27; is the text.",
        "epochs: 5",
        "batch_size: 16",
        "# default",
        "torch",
        "2.13.0",
        "from transformers import AutoTokenizer, BertForSequenceClassification",
        "nbft-runs/reviews-001/model",
    ):
        assert words in page
    assert page.count("<svg") >= 3


def test_it_needs_no_script_and_asks_nothing_of_any_server(run):
    page = open_run("reviews").report().read_text(encoding="utf-8")
    elements = Elements(page.partition("<body>")[2].partition("</body>")[0]).found
    assert {"script", "link", "iframe", "object", "a"}.isdisjoint(tag for tag, _ in elements)
    assert "default-src 'none'" in page
    addresses = [value for _, attributes in elements for name, value in attributes.items() if name in ("src", "href")]
    assert [address for address in addresses if not address.startswith("data:")] == []


def test_a_report_of_a_long_run_is_below_400_kb(place):
    losses = [measured(step, 1 / step) for step in range(1, 20_001)]
    scores = [evaluated(step, 0.5 + step / 50_000) for step in range(100, 20_001, 100)]
    said = [SampleMade(step=s, prompt="word " * 1000, text="word " * 1000) for s in range(100, 20_001, 100)]
    record_spec(record(place / "nbft-runs", *started(), *losses, *scores, *said, ended(), name="long"))
    assert open_run("long").report().stat().st_size < 400_000


def test_texts_of_data_are_text(place):
    hostile_run(place / "nbft-runs")
    page = open_run("hostile").report().read_text(encoding="utf-8")
    tags = {tag for tag, _ in Elements(page.partition("<body>")[2].partition("</body>")[0]).found}
    assert {"script", "img", "iframe"}.isdisjoint(tags)
    assert "onload=&quot;" in page
    assert page.count("</style>") == 1


def test_a_failed_run_and_one_that_never_began_have_one_too(place):
    root = place / "nbft-runs"
    record(root, *started()[:1], name="begun")
    record(root, *started(), RunEnded(outcome="failed", reason="", step=1, error={"what": "No memory."}), name="bad")
    assert "No memory." in open_run("bad").report().read_text(encoding="utf-8")
    assert "begun-001" in open_run("begun").report().read_text(encoding="utf-8")


def test_it_goes_where_it_is_told_and_over_nothing_but_a_report(run, place):
    (place / "reports").mkdir()
    assert open_run("reviews").report("reports") == Path("reports/reviews-001.html")
    first = open_run("reviews").report("mine.html")
    assert open_run("reviews").report("mine.html") == first
    (place / "other.html").write_text("<p>mine</p>")
    for path, words in (
        ("other.html", "is no report of nbft"),
        ("mine.pdf", "Name it mine.html"),
        ("no/x.html", "written"),
    ):
        with pytest.raises(RunError, match=words):
            open_run("reviews").report(path)
    assert (place / "other.html").read_text() == "<p>mine</p>"


def test_a_terminal_writes_it_and_prints_its_path(run, capsys):
    assert main(["report", "reviews"]) == 0
    assert capsys.readouterr().out == "reviews-001.html\n"
    assert Path("reviews-001.html").is_file()
