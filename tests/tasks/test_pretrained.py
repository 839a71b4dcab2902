from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from nbft.errors import ModelError
from nbft.spec.sections import Model, RunSpec
from nbft.tasks.pretrained import count_parameters, load_model, model_limit, read_config
from nbft.tasks.tokenizers import learn_tokenizer, load_tokenizer, named_tokenizer
from tests.tasks.texts import GPT2, MARIAN, T5, sentence_pairs

TEXTS = [text for pair in sentence_pairs(20) for text in pair]
BART = {**MARIAN, "model_type": "bart"}
BERT = {
    "model_type": "bert",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


def spec_for(settings: Any, task: str, **tokenizer: Any) -> RunSpec:
    wanted = tokenizer or {"train": "words", "vocabulary": 64}
    model = {"from_scratch": settings}
    return RunSpec.model_validate({"model": model, "task": task, "tokenizer": wanted, "data": {"train": "x.csv"}})


def made(settings: Any, auto: Any, task: str = "translation") -> tuple[Any, Any]:
    spec = spec_for(settings, task)
    tokenizer = load_tokenizer(spec, TEXTS)
    torch.manual_seed(0)
    return load_model(auto, spec.model, tokenizer), tokenizer


@pytest.mark.parametrize("settings", [MARIAN, T5, BART], ids=["marian", "t5", "bart"])
def test_an_encoder_decoder_from_settings_starts_ends_and_pads_with_its_tokenizers_tokens(
    settings: dict, tmp_path: Path
):
    model, tokenizer = made(settings, AutoModelForSeq2SeqLM)
    for config in (model.config, model.generation_config):
        assert config.pad_token_id == tokenizer.pad_token_id
        assert config.eos_token_id == tokenizer.eos_token_id
        assert config.decoder_start_token_id == tokenizer.pad_token_id
        assert getattr(config, "forced_bos_token_id", None) is None
    forced = getattr(model.config, "forced_eos_token_id", None)
    assert forced == (None if settings is T5 else tokenizer.eos_token_id)
    assert model.get_input_embeddings().num_embeddings == len(tokenizer)
    assert model.get_output_embeddings().out_features == len(tokenizer)
    model.save_pretrained(tmp_path)
    again = AutoModelForSeq2SeqLM.from_pretrained(tmp_path)
    batch = tokenizer(["der Hund", "ein Mann und ein Ball"], padding=True, return_tensors="pt")
    own, reloaded = (network.eval().generate(**batch, max_new_tokens=5) for network in (model, again))
    assert torch.equal(own, reloaded)
    assert set(own[:, 0].tolist()) == {tokenizer.pad_token_id}


def test_decoders_and_readers_from_settings_fit_their_tokenizer():
    decoder, tokenizer = made(GPT2, AutoModelForCausalLM, "text-generation")
    assert (decoder.config.vocab_size, decoder.config.eos_token_id) == (len(tokenizer), tokenizer.eos_token_id)
    reader, tokenizer = made(BERT, AutoModelForMaskedLM, "fill-mask")
    assert (reader.config.vocab_size, reader.config.pad_token_id) == (len(tokenizer), tokenizer.pad_token_id)


def test_random_weights_depend_on_the_seed_alone():
    first, _ = made(MARIAN, AutoModelForSeq2SeqLM)
    second, _ = made(MARIAN, AutoModelForSeq2SeqLM)
    weights = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in weights)


def test_what_the_spec_says_of_tokens_and_vocabulary_stays():
    model, tokenizer = made({**MARIAN, "vocab_size": 128, "decoder_start_token_id": 2}, AutoModelForSeq2SeqLM)
    assert model.config.vocab_size == 128 > len(tokenizer)
    assert model.config.decoder_start_token_id == 2
    with pytest.raises(ModelError, match="vocab_size makes room for 10"):
        made({**MARIAN, "vocab_size": 10}, AutoModelForSeq2SeqLM)


def test_a_folder_lends_its_architecture_and_tokenizer_and_not_its_weights(tmp_path: Path):
    model, tokenizer = made({**BART, "decoder_start_token_id": 3}, AutoModelForSeq2SeqLM)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    spec = spec_for(str(tmp_path), "translation", name=None)
    own = load_tokenizer(spec)
    fresh = load_model(AutoModelForSeq2SeqLM, spec.model, own)
    assert own.get_vocab() == tokenizer.get_vocab()
    assert fresh.config.decoder_start_token_id == 3
    assert fresh.config.d_model == model.config.d_model
    weight = "model.encoder.layers.0.fc1.weight"
    assert not torch.equal(fresh.state_dict()[weight], model.state_dict()[weight])
    learnt = spec_for(str(tmp_path), "translation", train="bpe", vocabulary=300)
    other = load_tokenizer(learnt, TEXTS)
    refitted = load_model(AutoModelForSeq2SeqLM, learnt.model, other)
    assert refitted.config.vocab_size == len(other)
    assert refitted.config.decoder_start_token_id == other.pad_token_id


@pytest.mark.parametrize(
    ("settings", "auto"), [(MARIAN, AutoModelForSeq2SeqLM), (T5, AutoModelForSeq2SeqLM), (GPT2, AutoModelForCausalLM)]
)
def test_embeddings_grow_with_new_tokens_and_keep_the_old_ones(settings: dict, auto: Any, tmp_path: Path):
    model, tokenizer = made(settings, auto)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    named = {"name": str(tmp_path)}
    spec = RunSpec.model_validate(
        {"model": named, "task": "translation", "tokenizer": {"add_tokens": ["<a>", "<b>"]}, "data": {"train": "x.csv"}}
    )
    wider = load_tokenizer(spec)
    assert len(wider) == len(tokenizer) + 2
    grown: Any = load_model(auto, spec.model, wider)
    before, after = (network.get_input_embeddings().weight for network in (model, grown))
    assert after.shape[0] == len(wider) == grown.config.vocab_size
    assert torch.equal(before, after[: len(before)])
    grown.save_pretrained(tmp_path / "grown")
    assert auto.from_pretrained(tmp_path / "grown").get_input_embeddings().num_embeddings == len(wider)


def test_a_head_gets_its_labels_from_scratch_too():
    spec = spec_for(BERT, "text-classification")
    tokenizer = load_tokenizer(spec, TEXTS)
    names = {0: "bad", 1: "fair", 2: "good"}
    model = load_model(
        AutoModelForSequenceClassification,
        spec.model,
        tokenizer,
        num_labels=3,
        id2label=names,
        ignore_mismatched_sizes=True,
    )
    assert model.config.id2label == names
    assert model.classifier.out_features == 3  # pyright: ignore[reportAttributeAccessIssue] - a BERT has one


def test_a_small_tokenizer_leaves_a_pretrained_models_embeddings_alone(tiny_model: Path):
    tokenizer = learn_tokenizer(["a"], spec_for(BERT, "fill-mask"))
    model = load_model(AutoModelForMaskedLM, Model(name=str(tiny_model)), tokenizer)
    assert model.config.vocab_size == len(AutoTokenizer.from_pretrained(tiny_model)) > len(tokenizer)
    assert named_tokenizer(str(tiny_model)).pad_token == "[PAD]"


@pytest.mark.parametrize(
    ("settings", "says", "fix"),
    [
        ({"model_type": "marain"}, "knows no model_type 'marain'", "Did you mean 'marian'?"),
        ({"model_type": "marian", "d_modl": 8}, "no setting 'd_modl'", "Did you mean 'd_model'?"),
        ({"model_type": "marian", "d_model": "x"}, "A config of marian can't be made so", ""),
    ],
)
def test_settings_that_are_wrong_are_refused_with_what_is_right(settings: dict, says: str, fix: str):
    with pytest.raises(ModelError, match=says) as caught:
        read_config(Model(from_scratch=settings))
    assert fix in caught.value.fix


def test_settings_may_be_called_as_all_models_call_them():
    config = read_config(Model(from_scratch={"model_type": "marian", "hidden_size": 24, "num_attention_heads": 2}))
    assert (config.d_model, config.encoder_attention_heads) == (24, 2)


def test_limits_and_sizes_are_read_from_the_settings_alone():
    assert model_limit(Model(from_scratch=MARIAN)) == 64
    assert model_limit(Model(from_scratch=T5)) is None
    assert model_limit(Model(from_scratch=GPT2)) == 128
    small, large = (count_parameters(Model(from_scratch={**MARIAN, "d_model": size})) for size in (32, 64))
    assert 0 < small < large
    fewer, more = (count_parameters(Model(from_scratch=MARIAN), size) for size in (100, 200))
    assert more - fewer == 100 * 32


def test_an_encoder_tells_new_tokens_apart_as_it_does_old_ones(tiny_model: Path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    known = len(tokenizer)
    before = AutoModelForSequenceClassification.from_pretrained(tiny_model).get_input_embeddings().weight.detach()
    tokenizer.add_tokens([f"<new-{i}>" for i in range(40)])
    torch.manual_seed(0)
    model = load_model(AutoModelForSequenceClassification, Model(name=str(tiny_model)), tokenizer)
    weight = model.state_dict()["bert.embeddings.word_embeddings.weight"]
    assert torch.equal(weight[:known], before)
    apart = torch.pdist(weight[known:]).mean() / torch.pdist(before).mean()
    assert 0.8 < apart < 1.25
