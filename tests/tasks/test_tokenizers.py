from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from nbft.errors import DataError, ModelError
from nbft.spec.sections import RunSpec
from nbft.tasks.tokenizers import (
    SPECIAL,
    learn_tokenizer,
    load_tokenizer,
    named_tokenizer,
    told_of_new,
    unknown_characters,
)

TEXTS = [
    "Ein Hund läuft.",
    "Zwei Hunde laufen über die Straße!",
    "我有一只狗。",
    "a dog, a cat & two birds",
    "Hund",
] * 3
MODELS: dict[str, dict[str, Any]] = {
    "bert": {"model_type": "bert"},
    "roberta": {"model_type": "roberta", "type_vocab_size": 1},
    "distilbert": {"model_type": "distilbert"},
    "marian": {"model_type": "marian"},
    "gpt2": {"model_type": "gpt2"},
}
KINDS = ("bpe", "unigram", "wordpiece", "words")


def spec_for(model: str, kind: str, task: str, vocabulary: int = 400, **tokenizer: Any) -> RunSpec:
    return RunSpec.model_validate(
        {
            "model": {"from_scratch": MODELS[model]},
            "task": task,
            "tokenizer": {"train": kind, "vocabulary": vocabulary, **tokenizer},
            "data": {"train": "x.csv"},
        }
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_learnt_tokenizer_gives_its_texts_back(kind: str):
    tokenizer = learn_tokenizer(TEXTS, spec_for("marian", kind, "translation"))
    for text in set(TEXTS):
        ids: Any = tokenizer(text)["input_ids"]
        assert ids[-1] == tokenizer.eos_token_id
        assert tokenizer.unk_token_id not in ids
        told: Any = tokenizer.decode(ids, skip_special_tokens=True)
        assert told.replace(" ", "") == text.replace(" ", "")
        if kind in ("bpe", "unigram"):
            assert told == text


def test_byte_pairs_for_a_decoder_keep_every_space_and_know_every_text():
    tokenizer = learn_tokenizer(TEXTS, spec_for("gpt2", "bpe", "text-generation"))
    for text in ("  two  spaces\n", "нечто новое", "🙂 x", ""):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_word_at_the_start_is_the_word_that_it_is_within():
    tokenizer = learn_tokenizer(TEXTS, spec_for("marian", "bpe", "translation"))
    first, second = tokenizer.tokenize("Hund"), tokenizer.tokenize("Ein Hund")
    assert second[-len(first) :] == first


@pytest.mark.parametrize(
    ("model", "task", "frame", "inputs"),
    [
        ("bert", "text-classification", ("<cls>", "<sep>"), {"input_ids", "token_type_ids", "attention_mask"}),
        ("roberta", "text-classification", ("<cls>", "<sep>"), {"input_ids", "attention_mask"}),
        ("distilbert", "fill-mask", ("<cls>", "<sep>"), {"input_ids", "attention_mask"}),
        ("marian", "translation", (None, "</s>"), {"input_ids", "attention_mask"}),
        ("marian", "summarization", (None, "</s>"), {"input_ids", "attention_mask"}),
        ("gpt2", "text-generation", (None, None), {"input_ids", "attention_mask"}),
        ("gpt2", "translation", (None, None), {"input_ids", "attention_mask"}),
    ],
)
def test_a_text_is_framed_as_its_model_reads_it(model: str, task: str, frame: tuple, inputs: set[str]):
    tokenizer = learn_tokenizer(TEXTS, spec_for(model, "bpe", task))
    encoded: Any = tokenizer("Hund")
    tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    assert set(encoded) == inputs
    assert (tokens[0] if tokens[0] in SPECIAL.values() else None) == frame[0]
    assert (tokens[-1] if tokens[-1] in SPECIAL.values() else None) == frame[1]


def test_pairs_are_told_apart_where_the_model_knows_types():
    tokenizer = learn_tokenizer(TEXTS, spec_for("bert", "words", "text-classification"))
    encoded: Any = tokenizer("Hund", "Ein Hund")
    assert encoded["token_type_ids"] == [0, 0, 0, 1, 1, 1]


MAKE = """
import sys
from tests.tasks.test_tokenizers import TEXTS, spec_for
from nbft.tasks.tokenizers import learn_tokenizer
print(learn_tokenizer(TEXTS, spec_for("marian", sys.argv[1], "translation", 300)).backend_tokenizer.to_str())
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bpe", "words"])  # the others number their tokens by chance, in another way each time
def test_what_is_learnt_depends_on_the_texts_alone(kind: str):
    def made(threads: str) -> str:
        env = {**os.environ, "TOKENIZERS_PARALLELISM": threads, "PYTHONHASHSEED": str(len(threads))}
        command = [sys.executable, "-c", MAKE, kind]
        return subprocess.run(command, check=True, capture_output=True, env=env, text=True).stdout

    assert made("true") == made("false")


def test_a_tokenizer_learnt_twice_is_the_same_and_is_kept_for_a_resumed_run(tmp_path: Path):
    spec = spec_for("marian", "bpe", "translation", 300)
    first: Any = load_tokenizer(spec, TEXTS, tmp_path / "tokenizer")
    second: Any = learn_tokenizer(TEXTS, spec)
    assert second.backend_tokenizer.to_str() == first.backend_tokenizer.to_str()
    again = load_tokenizer(spec, ["quite other words"], tmp_path / "tokenizer")
    assert again.get_vocab() == first.get_vocab()
    assert again("Ein Hund")["input_ids"] == first("Ein Hund")["input_ids"]
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer"]


def test_a_saved_tokenizer_loads_with_plain_transformers_and_reads_the_same(tmp_path: Path):
    for kind in KINDS:
        tokenizer = learn_tokenizer(TEXTS, spec_for("marian", kind, "translation"))
        tokenizer.save_pretrained(tmp_path / kind)
        again = AutoTokenizer.from_pretrained(tmp_path / kind)
        for text in TEXTS:
            assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
            ids = tokenizer(text)["input_ids"]
            assert again.decode(ids, skip_special_tokens=True) == tokenizer.decode(ids, skip_special_tokens=True)


def test_new_tokens_stay_whole(tmp_path: Path):
    spec = spec_for("marian", "bpe", "translation", add_tokens=["<product>"])
    tokenizer = load_tokenizer(spec, TEXTS, tmp_path / "tokenizer")
    assert "<product>" in tokenizer.tokenize("Ein <product> läuft")
    assert "<product>" in tokenizer.decode(tokenizer("Ein <product>")["input_ids"], skip_special_tokens=True)
    again = load_tokenizer(spec, (), tmp_path / "tokenizer")
    assert again.convert_tokens_to_ids("<product>") == tokenizer.convert_tokens_to_ids("<product>")


def characters_added(model: Path | str, texts: list[str], learnt: Path | None = None) -> Any:
    asked = {"model": str(model), "task": "fill-mask", "tokenizer": {"add_tokens": "characters"}}
    return load_tokenizer(RunSpec.model_validate({**asked, "data": {"train": "x.csv"}}), texts, learnt)


def test_characters_that_a_vocabulary_lacks_become_tokens(tiny_model: Path):
    plain: Any = named_tokenizer(str(tiny_model))
    assert set(plain.tokenize("中国，中")) == {plain.unk_token}
    wider = characters_added(tiny_model, ["a 中国，中", "国 Ж ж"])
    assert wider.tokenize("中国，中") == ["中", "国", "，", "中"]
    assert len(wider) - len(plain) == 4  # both cases of ж are one, as the tokenizer makes all letters small
    assert wider.tokenize("ЖЖ ж") == ["ж", "ж", "ж"]
    known = "the film is fine"
    assert wider(known)["input_ids"] == plain(known)["input_ids"]


def test_a_tokenizer_that_knows_every_character_gets_none():
    spec = spec_for("gpt2", "bpe", "text-generation", add_tokens="characters")
    tokenizer = load_tokenizer(spec, TEXTS)
    assert unknown_characters(tokenizer, ["我 Ж 🙂"]) == []
    assert told_of_new(spec, tokenizer) == [
        "The vocabulary knows every character of the training texts: none was added."
    ]


def test_added_characters_are_kept_for_a_resumed_run_and_said(tiny_model: Path, tmp_path: Path):
    first = characters_added(tiny_model, ["中国"], tmp_path / "tokenizer")
    again = characters_added(tiny_model, ["quite other 字"], tmp_path / "tokenizer")
    assert again.get_vocab() == first.get_vocab()
    assert again("中字")["input_ids"] == first("中字")["input_ids"]
    assert set(again("a")) == set(first("a"))
    asked = {"model": "m", "tokenizer": {"add_tokens": "characters"}, "data": {"train": "x.csv"}}
    said = told_of_new(RunSpec.model_validate(asked), again)
    assert said == ["2 characters that the vocabulary lacks were added as tokens: 中 国"]


def test_a_decoders_own_tokenizer_gets_a_padding_token(tmp_path: Path):
    tokenizer = learn_tokenizer(TEXTS, spec_for("gpt2", "bpe", "text-generation"))
    tokenizer.pad_token = None
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    assert named_tokenizer(str(tmp_path)).pad_token == "</s>"


def test_what_cannot_be_learnt_is_refused():
    with pytest.raises(ModelError, match="Byte pairs need 263 tokens at least"):
        learn_tokenizer(TEXTS, spec_for("marian", "bpe", "translation", 100))
    for kind in ("wordpiece", "words"):
        with pytest.raises(DataError, match="There is no text to learn a tokenizer from"):
            learn_tokenizer(["", " "], spec_for("marian", kind, "translation"))
    with pytest.raises(ModelError, match="has no tokenizer"):
        named_tokenizer(None)
