from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import (
    AutoModelForSeq2SeqLM,
    M2M100Config,
    MarianConfig,
    MarianMTModel,
    MBartConfig,
    MBartForConditionalGeneration,
    MBartTokenizer,
    NllbTokenizer,
    T5Config,
)

from nbft.errors import DataError, ModelError
from nbft.tasks.prompts import prompt_for
from nbft.tasks.tokenizers import load_tokenizer
from tests.tasks.texts import (
    PAIRS,
    WORDS,
    ready,
    rows_of,
    task_for,
)


def test_what_cannot_be_learned_is_refused_before_a_model_is_loaded():
    task = task_for()
    same = task.standardise(Dataset.from_dict({"source": ["x", "y"], "target": ["x", "y"]}), "train")
    with pytest.raises(DataError, match="the target is the source itself"):
        task.learn_labels(same, {})
    reader = task_for(model={"from_scratch": {"model_type": "bert"}})
    with pytest.raises(ModelError, match="A bert model reads text and can't write it"):
        reader.learn_labels(reader.standardise(rows_of(PAIRS), "train"), {})


def test_long_texts_are_cut_within_their_prompt():
    prompt = "say {text} in English"
    task, tokenizer, _, _ = ready("marian", data={"train": "x", "prompt": prompt, "max_tokens": 8})
    long = task.standardise(rows_of([(" ".join(WORDS), "a " * 200)]), "test")
    made = task.features(long, tokenizer, 8)
    text = tokenizer.decode(made.rows[0]["input_ids"], skip_special_tokens=False)
    assert (len(made.rows[0]["input_ids"]), made.limit, made.cut) == (8, 8, 2)
    assert text.endswith("in English </s>")
    assert len(made.rows[0]["labels"]) == task.target_limit
    with pytest.raises(DataError, match="leave no room for a text"):
        task.features(long, tokenizer, 4)


def test_a_decoder_has_room_for_the_target_behind_its_prompt():
    task, tokenizer, _, _ = ready("gpt2")
    task.model_limit = 40
    with pytest.raises(DataError, match="The model reads 40 tokens") as caught:
        task.features(task.standardise(rows_of(PAIRS), "train"), tokenizer, 39)
    assert caught.value.path == "data.max_tokens"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"data": {"train": "x", "max_target_tokens": 65}}, "data.max_target_tokens"),
        ({"generate": {"max_new_tokens": 65}}, "generate.max_new_tokens"),
    ],
)
def test_more_than_the_model_can_write_is_refused(changes: dict, path: str):
    task = task_for(**changes)
    task.model_limit = 64
    rows = task.standardise(rows_of(PAIRS), "train")
    tokenizer = load_tokenizer(task.spec, task.texts(rows))
    task.prepare_tokenizer(tokenizer)
    with pytest.raises(DataError, match="65 can't be written") as caught:
        task.features(rows, tokenizer, None)
    assert caught.value.path == path


def test_mbart_and_nllb_get_their_language_codes():
    names = {"source_language": "en", "target_language": "de"}
    for kind, source, target in ((MBartTokenizer, "en_XX", "de_DE"), (NllbTokenizer, "eng_Latn", "deu_Latn")):
        task, tokenizer = task_for(translation=names), kind()
        task.standardise(rows_of(PAIRS), "train")
        task.prepare_tokenizer(tokenizer)
        assert (tokenizer.src_lang, tokenizer.tgt_lang) == (source, target)
    unknown = task_for(translation={"source_language": "en", "target_language": "tlh"})
    unknown.standardise(rows_of(PAIRS), "train")
    with pytest.raises(DataError, match="This model has no language 'tlh'") as caught:
        unknown.prepare_tokenizer(NllbTokenizer())
    assert caught.value.path == "translation.target_language"


@pytest.mark.parametrize("kind", [MBartTokenizer, NllbTokenizer])
def test_multilingual_models_start_what_they_write_with_the_target_language(kind: Any, tmp_path: Path):
    tokenizer = kind()
    shape = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "max_position_embeddings": 64}
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": 2, "bos_token_id": 0, "decoder_start_token_id": 2}
    config = (MBartConfig if kind is MBartTokenizer else M2M100Config)(
        vocab_size=len(tokenizer), **shape, **heads, **ids
    )
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    task = task_for(model=str(tmp_path), tokenizer={}, translation={"source_language": "en"})
    rows = task.standardise(rows_of(PAIRS, "en", "de"), "train")
    tokenizer = load_tokenizer(task.spec)
    task.prepare_tokenizer(tokenizer)
    features = task.features(rows, tokenizer, None)
    network: Any = task.load_model(tokenizer).eval()
    batch = task.collator(tokenizer)([dict(row) for row in features.rows])
    german: Any = tokenizer.convert_tokens_to_ids("de_DE" if kind is MBartTokenizer else "deu_Latn")
    written = network.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
    place = 0 if kind is MBartTokenizer else 1  # mBART-25 starts from the language, NLLB is made to say it first
    assert set(written[:, place].tolist()) == {german}
    assert set(batch["decoder_input_ids"][:, place].tolist()) == {german}  # trained as it writes
    if kind is MBartTokenizer:
        assert isinstance(network, MBartForConditionalGeneration)
        own = network.prepare_decoder_input_ids_from_labels(batch["labels"])
        assert own.tolist() == batch["decoder_input_ids"].tolist()


def test_prompts_are_the_users_then_the_models_then_a_usual_one():
    languages = ("en", "de")
    assert prompt_for("x {text}", "translation", T5Config(), languages) == ("x {text}", "")
    pretrained, trained = T5Config(), MarianConfig()
    pretrained.name_or_path = "t5-small"
    assert prompt_for(None, "translation", pretrained, languages)[0] == "translate English to German: {text}"
    assert prompt_for(None, "translation", T5Config(), languages) == (None, "")
    trained.task_specific_params = {"translation": {"prompt": "<{text}>"}}  # pyright: ignore[reportAttributeAccessIssue] - configs take any setting
    assert prompt_for(None, "translation", trained, languages)[0] == "<{text}>"
    bare = T5Config()
    bare.name_or_path = "run/model"
    bare.task_specific_params = {"translation": {"prompt": None}}  # pyright: ignore[reportAttributeAccessIssue] - as above
    assert prompt_for(None, "translation", bare, languages) == (None, "")  # it was trained without
    with pytest.raises(DataError, match="no place for the text"):
        prompt_for("no place", "translation", T5Config(), languages)


def test_drawing_by_chance_is_seeded():
    task, tokenizer, network, features = ready("marian", generate={"temperature": 1.0, "max_new_tokens": 8})
    batch = task.collator(tokenizer)([dict(row) for row in features.rows])
    before = torch.random.get_rng_state()
    first, second = (task.generate(network.eval(), batch, tokenizer)[0] for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(before, torch.random.get_rng_state())
    assert isinstance(network, MarianMTModel)
