"""The schema says what the loader says."""

from __future__ import annotations

import math
import re

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nbft.errors import SpecError
from nbft.spec.blanks import settle_blanks
from nbft.spec.cleaning import WrongStep, steps_of
from nbft.spec.fields import keys
from nbft.spec.load import dump_spec, load_spec
from nbft.spec.metric_names import METRICS
from nbft.spec.problems import explain
from nbft.spec.reference import EXAMPLE, reference_markdown
from nbft.spec.schema import json_schema
from nbft.spec.sections import RunSpec
from nbft.spec.text import SpecText
from nbft.spec.yaml_text import read_yaml
from tests.spec.test_problems import CASES
from tests.spec.test_yaml_text import PLAIN

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
SCALARS = st.one_of(
    st.sampled_from(
        ["epoch", "none", "10%", "0%", "99.5%", "100%", "fp16", "cosine", "accuracy", "eval/f1", "x.csv", "", " "]
    ),
    st.sampled_from([0, 1, 2, 10, 1000, 10**9, 10**9 + 1, -1, 0.5, 1e-5, 1.5, 0.0, True, False, 2**32, 2**32 - 1]),
    st.lists(st.sampled_from(["accuracy", "f1", "roc_auc", "loss", 3]), max_size=3),
)
SHAPE = re.compile(r"(key|alias|value)-(?!not-finite)")
NAMES_OF_METRICS = {"loss", "eval/loss", *METRICS, *(f"eval/{name}" for name in METRICS)}


def is_taken_by_loader(data) -> bool:
    """Whether keys, types, ranges and names are right; whether they fit together is not the schema's affair."""
    text = SpecText("", data=data, has_lines=False)
    settle_blanks(text)
    try:
        spec = RunSpec.model_validate(text.data)
    except ValidationError as error:
        explain(text, error)
        return False
    metrics, monitor = spec.evaluate.metrics or [], spec.early_stopping.monitor
    are_known = len(set(metrics)) == len(metrics) and set(metrics) <= set(METRICS)
    return not text.problems and are_known and has_steps(spec) and (monitor is None or monitor in NAMES_OF_METRICS)


def has_steps(spec: RunSpec) -> bool:
    try:
        return bool(steps_of(spec.data.clean)) == bool(spec.data.clean)
    except WrongStep:
        return False


def is_beyond_json(value) -> bool:
    """JSON has no infinity, and a whole float is an integer to JSON Schema but not to us."""
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, float) and (item.is_integer() or not math.isfinite(item)) for item in items)


def test_the_schema_is_a_schema_of_its_draft():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_good_specs_are_valid(monkeypatch, in_rows):
    for text in (
        EXAMPLE,
        "model: x\ndata: {train: $rows}\ntrain: $how\nseed: $n\nevaluate: {metrics: [f1, $m]}\nsave:\n",
    ):
        assert not list(VALIDATOR.iter_errors(read_yaml(text).data))
    assert not list(VALIDATOR.iter_errors(read_yaml(dump_spec(load_spec("model: x\ndata: {train: imdb}"))).data))


@pytest.mark.parametrize("case", [case for case in CASES if SHAPE.match(case.stem)], ids=lambda case: case.stem)
def test_an_editor_refuses_what_the_loader_refuses(case):
    data = read_yaml(case.read_text(encoding="utf-8")).data
    assert list(VALIDATOR.iter_errors(data))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([key for key in keys().values() if key.takes_value]), SCALARS | PLAIN)
@example(keys()["data", "validation"], "0.5%")
@example(keys()["model", "name"], "bert")
@example(keys()["model", "from_scratch"], " ")
@example(keys()["tokenizer", "add_tokens"], [])
@example(keys()["tokenizer", "add_tokens"], [" "])
@example(keys()["tokenizer", "add_tokens"], "characters")
@example(keys()["tokenizer", "add_tokens"], "letters")
@example(keys()["tokenizer",], "bert")
@example(keys()["tokenizer",], "")
@example(keys()["tokenizer",], {"name": "bert"})
@example(keys()["data", "labels"], {"0": 1, "9": "drop"})
@example(keys()["data", "labels"], {"0": " "})
@example(keys()["data", "clean"], ["strip-html", {"drop-duplicates": 0.9}, {"drop-longer-than": "300 words"}])
@example(keys()["data", "clean"], ["strip_html"])
@example(keys()["data", "clean"], [{"drop-duplicates": {"near": 0.8}}, {"drop-longer-than": 20}])
@example(keys()["data", "clean"], [{"drop-duplicates": 0.2}])
@example(keys()["data", "clean"], [{"strip-html": True}])
@example(keys()["data", "clean"], ["drop-longer-than"])
@example(keys()["data", "clean"], [{"drop-longer-than": "20 tokens"}])
def test_schema_and_loader_agree_on_every_value_of_every_key(key, value):
    data: dict = {"model": "x", "data": {"train": "imdb"}}
    place = data
    for part in key.path[:-1]:
        place[part] = place[part] if isinstance(place.get(part), dict) else {}
        place = place[part]
    place[key.path[-1]] = value
    assert is_beyond_json(value) or VALIDATOR.is_valid(data) == is_taken_by_loader(data), (key.name, value)


def test_every_key_of_the_schema_has_its_sentence():
    def sentences(schema):
        for name, inner in schema.get("properties", {}).items():
            yield name, inner["description"]
            for choice in inner.get("anyOf", []):
                yield from sentences(choice)

    found = list(sentences(json_schema()))
    assert len(found) == len(keys())
    assert all(sentence.strip().split("\n")[0].endswith(".") for _, sentence in found)


def test_the_reference_names_every_key_with_its_default(in_rows):
    page = reference_markdown()
    assert all(f"| `{key.path[-1]}` |" in page and key.sentence in page for key in keys().values())
    assert "`2e-5`" in page
    with pytest.raises(SpecError, match=r"no file 'test.csv'"):
        load_spec(EXAMPLE)
