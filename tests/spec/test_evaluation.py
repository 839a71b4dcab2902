"""Reading what a `%%ft_eval` cell says."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from nbft.errors import SpecError
from nbft.spec.evaluation import EvalSpec, read_evaluation
from nbft.spec.fields import keys_of
from nbft.spec.metric_names import SHIPPED

WHOLE = """\
runs: [reviews, base]
data: other.csv
metrics: [accuracy, f1]
by: [label, length]
compare: [[reviews, base]]
generate: {beams: 4}
baselines: false
harness: hellaswag, gsm8k
harness_tasks: tasks/
require: accuracy >= 0.85
seed: 7
trust_remote_code: true
"""


def said_of(text: str, **how: object) -> str:
    with pytest.raises(SpecError) as caught:
        read_evaluation(text, name="cell In[4]", first_line=2, **how)  # pyright: ignore[reportArgumentType]
    return str(caught.value)


def test_every_key_is_read():
    loaded = read_evaluation(WHOLE)
    assert loaded.data == "other.csv"
    assert loaded.spec.model_dump() == {
        "runs": ["reviews", "base"],
        "data": "other.csv",
        "metrics": ["accuracy", "f1"],
        "by": ["label", "length"],
        "compare": [["reviews", "base"]],
        "generate": {"beams": 4, "max_new_tokens": None, "temperature": 0.0, "prompts": None},
        "baselines": False,
        "harness": ["hellaswag", "gsm8k"],
        "harness_tasks": "tasks/",
        "require": ["accuracy >= 0.85"],
        "seed": 7,
        "trust_remote_code": True,
    }


def test_a_name_alone_is_enough_and_lists_may_be_words_with_commas():
    spec = read_evaluation("runs: reviews, base\nmetrics: accuracy").spec
    assert (spec.runs, spec.metrics, spec.baselines, spec.data) == (["reviews", "base"], ["accuracy"], True, None)


def test_rows_may_stand_in_the_cell():
    loaded = read_evaluation("runs: [reviews]\ndata:\n- {text: a good film, label: pos}\n- {text: dull, label: neg}\n")
    assert loaded.data == [{"text": "a good film", "label": "pos"}, {"text": "dull", "label": "neg"}]


def test_a_variable_gives_rows_and_another_a_run():
    rows = pd.DataFrame({"text": ["a"], "label": ["pos"]})
    names = {"mine": rows, "run": SimpleNamespace(name="reviews-001")}
    loaded = read_evaluation("runs: [$run, base]\ndata: $mine", variables=names)
    assert loaded.data is rows
    assert loaded.spec.runs == ["reviews-001", "base"]


def test_all_problems_come_at_once_with_line_and_caret():
    said = said_of("runs: [reviews]\nmetrcs: [f1]\nrequire: accuracy is good\nseed: many\n")
    assert "cell In[4]: 3 problems" in said
    assert "line 3, metrcs: an evaluation knows no key 'metrcs'.\n      metrcs: [f1]\n      ^^^^^^" in said
    assert "Did you mean 'metrics'?" in said
    assert "line 4, require: must be a demand" in said
    assert "got 'accuracy is good'.\n      require: accuracy is good\n               ^^^^^^^^^^^^^^^^" in said
    assert "line 5, seed: must be a whole number" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models: [reviews]", "It is called 'runs' here."),
        ("data: other.csv", "runs: this key is needed and was not given.\n  Write   runs: [reviews, base]"),
        ("runs: [reviews]\ndata: $mine", "there is no variable 'mine'."),
        ("runs: [reviews]\ndata: [1, 2]", "got [1, 2]."),
        ("runs: [reviews]\ncompare: [[reviews]]", "must be a pair of systems"),
        ("runs: [reviews]\ncompare: [[reviews, reviews]]", "can't be compared with itself"),
        ("runs: [reviews]\nmetrics: [accuracy, acuracy]", "line 3, metrics: 'acuracy' is no metric of nbft's"),
        ("runs: [reviews]\nmetrics: [acuracy]", "Did you mean 'accuracy'?\n  From the hub it would bring code"),
        ("runs: [reviews]\nmetrics: [$othr]", "there is no variable 'othr'."),
        ("runs: [reviews]\nmetrics: [$other]", "$other is of type int, which can't stand here."),
        ("runs: [reviews]\nmetrics: [f1, f1]", "'f1' is in the list already."),
        ("runs: [reviews]\ngenerate: {num_beams: 4}", "It is called 'beams':   beams: 4"),
        ("runs: [reviews]\ngenerate: {beams: 0}", "generate.beams: must be a whole number from 1 to 64, got 0."),
        ("runs: [reviews]\ngenerate: {temperature: hot}", "generate.temperature: must be a number from 0 to 10"),
        ("runs: [reviews]\ngenerate: {prompts: [Hi]}", "an evaluation writes to its rows, not to prompts."),
        ("runs: [reviews]\ngenerate: greedy", "generate: must be a section with keys, got 'greedy'."),
        ("runs: [reviews]\ndata: {sorce: starter-reviews}", "data.source: this key is needed"),
        ("runs: [reviews]\ndata: {source: starter-reviews, sheat: 2}", "Did you mean 'sheet'?"),
        ("runs: [reviews]\ndata: {source: starter-reviews, sheet: -2}", "data.sheet: must be a sheet's name"),
        ("runs: [reviews]\ndata: {source: starter-reviews, sheet: 2}", "'sheet' says how an Excel file"),
        ("runs: [reviews]\ndata: {source: gone.csv}", "gone.csv"),
        ("runs: [reviews]\ndata: {source: $mine}", "there is no variable 'mine'."),
        ("runs: [reviews]\ndata: {source: starter-reviews, columns: {txt: a}}", "Did you mean 'text'?"),
        ("runs: [reviews]\ndata: {source: starter-reviews, clean: [strip-htm]}", "Did you mean 'strip-html'?"),
        ("runs: [reviews]\ndata: {source: starter-reviews, clean: [$mine]}", "there is no function 'mine'."),
        ("runs: []", "runs: must be a list of systems, as [reviews, base], got []."),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(text, words):
    assert words in said_of(text, variables={"other": 1})


def test_a_variable_of_another_kind_is_no_data():
    assert "$n is of type int" in said_of("runs: [reviews]\ndata: $n", variables={"n": 3})


def test_text_that_is_no_mapping_is_refused():
    assert "cell In[4]" in said_of("- reviews\n- base\n")


@pytest.mark.parametrize("demand", ["f1 > .5", "accuracy.low >= 85%", "loss <= 1e-3", "mse<2", "mine >= -0.5"])
def test_a_demand_may_be_on_the_lower_end_in_percent_and_with_an_exponent(demand):
    assert read_evaluation(f"runs: [a]\nrequire: '{demand}'").spec.require == [demand]


def test_functions_that_metrics_name_come_with_the_spec():
    def mine(predictions: object, references: object) -> float:
        return 0.0

    loaded = read_evaluation("runs: [reviews]\nmetrics: [accuracy, $mine]", variables={"mine": mine, "other": len})
    assert loaded.spec.metrics == ["accuracy", "$mine"]
    assert loaded.functions == {"mine": mine}


def test_names_that_evaluate_has_for_metrics_of_ours_are_those_that_ship():
    from nbft.metrics import METRICS

    assert set(SHIPPED) == set(METRICS)


def test_every_key_has_a_sentence():
    assert all(key.sentence.endswith(".") for key in keys_of(EvalSpec).values())
