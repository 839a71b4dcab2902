"""One loader for cells, files and mappings; variables, overrides, and findings that come later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from datasets import Dataset, DatasetDict
from hypothesis import given, settings
from hypothesis import strategies as st

from nbft.errors import DataError, SpecError
from nbft.spec.fields import keys
from nbft.spec.load import dump_spec, load_spec, read_spec
from nbft.spec.sections import RunSpec
from tests.spec.test_yaml_text import PLAIN, outcome

ISSUE = """\
model: distilbert-base-uncased     # hub id, local folder, or a starter model
task: text-classification
data:
  train: reviews.csv               # csv, tsv, jsonl, json, parquet, hub id, or $variable
  validation: 10%                  # or its own source
  test: messages.jsonl
  columns: {text: review, label: stars}
train: {epochs: 3, learning_rate: 2e-5, batch_size: 16, weight_decay: 0.01}
early_stopping: {monitor: eval/accuracy, patience: 2, min_delta: 0.001}
evaluate: {every: epoch, metrics: [accuracy, f1]}   # or every: 50 (steps)
save: {every: epoch, keep: 2}
seed: 42
"""
SHORT = "model: starter-encoder\ndata: {train: imdb}\n"


def problems_of(source, **how) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read_spec(source, **how)
    return [problem.what for problem in caught.value.problems]


def test_the_cell_of_the_guide_loads_as_typed(in_rows):
    loaded = read_spec(ISSUE)
    assert loaded.text == loaded.text_to_save == ISSUE
    assert loaded.spec.data.validation == "10%"
    assert loaded.spec.train.learning_rate == 2e-5
    assert loaded.spec.evaluate.metrics == ["accuracy", "f1"]


def test_model_and_training_rows_are_enough():
    spec = load_spec(SHORT)
    assert (spec.train, spec.seed) == (RunSpec.model_fields["train"].default, 42)


def test_text_file_and_mapping_give_the_same_spec(tmp_path, in_rows):
    file = tmp_path / "spec.yaml"
    file.write_text(ISSUE)
    mapping = {
        "model": "distilbert-base-uncased",
        "task": "text-classification",
        "data": {
            "train": Path("reviews.csv"),
            "validation": "10%",
            "test": "messages.jsonl",
            "columns": {"text": "review", "label": "stars"},
        },
        "train": {"epochs": np.int64(3), "learning_rate": np.float64(2e-5)},
        "early_stopping": {"monitor": "eval/accuracy", "patience": 2, "min_delta": 0.001},
        "evaluate": {"every": "epoch", "metrics": ("accuracy", "f1")},
        "save": {"keep": 2},
        "seed": 42,
    }
    spec = load_spec(ISSUE)
    assert load_spec(file) == load_spec(str(file)) == load_spec(mapping) == load_spec(spec) == spec


def test_a_written_spec_is_read_back_the_same(in_rows):
    spec = load_spec(ISSUE.replace("reviews.csv", "imdb").replace("label: stars", "label: '007'"))
    assert load_spec(dump_spec(spec)) == spec
    assert spec.data.columns.label == "007"


def test_a_saved_spec_of_another_run_keeps_its_values_in_json(in_rows):
    spec = load_spec(ISSUE)
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec
    assert RunSpec.model_validate(spec.model_dump()) == spec


def test_an_empty_section_has_its_defaults():
    spec = load_spec(SHORT + "train:\n  # epochs: 3\nsave: ~\n")
    assert spec == load_spec(SHORT)


def test_an_explicit_null_means_the_default_where_there_is_none():
    assert load_spec("model: starter-encoder\ndata: {train: imdb, max_tokens: null}") == load_spec(SHORT)
    assert load_spec({"model": "starter-encoder", "data": {"train": "imdb", "validation": None}}) == load_spec(SHORT)


def test_a_share_may_be_a_percentage_wherever_shares_stand():
    train = load_spec(SHORT + "train: {warmup: 10%, label_smoothing: 5 %}").train
    assert (train.warmup, train.label_smoothing) == (0.1, 0.05)


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame({"text": ["a"]}),
        Dataset.from_dict({"text": ["a"]}),
        DatasetDict({"train": Dataset.from_dict({"text": ["a"]})}),
        [{"text": "a"}],
    ],
    ids=lambda rows: type(rows).__name__,
)
def test_rows_of_the_notebook_stay_named_and_are_handed_on(rows):
    loaded = read_spec("model: starter-encoder\ndata: {train: $rows}", variables={"rows": rows, "other": 1})
    assert loaded.spec.data.train == "$rows"
    assert list(loaded.variables) == ["rows"]
    assert loaded.variables["rows"] is rows


def test_plain_variables_are_put_in_place():
    text = "model: $name\ndata: {train: $file, validation: $share}\n"
    text += "train: {epochs: $n, learning_rate: $lr}\nevaluate: {metrics: $m}"
    variables = {"name": "bert", "file": "imdb", "share": 0.2, "n": 2, "lr": np.float32(0.5), "m": ["f1", "accuracy"]}
    spec = load_spec(text, variables=variables)
    assert (str(spec.model), spec.data.train, spec.data.validation) == ("bert", "imdb", 0.2)
    assert (spec.train.epochs, spec.train.learning_rate, spec.evaluate.metrics) == (2, 0.5, ["f1", "accuracy"])


def test_a_section_can_come_from_a_variable():
    spec = load_spec("model: starter-encoder\ndata: {train: imdb}\ntrain: $how", variables={"how": {"epochs": 7}})
    assert spec.train.epochs == 7
    assert problems_of(SHORT + "train: $how", variables={"how": {"epoch": 7}}) == ["nbft knows no key 'epoch' here."]


def test_two_dollars_are_one():
    spec = load_spec("model: starter-encoder\ndata:\n  train: imdb\n  columns: {text: $$text, label: $$$}")
    assert (spec.data.columns.text, spec.data.columns.label) == ("$text", "$$")


def test_rows_in_a_mapping_become_variables():
    rows, other = [{"text": "a", "label": 1}], pd.DataFrame({"text": ["b"], "label": [0]})
    loaded = read_spec({"model": "starter-encoder", "data": {"train": rows, "test": other}})
    assert (loaded.spec.data.train, loaded.spec.data.test) == ("$train", "$test")
    assert loaded.variables == {"train": rows, "test": other}


def test_problems_of_a_mapping_name_no_lines():
    with pytest.raises(SpecError) as caught:
        read_spec({"model": "starter-encoder", "data": {"train": "imdb"}, "train": {"epoch": 1}})
    assert str(caught.value) == (
        "this spec: 1 problem\n\n  train.epoch: nbft knows no key 'epoch' here.\n  It is called 'epochs':   epochs: 1"
    )


def test_what_no_yaml_can_hold_is_refused_in_a_mapping():
    assert problems_of({"model": object()}) == ["a value of type object can't stand in a spec."]
    assert problems_of(3) == ["a spec is YAML text, a path or a mapping, not a int."]


@pytest.mark.parametrize(
    "overrides", [["train.epochs=1", "evaluate.metrics=[f1]"], {"train.epochs": 1, "evaluate.metrics": ["f1"]}]
)
def test_what_is_set_beside_the_text_wins(overrides):
    spec = load_spec(SHORT + "train: {epochs: bad}", overrides=overrides)
    assert (spec.train.epochs, spec.evaluate.metrics) == (1, ["f1"])


def test_problems_of_overrides_say_where_they_were_given():
    with pytest.raises(SpecError) as caught:
        read_spec(SHORT, overrides=["train.epochs=-1", "train.lr=1", "seed", "seed=[1", "data.columns.text=$x"])
    said = [f"{problem.path}: {problem.what}" for problem in caught.value.problems]
    assert sorted(said) == [
        "--set data.columns.text: there is no variable 'x'.",
        "--set seed: this bracket is never closed: ']' is missing.",
        "--set train.epochs: must be a number above 0 and up to 10000, got -1.",
        "--set train.lr: nbft knows no key 'lr' here.",
        "--set: 'seed' sets nothing.",
    ]


def test_the_text_to_save_has_every_value_in_place_and_keeps_its_comments():
    text = "# mine\nmodel: starter-encoder  # small\ndata:\n  train: $rows # here\n"
    text += "train: {learning_rate: $lr} # fast\nsave:\n  keep: 1\n"
    how = {
        "variables": {"rows": [{"text": "a", "label": 1}], "lr": 1e-4},
        "overrides": [
            "train.epochs=1",
            "model=bert: x".replace(": x", ""),
            "seed=7",
            "save.every=5",
            "evaluate.metrics=[f1]",
        ],
    }
    loaded = read_spec(text, **how)
    assert loaded.text == text
    assert loaded.text_to_save == (
        "# mine\nevaluate: {metrics: [f1]}\nseed: 7\nmodel: bert  # small\ndata:\n  train: $rows # here\n"
        "train: {epochs: 1, learning_rate: 0.0001} # fast\nsave:\n  every: 5\n  keep: 1\n"
    )
    assert load_spec(loaded.text_to_save, variables=loaded.variables) == loaded.spec


def test_where_a_value_cannot_be_set_in_place_the_text_to_save_is_made_anew():
    text = SHORT + "evaluate:\n  metrics:\n  - f1\n  - accuracy\ntrain:\n"
    loaded = read_spec(text, overrides={"evaluate.metrics": ["f1"], "train.epochs": 2})
    assert load_spec(loaded.text_to_save) == loaded.spec
    assert loaded.spec.evaluate.metrics == ["f1"]


def test_a_later_finding_points_at_its_line(in_rows):
    loaded = read_spec(ISSUE, name="cell In[4]", first_line=2)
    error = DataError("reviews.csv has no column 'review'.", "Its columns: text, label.", "data.columns.text")
    expected = (
        "cell In[4]: 1 problem\n\n"
        "  line 8, data.columns.text: reviews.csv has no column 'review'.\n"
        "      columns: {text: review, label: stars}\n"
        "                      ^^^^^^\n"
        "  Its columns: text, label."
    )
    assert str(loaded.explain(error)) == str(loaded.explain(error.to_record())) == expected


def test_a_finding_about_a_key_that_is_not_given_points_at_the_nearest_above(in_rows):
    loaded = read_spec(ISSUE, first_line=2)
    assert loaded.problem("data.max_tokens", "x").line == 4
    assert loaded.problem("train.epochs", "x").column == len("train: {epochs: ") + 1
    assert loaded.problem("", "x").line is None


def test_a_missing_file_names_the_closest(tmp_path):
    (tmp_path / "reviews.yaml").write_text(SHORT)
    with pytest.raises(SpecError) as caught:
        read_spec(tmp_path / "review.yaml")
    assert str(caught.value).startswith(f"{tmp_path / 'review.yaml'}: 1 problem\n\n  There is no file ")
    assert caught.value.problems[0].fix == f"Did you mean {str(tmp_path / 'reviews.yaml')!r}?"


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "spec.yaml"
    file.write_bytes(b"model: x\ndata: caf\xe9")
    assert problems_of(file) == ["byte 18 of the file is not UTF-8."]
    file.write_bytes(b"a" * 100_000)
    assert "98 KB long; a spec has at most 64 KB" in problems_of(file)[0]
    assert "can't be read" in problems_of(tmp_path.joinpath("folder.yaml").parent)[0]


@settings(max_examples=150, deadline=1000)
@given(st.dictionaries(st.sampled_from([key.name for key in keys().values()]), PLAIN | st.just("$x"), max_size=5))
def test_any_value_at_any_key_gives_a_spec_or_a_spec_error(overrides):
    assert outcome(SHORT, overrides=overrides, variables={"x": [{"a": 1}]})


def test_a_users_mistake_shows_no_traceback():
    with pytest.raises(SpecError) as caught:
        read_spec("model: x")
    assert caught.value._render_traceback_()[0] == "this spec: 1 problem"
    assert caught.value.exit_code == 2


def test_loading_takes_no_torch_and_little_time():
    code = (
        f"import sys, time; import nbft; nbft.load_spec({SHORT!r}); print(time.process_time()); "
        "print([m for m in ('torch', 'transformers', 'datasets', 'evaluate', 'peft', 'pandas', 'numpy') if m in sys.modules])"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    took = min(float(run.stdout.split()[0]) for run in runs)
    assert runs[0].stdout.split("\n")[1] == "[]"
    assert took < 0.4 * 2  # of the processor; a busy machine may be twice as slow as it can be
