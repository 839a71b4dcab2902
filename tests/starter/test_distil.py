"""The script that made the encoder: its parts, and a whole run on a teacher of a few thousand weights."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from nbft.starter import corpus, distil, lessons, student

TEXTS = [
    "The film was good, and the actors knew it. Nobody left early.",
    "Call me when you are free! The office closes at five.",
    "Seven boats crossed the bay before the storm, and one came back.",
    "He's never read the book; she has read it twice.",
]


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text("text\n" + "\n".join(f'"{text}"' for text in TEXTS), encoding="utf-8")
    return path


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = student.train_tokenizer(TEXTS * 3, 120, 64)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    folder = tmp_path / "teacher"
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_cut_keeps_every_word_once() -> None:
    text = " ".join(f"Sentence {i} has some words." for i in range(50)) + " long" * 200
    segments = list(corpus.cut(text, random.Random(0)))
    assert " ".join(segments).split() == text.split()
    assert max(len(segment.split()) for segment in segments) <= max(corpus.SEGMENT_WORDS)


def test_clean_drops_html_breaks() -> None:
    assert corpus.clean("Good.<br /><br />Very  good") == "Good. Very good"


def test_a_table_without_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"reviews\.csv:text"):
        corpus.split_source("reviews.csv")


def test_spell_takes_the_longest_pieces() -> None:
    vocabulary = {"[UNK]": 0, "un": 1, "##watch": 2, "##able": 3, "##w": 4}
    assert student.spell("unwatchable", vocabulary) == [1, 2, 3]
    assert student.spell("##able", vocabulary) == [3]
    assert student.spell("xyz", vocabulary) == [0]


def test_word_means_average_the_pieces() -> None:
    hidden = torch.arange(8.0).reshape(1, 4, 2)
    means = lessons.word_means(hidden, torch.tensor([[-1, 0, 0, 1]]))
    assert means.tolist() == [[3.0, 4.0], [6.0, 7.0]]


def test_lessons_line_up_with_the_segments(teacher: Path, tmp_path: Path) -> None:
    model, tokenizer = BertModel.from_pretrained(teacher).eval(), AutoTokenizer.from_pretrained(teacher)
    encoded = lessons.encode(tokenizer, TEXTS, 64)
    kept = lessons.ask_teacher(model, encoded, [3], tmp_path / "cache")
    words, _ = lessons.targets(kept, np.array([2]))
    with torch.no_grad():
        states = model(torch.tensor([encoded.ids[2]])).last_hidden_state
    expected = lessons.word_means(states, torch.tensor([encoded.words[2]]))
    assert torch.allclose(words[:, 0], expected, atol=0.05)


def test_a_run_writes_an_encoder_that_loads_and_repeats(
    teacher: Path, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = f"distil --teacher {teacher} --text {text_file}:text --vocabulary 100 --max-length 32"
    arguments += " --intermediate-size 16 --layers 0 2 --lessons-from 1 3 --epochs 4 --batch-tokens 64"
    weights = []
    for name in ("one", "two"):
        monkeypatch.setattr(sys, "argv", [*arguments.split(), "--out", str(tmp_path / name)])
        distil.main()
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert AutoModel.from_pretrained(tmp_path / "one").config.num_hidden_layers == 2
    assert AutoTokenizer.from_pretrained(tmp_path / "one").model_max_length == 32
