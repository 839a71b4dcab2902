"""The encoder that ships: it loads with plain transformers, is small enough and learns a few rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

ENCODER = Path(__file__).parents[2] / "nbft" / "starter" / "encoder"


def test_folder_is_at_most_12_mb_and_names_no_path() -> None:
    files = [path for path in ENCODER.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 12_000_000
    for path in files:
        if path.suffix == ".json":
            assert "/" not in json.dumps(json.loads(path.read_text(encoding="utf-8")).get("name_or_path", ""))


def test_loads_as_float32_and_as_a_classifier() -> None:
    assert AutoModel.from_pretrained(ENCODER).dtype == torch.float32
    model = AutoModelForSequenceClassification.from_pretrained(ENCODER, num_labels=3)
    inputs = AutoTokenizer.from_pretrained(ENCODER)(["a fine day", "rain"], padding=True, return_tensors="pt")
    assert model(**inputs).logits.shape == (2, 3)


def test_tokenizer_is_lowercase_wordpiece_with_pairs() -> None:
    tokenizer = AutoTokenizer.from_pretrained(ENCODER)
    assert tokenizer("GOOD film")["input_ids"] == tokenizer("good FILM")["input_ids"]
    assert tokenizer.tokenize("unwatchable")[1].startswith("##")
    assert set(tokenizer("one", "two")["token_type_ids"]) == {0, 1}
    assert len(tokenizer) == AutoModel.from_pretrained(ENCODER).config.vocab_size


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ("The film was wonderful.", "Interest rates rose in June."),
        ("I lost my keys.", "A cat sat on the mat."),
    ],
)
def test_knows_what_is_alike(near: str, far: str) -> None:
    model, tokenizer = AutoModel.from_pretrained(ENCODER).eval(), AutoTokenizer.from_pretrained(ENCODER)
    anchor = {"The film was wonderful.": "A great movie!"}.get(near, "Where did I leave my keys?")

    def vector(text: str) -> torch.Tensor:
        with torch.no_grad():
            return model(**tokenizer(text, return_tensors="pt")).last_hidden_state.mean(dim=1)

    alike = torch.cosine_similarity(vector(anchor), vector(near))
    assert alike > torch.cosine_similarity(vector(anchor), vector(far)) + 0.2
