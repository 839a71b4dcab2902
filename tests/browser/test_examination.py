"""The panel of what went right and wrong, of every kind, in a real page."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nbft.record.events import CheckpointSaved, Examined
from nbft.record.examination import (
    Answered,
    Examination,
    LabelCount,
    Mistake,
    TaggedWords,
    TakenFor,
    write_examination,
)
from tests.browser.lab import ARTEFACTS, Notebook
from tests.notebook.recorded import record, say
from tests.panels.record import ended, evaluated, measured, started

pytestmark = pytest.mark.browser
EVIL = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"
TOPICS = ["business", "science", "sports", "world"]
CHANCE = random.Random(4)
CONTEXT = "The green frog lives at the hill, and the blue frog lives at the sea where it is warm in winter."
MANY = [f"topic {i}" for i in range(30)]


def classes(right: int) -> Examination:
    counts = [[right - 3 * i if i == j else CHANCE.randint(0, 9) for j in range(4)] for i in range(4)]
    mistakes = [
        Mistake("Shares of the rocket maker rose after its third landing at sea.", "science", "business", 0.987),
        Mistake(EVIL, "sports", "world", 0.91),
        Mistake("The minister opened the new stadium, and lost the first match there.", "world", "sports", 0.743),
    ]
    return Examination(sum(map(sum, counts)), 21, TakenFor(TOPICS, counts), mistakes=mistakes)


def tags() -> Examination:
    words = ["Angela", "Merkel", "visited", "Siemens", "in", EVIL, "yesterday"]
    wanted = ["B-PER", "I-PER", "O", "B-ORG", "O", "B-LOC", "O"]
    found = ["B-PER", "I-PER", "O", "B-PER", "O", "B-LOC", "B-LOC"]
    taken = TakenFor(["LOC", "ORG", "PER", "O"], [[41, 2, 0, 3], [1, 22, 9, 2], [0, 4, 60, 1], [2, 1, 3, 912]], "words")
    return Examination(60, 17, taken, tagged=[TaggedWords(words, wanted, found)] * 3)


def answers() -> Examination:
    at, found = CONTEXT.index("the sea"), CONTEXT.index("sea where")
    rows = [
        Answered("Where does the blue frog live?", CONTEXT, ["the sea"], "sea where", [at, at + 7], [found, found + 9]),
        Answered(f"Who said {EVIL}?", CONTEXT, [], "The green frog", [], [0, 14]),
    ]
    return Examination(40, 12, answered=rows)


def numbers() -> Examination:
    points = [[x / 10, x / 10 + CHANCE.gauss(0, 0.6)] for x in range(120)]
    return Examination(120, points=points, mistakes=[Mistake("Far too dear for what it is.", "1.2", "4.87")])


def several() -> Examination:
    counts = [LabelCount("joy", 40, 9, 12), LabelCount(EVIL, 12, 8, 2), LabelCount("fear", 7, 1, 1)]
    return Examination(90, 33, label_counts=counts, mistakes=[Mistake("Well, well.", "joy, fear", "no label", 0.97)])


def many() -> Examination:
    counts = [[40 if i == j else max(CHANCE.randint(-12, 6), 0) for j in range(30)] for i in range(30)]
    return Examination(sum(map(sum, counts)), 400, TakenFor(MANY, counts))


KINDS = {"classes": classes(60), "tags": tags(), "answers": answers(), "numbers": numbers(), "several": several()}
KINDS["many"] = many()


@pytest.fixture(scope="module")
def notebook(lab, open_notebook) -> Notebook:
    """A notebook that shows a recorded run of each kind, live."""
    root = Path(os.environ["NBFT_RUNS"])
    for name, look in KINDS.items():
        losses = [measured(step, 1 / step) for step in range(1, 301, 20)]
        saved = CheckpointSaved(step=200, seconds=0.1, size_bytes=1)
        folder = record(root, *started(), *losses, evaluated(200, 0.9), saved, name=f"look-{name}")
        for step, one in ((100, classes(30)), (200, look)) if name == "classes" else ((200, look),):
            write_examination(one, folder.examinations / f"eval-{step}.json")
            say(folder, Examined(step=step, file=f"eval-{step}.json"))
        say(folder, ended())
    cells = [f"%ft_attach look-{name}" for name in KINDS]
    notebook = open_notebook(lab.write("looks.ipynb", "%load_ext nbft", *cells))
    for number in range(len(cells) + 1):
        notebook.run(number)
        notebook.wait_until_run(number)
    return notebook


@pytest.mark.parametrize("kind", KINDS)
def test_what_went_right_and_wrong_is_shown_and_text_stays_text(notebook: Notebook, kind: str):
    number = list(KINDS).index(kind) + 1
    panel = notebook.output(number).locator(".nbft-exam").first
    panel.scroll_into_view_if_needed()
    expect(panel.get_by_text("Right and wrong")).to_be_visible()
    assert notebook.page.evaluate("() => window.harmed") is None
    for dark in (False, True):
        for width in (1280, 800):
            name = f"exam-{kind}-{'dark' if dark else 'light'}-{width}"
            notebook.look(name, width=width, dark=dark)
            panel.screenshot(path=ARTEFACTS / f"{name}.png")
            assert panel.evaluate("one => one.scrollWidth <= one.clientWidth + 1")
    assert not [error for error in notebook.errors if "nbft" in error]


def test_the_user_sees_it_change_over_evaluations(notebook: Notebook):
    panel = notebook.output(1).locator(".nbft-exam").first
    chooser = panel.locator("select")
    newest = panel.locator(".nbft-exam-box").inner_text()
    chooser.select_option("step 100")
    expect(panel.locator(".nbft-exam-box")).not_to_have_text(newest)
    chooser.select_option("step 200, the newest")
    expect(panel.locator("td.nbft-right").first).to_have_text("60")


def test_the_static_twin_is_in_the_output_that_is_saved(notebook: Notebook):
    said = [str(output.get("data", {}).get("text/html", "")) for output in notebook.outputs(1)]
    whole = "".join(said)
    assert "A closer look at step 200" in whole
    assert "<script" not in whole
    assert len(whole) < 200_000
