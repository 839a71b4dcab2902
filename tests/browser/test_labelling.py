"""Texts labelled by keyboard in a real page: each answer is kept, through undo, a skip, and a kernel that is restarted."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Lab, Notebook
from tests.notebook.training_cell import training_cell, wait_for

pytestmark = pytest.mark.browser
IMAGE = '<img src="x" onerror="window.hacked = 1">'
GOOD = [
    "The room was bright and quiet, and the breakfast alone is worth the walk.",
    "A warm little film that trusts its actors.\n\nI laughed twice and cried once.",
    f"Fast delivery, kind people. {IMAGE}",
    "这家店的服务非常好，下次还会再来。",
    "הספר הזה נפלא, קראתי אותו בלילה אחד.",
    "Best soup in town.",
    "Everything worked the first time, which I have never seen before.",
    "She sings as if nobody else were in the room.",
    "Simple to set up; my father did it alone.",
    "Worth every cent.",
]
BAD = [
    "Cold food, colder staff.",
    "It broke on the second day and nobody answers my letters.",
    "Two hours of a man walking slowly. Then the credits.",
    "The manual is a photograph of another manual.",
    "I asked for a window and got a wall with a painting of one.",
    "Loud, late, and twice the price.",
    "<script>window.hacked = 1</script> is all that their page shows.",
    "A dull ending to a dull book.",
    "The battery lasts as long as the warranty: not at all.",
    "Never again.",
]
TEXTS = [text for pair in zip(GOOD, BAD, strict=True) for text in pair]
MAKE = f"import pandas as pd\nreviews = pd.DataFrame({{'review': {TEXTS!r}}})"
LABEL = "%ft_label $reviews --labels positive,negative --into verdict --save verdicts.csv"
LEFT = "reviews.verdict.isna().sum(), 'of', len(reviews)"


class Panel:
    """The panel below a cell."""

    def __init__(self, notebook: Notebook, cell: int) -> None:
        self.notebook = notebook
        self.cell = cell

    @property
    def root(self) -> Locator:
        """The part that takes keys; looked up anew each time, since a cell that is run again makes another one."""
        return self.notebook.output(self.cell).locator(".nbft-label")

    @property
    def words(self) -> str:
        """The text on the screen."""
        return self.root.locator(".nbft-words").inner_text()

    def fact(self, name: str) -> str:
        """Returns a number that is shown, with its words."""
        return self.root.locator(f"[data-fact={name}]").inner_text()

    def press(self, key: str) -> None:
        """Presses a key and waits until the panel has heard of it."""
        before = self.root.locator(".nbft-words").evaluate("e => e.textContent")
        self.notebook.page.keyboard.press(key)
        gone = "([e, before]) => e.textContent !== before || e.closest('.nbft-text-card').hidden"
        self.notebook.page.wait_for_function(gone, arg=[self.root.locator(".nbft-words").element_handle(), before])

    def label(self, number: int, *, by_letter: bool = False) -> None:
        """Gives so many texts their labels, by keys."""
        for _ in range(number):
            good = self.root.locator(".nbft-words").evaluate("e => e.textContent") in GOOD
            self.press(("p" if good else "n") if by_letter else ("1" if good else "2"))


@pytest.fixture(scope="module")
def notebook(lab: Lab, open_notebook) -> Notebook:
    return open_notebook(lab.write("labelling.ipynb", "%load_ext nbft", MAKE, LABEL, f"print({LEFT})", "labels"))


def facts(panel: Panel) -> list[str]:
    return [panel.fact(name) for name in ("labelled", "skipped", "left")]


def run_to_panel(notebook: Notebook) -> Panel:
    for cell in range(3):
        notebook.run(cell)
    notebook.wait_until_run(2)
    panel = Panel(notebook, 2)
    expect(panel.root).to_be_visible()
    panel.root.scroll_into_view_if_needed()
    return panel


def test_twenty_texts_are_labelled_by_keyboard_through_a_kernel_restart(lab: Lab, notebook: Notebook):
    panel = run_to_panel(notebook)
    state = panel.root.locator(".nbft-keys-state")
    expect(state).to_have_text("Click here to use the keys")
    notebook.look("label-before")
    panel.root.locator(".nbft-text-card").click()
    expect(state).to_have_text("Keys are on")

    panel.label(4)
    assert panel.fact("labelled") == "4 of 20 labelled"
    panel.press("u")
    panel.press("Backspace")
    assert panel.words == TEXTS[2]
    assert panel.fact("labelled") == "2 of 20 labelled"
    panel.label(3, by_letter=True)
    panel.press("s")
    assert facts(panel) == ["5 of 20 labelled", "1 skipped", "14 left"]
    for key in ("b", "a", "x", "d", "d", "m"):  # a cell below, above, cut, deleted, markdown: all of command mode
        notebook.page.keyboard.press(key)
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(5)
    panel.label(4)
    for width in (480, 800, 1280, 1600):
        notebook.look(f"label-{width}", width=width)
        notebook.look(f"label-{width}-dark", width=width, dark=True)

    notebook.restart_kernel()
    expect(panel.root).to_have_css("pointer-events", "none")
    panel = run_to_panel(notebook)
    expect(panel.root).to_contain_text("9 of 20 were labelled before.")
    assert facts(panel) == ["9 of 20 labelled", "1 skipped", "10 left"]
    panel.root.locator(".nbft-text-card").click()
    panel.label(10)
    expect(panel.root).to_contain_text("19 of 20 texts labelled, 1 skipped")
    panel.root.scroll_into_view_if_needed()
    notebook.look("label-skipped")
    panel.press("Enter")
    panel.label(1)
    expect(panel.root).to_contain_text("All 20 texts labelled")
    notebook.look("label-end")
    notebook.look("label-end-dark-800", dark=True, width=800)

    assert verdicts(lab) == {**dict.fromkeys(GOOD, "positive"), **dict.fromkeys(BAD, "negative")}
    notebook.run(3)
    notebook.wait_until_run(3)
    assert notebook.text(3) == "0 of 20\n"
    assert notebook.page.evaluate("() => window.hacked") is None


def verdicts(lab: Lab) -> dict[str, str]:
    with (lab.notebooks / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        return {row["review"]: row["verdict"] for row in csv.DictReader(file)}


def test_the_saved_notebook_holds_a_table_and_no_live_view(lab: Lab, notebook: Notebook, open_notebook):
    Panel(notebook, 2).root.click()
    notebook.page.keyboard.press("Control+s")  # which is the front end's, in spite of the panel's own s
    outputs = wait_for(lambda: saved_outputs(notebook, 2), "the notebook was not saved", 10)
    assert [sorted(output["data"]) for output in outputs] == [["text/html", "text/plain"]]
    assert "20 of 20 texts labelled" in "".join(outputs[0]["data"]["text/html"])

    again = open_notebook(notebook.path, kernel=False)
    expect(again.output(2)).to_contain_text("20 of 20 texts labelled")
    again.output(2).scroll_into_view_if_needed()
    again.look("label-saved")


def test_a_run_guesses_and_its_doubts_come_first(lab: Lab, open_notebook, tiny_model: Path):
    train = training_cell(tiny_model, Path("reviews.csv"), name="guesser", epochs=4)
    more = "import pandas as pd\nposts = pd.read_csv('reviews.csv')[['review']]\nposts['id'] = range(len(posts))"
    label = "%ft_label $posts --model guesser --labels positive,negative,mixed"
    notebook = open_notebook(
        lab.write("guesses.ipynb", "%load_ext nbft", train, more, label, label + " --multi --into both")
    )
    for cell in range(4):
        notebook.run(cell)
    notebook.wait_until_run(3, 120)
    panel = Panel(notebook, 3)
    panel.root.locator(".nbft-text-card").click()
    first = panel.words
    panel.label(1)
    assert panel.words != first, "the panel does not wait for the model"
    expect(panel.root).to_contain_text("The texts that guesser is least sure of come first.", timeout=60_000)
    panel.press("1")
    guess = panel.root.locator(".nbft-guess")
    expect(guess).to_contain_text("guesser guesses")
    shares = []
    for _ in range(6):
        shares.append(int(guess.inner_text().rpartition(" ")[2].split(".")[0].rstrip("%")))
        panel.press("1")
    assert shares == sorted(shares)
    expect(panel.root.get_by_role("button", name="the model says")).to_have_count(2)
    notebook.look("label-model")
    notebook.look("label-model-dark-800", width=800, dark=True)

    panel.root.get_by_label("New label").fill("<b>bored</b>")
    notebook.page.keyboard.press("Enter")
    expect(panel.root.get_by_role("button", name="<b>bored</b>, key 4")).to_be_visible()
    panel.press("4")
    expect(panel.root.locator(".nbft-status-line")).to_contain_text("<b>bored</b>")

    notebook.run(4)
    notebook.wait_until_run(4)
    many = Panel(notebook, 4)
    many.root.scroll_into_view_if_needed()
    many.root.locator(".nbft-text-card").click()
    for key in ("p", "3"):
        notebook.page.keyboard.press(key)
    expect(many.root.locator("button[aria-pressed=true]")).to_have_count(2)
    notebook.look("label-multi")
    many.press("Enter")
    expect(many.root.locator(".nbft-last-did")).to_contain_text("positive, mixed")


def saved_outputs(notebook: Notebook, cell: int) -> list[dict]:
    return json.loads(notebook.path.read_text("utf-8"))["cells"][cell]["outputs"]
