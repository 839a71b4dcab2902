"""Tab and Shift-Tab as a front end asks for them, in a real kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernels.conftest import KERNELS
from tests.kernels.kernel import Kernel

PREPARE = """
from nbft.notebook import completion
completion.load(get_ipython())
completion.load(get_ipython())
rate, my_rows = 1e-4, [{"review": "a"}]
"""


@pytest.fixture(scope="module", params=KERNELS)
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "reviews.csv").write_text("review,stars\na,1\n")
    run = folder / "nbft-runs" / "reviews-001"
    run.mkdir(parents=True)
    (run / "spec.yaml").write_text("")
    with Kernel(request.param, folder) as kernel:
        cell = kernel.run(PREPARE)
        assert cell.status == "ok", cell.error
        yield kernel


def reply(kernel: Kernel, kind: str, marked: str) -> dict[str, Any]:
    """Asks at the mark ¦ and returns the content of the reply."""
    content = {"code": marked.replace("¦", ""), "cursor_pos": marked.index("¦"), "detail_level": 0}
    return kernel.replies([kernel.send_message(kind, content)])[0]["content"]


def offers(kernel: Kernel, marked: str) -> list[str]:
    return reply(kernel, "complete_request", marked)["matches"]


def test_keys_values_files_columns_and_variables_are_offered(kernel):
    assert offers(kernel, "%%finetune reviews\ntrain:\n  lea¦") == ["learning_rate: "]
    assert offers(kernel, "%%finetune reviews\ntrain:\n  schedule: c¦") == ["cosine", "constant"]
    assert offers(kernel, "%%finetune\ndata:\n  train: re¦") == ["reviews.csv"]
    assert offers(kernel, "%%finetune\ndata:\n  train: reviews.csv\n  columns: {text: ¦}") == ["review", "stars"]
    assert offers(kernel, "%%finetune\ntrain: {learning_rate: $¦") == ["$rate"]
    assert offers(kernel, "%%finetune\ndata: {train: $¦") == ["$my_rows"]


def test_a_reply_says_what_it_replaces_and_of_which_kind_it_is(kernel):
    marked = "%%finetune ä😀\ntrain: {epochs: 3, bat¦}"
    found = reply(kernel, "complete_request", marked)
    assert marked[found["cursor_start"] : found["cursor_end"]] == "bat"
    kinds = found["metadata"]["_jupyter_types_experimental"]
    assert [(item["text"], item["type"]) for item in kinds] == [("batch_size: ", "key")]


def test_flags_and_runs_are_offered_on_the_lines_of_magics(kernel):
    assert offers(kernel, "%%finetune reviews --b¦\nmodel: x") == ["--background"]
    assert offers(kernel, "%%finetune --set mod¦\nmodel: x") == ["model", "model.name", "model.from_scratch"]
    assert offers(kernel, "%%finetune --set train.schedule=co¦\nmodel: x") == ["cosine", "constant"]
    assert offers(kernel, "%%finetune x --set task=ch¦\nmodel: x") == ["chat"]
    assert offers(kernel, "%ft_attach re¦") == ["reviews-001"]
    assert offers(kernel, "x = 1\n%ft_resume ¦") == ["reviews-001"]


def test_other_cells_are_completed_as_ever(kernel):
    assert "my_rows" in offers(kernel, "my_r¦")
    assert "%%timeit" in offers(kernel, "%%timei¦")
    assert "learning_rate: " not in offers(kernel, "train:\n  lea¦")


def test_hover_explains_keys_and_leaves_other_cells_alone(kernel):
    found = reply(kernel, "inspect_request", "%%finetune\ntrain:\n  epo¦chs: 3")
    assert found["data"]["text/plain"].startswith("train.epochs\n\nPasses over the training rows")
    assert "<b>train.epochs</b>" in found["data"]["text/html"]
    assert reply(kernel, "inspect_request", "%%finetune ¦x\nmodel: y")["data"]["text/plain"].startswith(
        "# The YAML of a run"
    )
    assert reply(kernel, "inspect_request", "%%finetune\nzzzz: ¦3")["found"] is False
    assert "Return the number of items" in reply(kernel, "inspect_request", "len¦(x)")["data"]["text/plain"]


def test_text_of_a_spec_is_escaped_where_it_is_shown(kernel):
    found = reply(kernel, "inspect_request", "%%finetune\n<img src=x>: ¦3")
    assert "<img" not in found["data"].get("text/html", "")


def test_the_kernel_loads_no_torch_and_answers_at_once(kernel):
    assert kernel.ask("[m for m in ('torch', 'transformers', 'datasets') if m in __import__('sys').modules]") == []
    took = []
    for _ in range(5):
        start = time.perf_counter()
        offers(kernel, "%%finetune\ntrain:\n  lea¦")
        took.append(time.perf_counter() - start)
    assert min(took) < 0.2


def test_unloading_takes_it_away(kernel):
    assert kernel.run("completion.unload(get_ipython())").status == "ok"
    assert "learning_rate: " not in offers(kernel, "%%finetune\ntrain:\n  lea¦")
    assert reply(kernel, "inspect_request", "%%finetune\ntrain: ¦3")["found"] is False
    assert kernel.run("completion.load(get_ipython())").status == "ok"
    assert offers(kernel, "%%finetune\ntrain:\n  lea¦") == ["learning_rate: "]


def test_it_comes_with_the_extension(tmp_path: Path):
    with Kernel(folder=tmp_path) as kernel:
        assert kernel.run("%load_ext nbft").status == "ok"
        assert offers(kernel, "%%finetune\ntrain:\n  lea¦") == ["learning_rate: "]
        assert kernel.run("%reload_ext nbft").status == "ok"
        assert kernel.run("%unload_ext nbft").status == "ok"
        assert offers(kernel, "%%finetune\ntrain:\n  lea¦") == []


def test_ft_eval_completes_runs_the_base_and_flags():
    from nbft.notebook.completion import complete_cell
    from nbft.spec.completion import Surroundings

    def found(text: str) -> list[str]:
        made = complete_cell(text, len(text), lambda: Surroundings(runs=["reviews-001", "other-001"]))
        return [item.text for item in made[1]] if made else []

    assert found("%ft_eval reviews-001 ") == ["reviews-001", "other-001", "base"]
    assert found("%ft_eval reviews-001 b") == ["base"]
    assert found("%ft_eval reviews-001 --m") == ["--metrics"]
    assert found("%%ft_eval\nruns: [r") == ["reviews-001"]
    assert found("%%ft_eval\nruns: [a]\nb") == ["by: ", "baselines: "]
    assert found("%%ft_eval\nby: [label, l") == ["label", "length"]
