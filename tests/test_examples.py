"""Every YAML that the README and the notebooks show loads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nbft.errors import SpecError
from nbft.spec.dump import dump_yaml
from nbft.spec.evaluation import read_evaluation
from nbft.spec.load import read_spec
from nbft.spec.scope import TASK_NAMES
from nbft.spec.sources import FILE_ENDINGS, called, source_of
from nbft.spec.yaml_text import read_yaml

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


def prepare(data: Any, place: Path) -> dict[str, Any]:
    """Makes the files and folders that a spec names, as empty as can be, and returns the variables that it names."""
    values = [data.get("data", {}).get(key) for key in ("train", "validation", "test")]
    named = [called(item) for value in values for item in (value if isinstance(value, list) else [value])]
    for name in (name for name in named if source_of(name).kind == "file" and name.endswith(FILE_ENDINGS)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("review,stars\ngood,1\nbad,0\n" if name in ("reviews.csv", "test.csv") else "")
    model = data.get("model")
    model = model if isinstance(model, str) else (model.get("name") or model.get("from_scratch"))
    if isinstance(model, str) and "/" in model:
        (place / model).mkdir(parents=True, exist_ok=True)
        (place / model / "config.json").write_text("{}")
    rows = {name[1:]: [{"text": "a", "label": 1}] for name in named if str(name).startswith("$")}
    return {**rows, **{word: len for word in re.findall(r"\$(\w+)", dump_yaml(data)) if word not in rows}}


@pytest.mark.parametrize("text", [text for _, text in examples()], ids=[name for name, _ in examples()])
def test_an_example_loads(text: str, place: Path):
    if text.startswith("%%ft_eval"):
        body = text.partition("\n")[2]
        variables = dict.fromkeys(re.findall(r"\$(\w+)", body), len)
        for source in re.findall(r"source: (\S+\.\w+)", body):
            (place / source).write_text("")
        read_evaluation(body, variables={**variables, "rows": [{"text": "a", "label": "b"}]}, first_line=2)
        return
    text = re.sub(r"^%%finetune.*\n", "", text)
    variables = prepare(read_yaml(text).data, place)
    read_spec(text, variables=variables)


def test_every_task_has_a_page_that_the_index_names():
    index = (ROOT / "notebooks" / "tasks" / "README.md").read_text("utf-8")
    pages = {page.stem for page in (ROOT / "notebooks" / "tasks").glob("*.md")} - {"README"}
    assert pages == set(TASK_NAMES)
    assert all(f"({task}.md)" in index for task in TASK_NAMES)


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
