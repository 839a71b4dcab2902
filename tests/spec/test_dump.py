"""A spec written out: short where it can be, without what its task doesn't read, and read back as the same spec."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbft.spec.annotated import annotated
from nbft.spec.load import dump_spec, load_spec, read_spec
from nbft.spec.scope import TASK_NAMES
from nbft.spec.sections import RunSpec
from nbft.spec.yaml_text import read_yaml


@dataclass(frozen=True)
class Found:
    task: str
    metrics: list[str]


SPECS = [
    "model: x\ndata: {train: imdb}",
    "model: {name: x}\ntokenizer: {name: y}\ndata: {train: imdb}",
    "model: x\ntokenizer: {name: y, add_tokens: [<a>]}\ndata: {train: imdb}",
    "model: {from_scratch: x}\ntokenizer: {train: bpe, vocabulary: 500}\ntask: chat\ndata: {train: imdb}",
    "model: {from_scratch: {model_type: gpt2, n_layer: 2}}\ntokenizer: y\ntask: text-generation\ndata: {train: imdb}",
    "model: x\ntask: fill-mask\ndata: {train: imdb}\nfill_mask: {share: 20%}",
    "model: x\ndata: {train: imdb}\nfill_mask: {share: 20%}",
    *(f"model: x\ntask: {task}\ndata: {{train: imdb}}" for task in TASK_NAMES),
]


@pytest.mark.parametrize("text", SPECS)
def test_what_is_written_is_read_back_as_the_same(text):
    spec = load_spec(text)
    assert load_spec(dump_spec(spec)) == load_spec(spec) == spec
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec
    again = load_spec(annotated(spec, text))
    assert (again.model, again.tokenizer, again.train, again.task) == (
        spec.model,
        spec.tokenizer,
        spec.train,
        spec.task,
    )


def test_a_saved_spec_with_a_plain_name_is_still_read():
    old = {"model": "bert", "task": "text-classification", "data": {"train": "imdb"}, "seed": 3}
    assert RunSpec.model_validate(old).model.name == "bert"


def test_a_section_of_one_value_is_written_as_that_value():
    data = read_yaml(dump_spec(load_spec(SPECS[1]))).data
    assert (data["model"], data["tokenizer"]) == ("x", "y")
    data = read_yaml(dump_spec(load_spec(SPECS[3]))).data
    assert (data["model"], data["tokenizer"]) == ({"from_scratch": "x"}, {"train": "bpe", "vocabulary": 500})
    assert "tokenizer" not in read_yaml(dump_spec(load_spec(SPECS[0]))).data


def test_only_options_of_the_task_are_written():
    data = read_yaml(dump_spec(load_spec("model: x\ntask: question-answering\ndata: {train: imdb}"))).data
    assert "question_answering" in data
    assert not {"classification", "translation", "generate", "chat", "fill_mask"} & set(data)
    assert not {"classification", "question_answering", "chat"} & set(read_yaml(dump_spec(load_spec(SPECS[0]))).data)


def test_what_the_worker_saw_is_marked_as_nobodys_choice():
    text = "model: {name: x}\ndata: {train: imdb}\n"
    lines = annotated(load_spec(text), text, Found("chat", ["eval/perplexity", "eval/loss"])).splitlines()
    marked = {line.split("#")[0].strip() for line in lines if line.endswith("# default")}
    assert "model: x" in lines
    assert {"task: chat", "metrics: [perplexity]", "monitor: eval/perplexity", "learn: assistant"} <= marked
    unknown = annotated(load_spec(text), text)
    assert "metrics:" not in unknown
    assert "task:" not in unknown


def test_overrides_go_into_a_section_given_by_its_value():
    text = "# mine\nmodel: x # small\ntokenizer: y\ndata: {train: imdb}\n"
    loaded = read_spec(text, overrides=["tokenizer.add_tokens=[new]", "task=chat", "model=z"])
    assert (loaded.spec.model.name, loaded.spec.task) == ("z", "chat")
    assert (loaded.spec.tokenizer.name, loaded.spec.tokenizer.add_tokens) == ("y", ["new"])
    assert loaded.text_to_save == (
        "# mine\ntask: chat\nmodel: z # small\ntokenizer: {name: y, add_tokens: [new]}\ndata: {train: imdb}\n"
    )
    assert load_spec(loaded.text_to_save) == loaded.spec
    scratch = read_spec(text, overrides={"model": {"from_scratch": "w"}})
    assert scratch.spec.model.source == "w"
    assert load_spec(scratch.text_to_save) == scratch.spec
    both = read_spec(text, overrides=["model.name=null", "model.from_scratch=w"])
    assert (both.spec.model.name, both.spec.model.from_scratch) == (None, "w")
