"""The check-up of real data as a page in JupyterLab: in both themes, at several widths, and with nobody behind it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from nbft.run import open_run
from tests.browser.lab import Lab, Notebook, keep
from tests.browser.test_training_cell import CUT_OFF
from tests.notebook.training_cell import training_cell, wait_for
from tests.shared import shared

pytestmark = pytest.mark.browser
HEIGHT, MORE = 1700, 160
"""Of the window, and what of it is not the page's, so that a page is seen in one piece."""
WIDTHS = (1280, 800)
SPECS = {
    "sst2": (
        "sst2/train.csv, validation: {root}/sst2/validation.csv, test: {root}/sst2/test.csv",
        "starter-encoder",
        "",
    ),
    "imdb": ("imdb/train.jsonl, validation: none, test: {root}/imdb/test.jsonl", "starter-encoder", ""),
    "sms_spam": ("sms_spam/train.csv, test: {root}/sms_spam/test.csv", "starter-encoder", ""),
    "alpaca": (
        "llamafactory/alpaca_en_demo.json, validation: 10%",
        "{root}/models/stories260K",
        "task: chat\nchat: {template: chatml}",
    ),
}


def cell(name: str) -> str:
    """Returns the cell that looks at a data set."""
    root = str(shared("sst2").parent)
    data, model, more = (part.replace("{root}", root) for part in SPECS[name])
    return f"%%ft_data {name}\nmodel: {model}\ndata: {{train: {root}/{data}}}\n{more}".rstrip()


@pytest.fixture(scope="module")
def notebook(lab: Lab, open_notebook) -> Notebook:
    """A notebook with a cell for each data set, and one for a spec in a file."""
    for name in SPECS:
        (lab.notebooks / f"{name}.yaml").write_text(cell(name).partition("\n")[2], encoding="utf-8")
    notebook = open_notebook(lab.write("data.ipynb", "%load_ext nbft", *map(cell, SPECS), "%ft_data sms_spam.yaml"))
    notebook.run(0)
    for number in range(1, len(SPECS) + 2):
        notebook.run(number)
        notebook.wait_until_run(number, 480)
    return notebook


def training(name: str) -> str:
    """Returns the cell of a run that ends after a step, its dashboard kept."""
    return cell(name).replace(f"%%ft_data {name}", f"%%finetune checked-{name} --keep-live --dry-run-steps 1")


def page_of(notebook: Notebook, number: int) -> Locator:
    return notebook.output(number).locator(".nbft-data")


def photograph(notebook: Notebook, shown: Locator, name: str, *, width: int = 1280, dark: bool = False) -> None:
    """Keeps a picture of a page as a whole; nothing in it is wider than its place."""
    notebook._set_theme("JupyterLab Dark" if dark else "JupyterLab Light")
    notebook.page.set_viewport_size({"width": width, "height": HEIGHT})
    notebook.page.wait_for_timeout(300)
    height = int(shown.bounding_box()["height"]) + MORE  # pyright: ignore[reportOptionalSubscript] - it is visible
    notebook.page.set_viewport_size({"width": width, "height": height})
    for _ in range(2):  # what lies above takes another height at another width
        shown.evaluate("root => root.scrollIntoView({block: 'start'})")
        notebook.page.wait_for_timeout(300)
    keep(notebook.page, f"data-{name}-{width}-{'dark' if dark else 'light'}")
    assert shown.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("name", SPECS)
def test_the_check_up_of_real_data_is_a_page(notebook: Notebook, name: str):
    number = list(SPECS).index(name) + 1
    shown = page_of(notebook, number)
    expect(shown.locator("h3")).to_contain_text("to mend before training")
    expect(shown.locator(".nbft-row")).to_have_count(5)
    expect(shown.locator("img.nbft-picture").first).to_be_visible()
    broken = shown.locator("img").evaluate_all("all => all.filter(one => !one.naturalWidth).length")
    assert broken == 0
    for width in WIDTHS:
        for dark in (False, True):
            photograph(notebook, shown, name, width=width, dark=dark)


@pytest.mark.parametrize("width", [480, 1600])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_whatever_the_width(notebook: Notebook, width: int, dark: bool):
    photograph(notebook, page_of(notebook, list(SPECS).index("sms_spam") + 1), "sms_spam", width=width, dark=dark)


def test_examples_and_what_is_in_order_unfold(notebook: Notebook):
    shown = page_of(notebook, list(SPECS).index("sms_spam") + 1)
    example = shown.locator(".nbft-findings details").first
    expect(example.locator("li").first).to_be_hidden()
    example.locator("summary").click()
    expect(example.locator("li").first).to_contain_text("as train row")
    example.locator("summary").click()


def test_a_spec_in_a_file_gives_the_same_page(notebook: Notebook):
    shown = [page_of(notebook, number) for number in (list(SPECS).index("sms_spam") + 1, len(SPECS) + 1)]
    findings = [page.locator(".nbft-findings").inner_text() for page in shown]
    assert findings[0] == findings[1]


def test_without_a_kernel_the_saved_page_is_there(notebook: Notebook, lab: Lab, open_notebook):
    notebook.save()
    copy = lab.notebooks / "data-static.ipynb"
    copy.write_bytes(notebook.path.read_bytes())
    static = open_notebook(copy, kernel=False)
    for name in SPECS:
        shown = page_of(static, list(SPECS).index(name) + 1)
        expect(shown.locator("h3")).to_contain_text("to mend before training")
        for width in WIDTHS:
            photograph(static, shown, f"{name}-static", width=width)
    photograph(static, page_of(static, 1), "sst2-static", dark=True)


def test_as_an_html_file_it_needs_nothing_from_anywhere(notebook: Notebook, browser: Browser, tmp_path: Path):
    notebook.save()
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), "--output", "page"]
    subprocess.run([*command, str(notebook.path)], check=True, capture_output=True)
    page = browser.new_page(viewport={"width": 1280, "height": HEIGHT})
    page.route("http*://**", lambda route: route.abort())
    page.goto((tmp_path / "page.html").as_uri())
    shown = page.locator(".nbft-data").first
    expect(shown.locator("h3")).to_contain_text("leaks")
    shown.scroll_into_view_if_needed()
    keep(page, "data-html")
    page.close()


def test_what_a_front_end_without_styles_keeps_can_be_read(notebook: Notebook, browser: Browser):
    made = notebook.outputs(3)[0]["data"]["text/html"]
    html = made if isinstance(made, str) else "".join(made)
    page = browser.new_page(viewport={"width": 1012, "height": HEIGHT})
    page.set_content(html)
    page.evaluate("() => document.querySelectorAll('style').forEach(one => one.remove())")
    page.evaluate("() => document.querySelectorAll('[class]').forEach(one => one.removeAttribute('class'))")
    expect(page.locator("ul b").first).to_have_text("leaks")
    keep(page, "data-bare")
    page.close()


def test_the_dashboard_of_a_run_has_it_folded(lab: Lab, open_notebook, tiny_model: Path):
    training = training_cell(tiny_model, Path("reviews.csv"), "--keep-live", name="checked", epochs=20, every=40)
    notebook = open_notebook(lab.write("checked.ipynb", "%load_ext nbft", training))
    for number in range(2):
        notebook.run(number)
    wait_for((Path(os.environ["NBFT_RUNS"]) / "checked-001" / "spec.yaml").exists, "no run was started")
    run = open_run("checked-001")
    folded = notebook.output(1).locator(".nbft-data-fold")
    expect(folded).to_be_visible(timeout=90_000)
    assert run.data_check is not None
    expect(folded.locator("summary").first).to_have_text(f"Data check-up: {run.data_check.summary}")
    expect(folded.locator(".nbft-data")).to_be_hidden()
    folded.locator("summary").first.click()
    expect(folded.locator(".nbft-data")).to_be_visible()
    notebook.wait_until_run(1, 120)


def test_the_dashboard_of_real_data_unfolds_to_the_page(lab: Lab, open_notebook):
    notebook = open_notebook(lab.write("widgets.ipynb", "%load_ext nbft", *map(training, SPECS)))
    notebook.run(0)
    for number, name in enumerate(SPECS, 1):
        notebook.run(number)
        notebook.wait_until_run(number, 480)
        folded = notebook.output(number).locator(".nbft-data-fold")
        folded.locator("summary").first.click()
        for width in WIDTHS:
            photograph(notebook, folded, f"{name}-widget", width=width)
        if name == "sst2":
            photograph(notebook, folded, f"{name}-widget", dark=True)
