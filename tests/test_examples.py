"""Every YAML that the README and the notebooks show loads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nbft.errors import SpecError
from nbft.spec.load import read_spec

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "notebooks").rglob("*.md"), *(ROOT / ".github").glob("*.md")])
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    found = [
        (f"{page.name}-{i}", text) for page in PAGES for i, text in enumerate(BLOCK.findall(page.read_text("utf-8")))
    ]
    for notebook in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        found += [(f"{notebook.name}-{i}", text) for i, text in enumerate(sources) if text.startswith("%%finetune")]
    return found


@pytest.mark.parametrize("text", [text for _, text in examples()], ids=[name for name, _ in examples()])
def test_an_example_loads(text: str, place: Path):
    for name in ("reviews.csv", "test.csv"):
        (place / name).write_text("review,stars\ngood,1\nbad,0\n")
    read_spec(re.sub(r"^%%finetune.*\n", "", text))


def test_the_error_that_the_readme_shows_is_the_one_that_comes():
    wrong = (
        "model: starter-encoder\ntask: text-classification\ndata:\n  train: starter-reviews\n  columns: {txt: review}\n"
    )
    with pytest.raises(SpecError) as caught:
        read_spec(wrong + "train: {epochs: -1}\n", name="cell In[4]", first_line=2)
    shown = re.search(r"```text\n(cell In.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == str(caught.value).strip()


def test_there_are_examples():
    assert len(examples()) >= 3
