"""The task is seen where columns, given keys and the model leave one; else the error says what fits."""

from __future__ import annotations

import json

import pytest

from nbft.errors import SpecError
from nbft.spec.infer import Doubt, Guess, given_keys, guess_task
from nbft.spec.load import load_spec, read_spec
from nbft.spec.model_kinds import UNKNOWN, ModelKind, kind_of_config, kind_of_model
from nbft.spec.scope import TASK_NAMES, is_read, scoped, tasks_of
from nbft.spec.sections import Columns, Model, RunSpec

READS, WRITES = ModelKind("bert", "encoder"), ModelKind("gpt2", "decoder")
ANSWERS = ModelKind("t5", "encoder-decoder")


def columns(*roles: str) -> list[tuple[str, ...]]:
    return [("data", "columns", role) for role in roles]


@pytest.mark.parametrize(
    ("names", "task"),
    {
        "text label": "text-classification",
        "v1 v2": "text-classification",
        "sentence1 sentence2 score": "text-classification",
        "premise hypothesis label idx": "text-classification",
        "tokens ner_tags": "token-classification",
        "id words labels": "token-classification",
        "text entities": "token-classification",
        "id title context question answers": "question-answering",
        "question context answer label": "question-answering",
        "translation": "translation",
        "source target label": "translation",
        "en zh attribution": "translation",
        "eng_Latn deu_Latn id": "translation",
        "English German": "translation",
        "article highlights id": "summarization",
        "id dialogue summary": "summarization",
        "messages": "chat",
        "messages label": "chat",
        "conversations tools": "chat",
        "instruction input output text": "chat",
        "Prompt Completion": "chat",
    }.items(),
)
def test_columns_tell_the_task(names, task):
    found = guess_task(names.split(), [], UNKNOWN)
    assert isinstance(found, Guess)
    assert found.task == task
    assert found.reason.startswith("the data has ")


@pytest.mark.parametrize(
    ("kind", "task"), [(WRITES, "text-generation"), (READS, "fill-mask"), (ModelKind("bart", "encoder-decoder"), "fill-mask")]
)  # fmt: skip
def test_of_text_alone_the_model_makes_the_task(kind, task):
    found = guess_task(["text", "id"], [], kind)
    assert isinstance(found, Guess)
    assert found.task == task
    assert found.reason.startswith("the data is text alone, and the model ")


@pytest.mark.parametrize(
    ("names", "kind", "fitting"),
    [
        ("text", UNKNOWN, ("text-generation", "fill-mask")),
        ("text", ANSWERS, ("text-generation", "fill-mask")),
        ("text summary label", UNKNOWN, ("summarization", "text-classification")),
        ("first second", UNKNOWN, ()),
        ("en id", UNKNOWN, ("text-generation", "fill-mask")),
        ("", UNKNOWN, ()),
    ],
)
def test_where_several_tasks_fit_all_of_them_are_named(names, kind, fitting):
    found = guess_task(names.split(), [], kind)
    assert isinstance(found, Doubt)
    assert found.tasks == fitting
    assert all(f"{task} (" in str(found) for task in fitting)
    assert f"task: {(*fitting, 'text-classification')[0]}\n" in found.fix(["a"])


def test_what_the_spec_gives_comes_before_what_the_columns_are_called():
    assert guess_task(["a", "b"], columns("tags"), UNKNOWN) == Guess(
        "token-classification", "the spec gives a column for tags"
    )
    assert guess_task(["text", "label"], [("fill_mask",)], UNKNOWN) == Guess("fill-mask", "the spec gives fill_mask")
    found = guess_task(["text", "summary", "label"], columns("text", "label"), UNKNOWN)
    assert isinstance(found, Guess)
    assert found.task == "text-classification"


def test_options_that_no_one_task_has_together_are_said_so():
    found = guess_task([], columns("tags", "summary"), UNKNOWN)
    assert isinstance(found, Doubt)
    assert (
        found.what
        == "a column for tags belongs to token-classification and a column for summary belongs to summarization"
    )


def test_only_what_differs_from_the_default_counts_as_given():
    text = "model: x\ntask: chat\ndata: {train: imdb, columns: {messages: m}}\nchat: {learn: last}\n"
    spec = load_spec(text)
    assert given_keys(spec) == [("chat",), ("data", "columns", "messages")]
    again = RunSpec.model_validate(json.loads(spec.model_dump_json()))
    assert given_keys(again) == given_keys(spec)


@pytest.mark.parametrize(
    ("config", "family"),
    [
        ({"model_type": "bert"}, "encoder"),
        ({"model_type": "bert", "is_decoder": True}, "decoder"),
        ({"model_type": "gpt2"}, "decoder"),
        ({"model_type": "new", "architectures": ["NewForCausalLM"]}, "decoder"),
        ({"model_type": "bart", "architectures": ["BartForCausalLM"]}, "encoder-decoder"),
        ({"model_type": "new", "is_encoder_decoder": True}, "encoder-decoder"),
        ({"model_type": "new"}, ""),
        ({}, ""),
        ({"model_type": 3, "architectures": None}, ""),
    ],
)
def test_a_config_tells_what_its_model_is_made_for(config, family):
    assert kind_of_config(config).family == family


def test_a_model_is_known_by_its_folder_its_settings_and_the_hubs_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = tmp_path / "hub" / "models--org--small"
    for folder in (tmp_path / "own", cached / "refs", cached / "snapshots" / "abc"):
        folder.mkdir(parents=True)
    (tmp_path / "own" / "config.json").write_text('{"model_type": "t5"}')
    (cached / "refs" / "main").write_text("abc")
    (cached / "snapshots" / "abc" / "config.json").write_text('{"model_type": "llama"}')
    assert kind_of_model(Model(name=str(tmp_path / "own"))).family == "encoder-decoder"
    assert kind_of_model(Model(name="org/small")).model_type == "llama"
    assert kind_of_model(Model(from_scratch={"model_type": "gpt2"})).family == "decoder"
    assert kind_of_model(Model(from_scratch=str(tmp_path / "own"))).model_type == "t5"
    assert kind_of_model(Model(name="starter-encoder")).family == "encoder"
    assert kind_of_model(Model(name="nobody/knows")) == kind_of_model(Model()) == UNKNOWN
    (tmp_path / "own" / "config.json").write_text("[broken")
    assert kind_of_model(Model(name=str(tmp_path / "own"))) == UNKNOWN


def test_what_a_model_lacks_is_a_sentence():
    assert READS.lacks("text-classification") == WRITES.lacks("chat") == ANSWERS.lacks("translation") == ""
    assert all(READS.lacks(task) for task in ("translation", "summarization", "text-generation", "chat"))
    assert ANSWERS.lacks("chat")
    assert ANSWERS.lacks("fill-mask")
    assert not ModelKind("bart", "encoder-decoder").lacks("fill-mask")
    assert not any(UNKNOWN.lacks(task) for task in TASK_NAMES)


def test_each_column_is_read_by_some_task_and_each_scope_is_a_key():
    assert all(tasks_of("data", "columns", role) != TASK_NAMES for role in Columns.model_fields)
    assert all(is_read(task, *path) for path in scoped() for task in tasks_of(*path))
    assert tasks_of("train", "epochs") == TASK_NAMES
    assert is_read(None, "fill_mask", "share")
    assert not is_read("chat", "fill_mask", "share")


def test_a_spec_is_checked_by_the_task_that_was_seen(in_rows):
    with pytest.raises(SpecError, match=r"this task is text-classification \(the data has a column stars\)"):
        read_spec("model: x\ndata: {train: reviews.csv}\nevaluate: {metrics: [bleu]}")
    read_spec("model: x\ndata: {train: imdb}\nevaluate: {metrics: [bleu]}")  # nobody can tell
