"""Models, tokenizers and configs of transformers that a notebook made stand in a spec as `$name`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from nbft.errors import SpecError
from nbft.launch.prepare import prepare_folder
from nbft.spec.completion import Surroundings, complete
from nbft.spec.load import read_spec

DATA = "data: {train: imdb}\ntask: fill-mask\n"


@pytest.fixture(scope="module")
def made() -> dict[str, object]:
    config = BertConfig(vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]")
    return {"net": BertForMaskedLM(config), "tok": tokenizer, "config": config, "number": 3}


def test_a_model_and_its_tokenizer_are_saved_where_the_worker_finds_them(made, place: Path):
    loaded = read_spec(f"model: $net\ntokenizer: {{name: $tok}}\n{DATA}", variables=made)
    assert (loaded.spec.model.name, set(loaded.pretrained)) == ("$net", {"net", "tok"})
    folder = prepare_folder(loaded, "run")
    saved = json.loads(folder.resolved.read_text())["spec"]
    assert BertForMaskedLM.from_pretrained(saved["model"]["name"]).config.hidden_size == 8
    assert PreTrainedTokenizerFast.from_pretrained(saved["tokenizer"]["name"])("a")["input_ids"] == [1]
    assert Path(saved["model"]["name"]).parent == folder.variables.absolute()
    assert "model: $net" in folder.spec.read_text()


def test_a_config_is_put_in_place_as_its_settings(made):
    spec = read_spec(f"model: {{from_scratch: $config}}\ntokenizer: $tok\n{DATA}", variables=made).spec
    settings = spec.model.from_scratch
    assert isinstance(settings, dict)
    assert settings["model_type"] == "bert"
    assert settings["hidden_size"] == 8
    assert not {"vocab_size", "pad_token_id", "transformers_version"} & set(settings)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("model: $net", "a model of the notebook comes without its tokenizer"),
        ("model: $tok\ntokenizer: $tok", "which can't stand here"),
        ("model: x\ntokenizer: $net", "which can't stand here"),
        ("model: $config\ntokenizer: $tok", "BertConfig, which can't stand here"),
        ("model: {from_scratch: $net}\ntokenizer: $tok", "which can't stand here"),
        ("model: $number", "must be a name, or a section with keys, got 3"),
    ],
)
def test_what_is_no_model_is_refused(made, text, what):
    with pytest.raises(SpecError, match=what):
        read_spec(f"{text}\n{DATA}", variables=made)


def test_models_are_offered_where_they_can_stand(made):
    def offered(text: str) -> list[str]:
        return [item.text for item in complete(text, len(text), Surroundings(made)).items]

    assert offered("model: $") == ["$net"]
    assert offered("tokenizer: {name: $") == ["$tok"]
