"""`--check` and `--plan` find out what they can, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbft.checkup import check_up
from nbft.errors import SpecError
from nbft.launch.inline import run_inline
from nbft.spec.load import load_spec, read_spec

Spec = dict[str, Any]


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbft.checkup.start_process", run_inline)


def test_a_check_shows_the_resolved_spec_and_what_was_found(tiny_spec: Spec):
    loaded = read_spec(tiny_spec, name="tiny.yaml")
    found = check_up(loaded)
    assert "  batch_size: 8\n" in found.yaml
    assert "  weight_decay: 0.01" in found.yaml
    lines = {line.split(":")[0].strip(): line for line in found.yaml.splitlines()}
    assert lines["weight_decay"].endswith("# default")
    assert not lines["epochs"].endswith("# default")
    facts = dict(found.rows)
    assert facts["rows"] == "train 160, validation 16, test 32"
    assert facts["labels"] == "2: negative, positive"
    assert "at least" in facts["memory"]
    assert not Path("nbft-runs").exists()
    again, spec = load_spec(found.yaml), loaded.spec
    assert (again.train, again.data, again.seed) == (spec.train, spec.data, spec.seed)


def test_text_of_the_data_is_escaped_in_what_a_notebook_shows(tiny_spec: Spec):
    file = Path("reviews.csv")
    file.write_text(file.read_text().replace("positive", "<b>up</b>"))
    Path("test.csv").write_text("review,stars\nx,<b>up</b>\ny,negative\n")
    shown = check_up(read_spec(tiny_spec)).output()
    assert "<b>up</b>" in shown["text/plain"]
    assert "&lt;b&gt;up&lt;/b&gt;" in shown["text/html"]
    assert "<b>up</b>" not in shown["text/html"]


def test_a_plan_counts_steps_and_measures_some(tiny_spec: Spec):
    facts = dict(check_up(read_spec(tiny_spec), plan=True).rows)
    assert facts["steps"] == "80, 20 an epoch"
    assert "at its peak" in facts["memory"]
    assert facts["time"].startswith("about 0:")
    assert not Path("nbft-runs").exists()


@pytest.mark.parametrize("plan", [False, True], ids=["check", "plan"])
def test_of_a_series_it_says_how_many_runs_and_what_they_come_to_in_all(tiny_spec: Spec, plan: bool):
    facts = dict(check_up(read_spec({**tiny_spec, "seeds": 3}), plan=plan).rows)
    assert facts["seeds"] == "42, 43, 44: 3 runs, one after another, on the same split"
    one, every = (int(facts[name].split()[0]) for name in ("disk", "in all"))
    assert abs(every - 3 * one) <= 2, "each is rounded to whole megabytes"
    assert ("about 0:" in facts["in all"]) == plan


@pytest.mark.parametrize("plan", [False, True], ids=["check", "plan"])
def test_what_only_the_data_show_is_wrong_is_pointed_at(tiny_spec: Spec, plan: bool):
    Path("new.csv").write_text("review,stars\nx,wonderful\ny,positive\n")
    text = f"model: {tiny_spec['model']}\ndata:\n  train: reviews.csv\n  test: new.csv\n"
    with pytest.raises(SpecError, match="'wonderful' among them") as caught:
        check_up(read_spec(text), plan=plan)
    assert "line 4, data.test" in str(caught.value)


def test_the_task_that_was_seen_and_its_metrics_are_facts_of_a_check(tiny_spec: Spec):
    found = check_up(read_spec(tiny_spec))
    facts = dict(found.rows)
    assert facts["task"] == "text-classification"
    assert facts["metrics"] == "accuracy, f1, precision, recall, loss"
    assert "The task is text-classification: the data has a column stars." in found.notes
    lines = {line.split("#")[0].strip(): line for line in found.yaml.splitlines()}
    assert lines["task: text-classification"].endswith("# default")
    assert lines["metrics: [accuracy, f1, precision, recall]"].endswith("# default")
    assert f"model: {tiny_spec['model']}" in lines
    assert "generate:" not in lines


def test_a_task_without_labels_has_no_fact_of_them(tiny_spec: Spec, place: Path):
    (place / "all.txt").write_text("the film was lovely and warm\n" * 40)
    found = check_up(read_spec({**tiny_spec, "data": {"train": "all.txt", "validation": "20%"}}))
    facts = dict(found.rows)
    assert facts["task"] == "fill-mask"
    assert facts["metrics"] == "perplexity, token_accuracy, loss"
    assert "labels" not in facts
    assert "fill_mask:\n  share: 0.15" in found.yaml


def test_a_model_without_the_head_is_pointed_at(tiny_spec: Spec):
    text = f"model: {tiny_spec['model']}\ntask: chat\ndata: {{train: reviews.csv}}\n"
    with pytest.raises(SpecError, match="can't write it, and chat needs") as caught:
        check_up(read_spec(text))
    assert "line 1, model: " in str(caught.value)


def test_a_model_and_a_tokenizer_of_the_notebook_are_trained(tiny_spec: Spec, tiny_model: Path):
    from transformers import AutoModel, AutoTokenizer

    made = {"net": AutoModel.from_pretrained(tiny_model), "tok": AutoTokenizer.from_pretrained(tiny_model)}
    spec = {**tiny_spec, "model": "$net", "tokenizer": "$tok"}
    facts = dict(check_up(read_spec(spec, variables=made), plan=True).rows)
    assert facts["steps"] == "80, 20 an epoch"
    assert facts["parameters"] == dict(check_up(read_spec(tiny_spec), plan=True).rows)["parameters"]
