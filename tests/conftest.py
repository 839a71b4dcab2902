"""Small real things that tests share: a model and a data set that train in seconds, and a folder for runs."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_CACHE = tempfile.TemporaryDirectory(prefix="nbft-cache-")
os.environ["NBFT_CACHE"] = _CACHE.name  # nobody's own cache is read or filled

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # several tests at once, each on a core of its own
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # see nbft/worker.py: tests share their cores
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

GOOD = ("lovely", "superb", "brilliant", "warm", "great")
BAD = ("awful", "dull", "broken", "cold", "poor")
FILLER = ("the", "film", "was", "a", "very", "service", "and", "room", "with", "food", "it", "really", "quite", "day")

MAKE_MODEL = """
import sys
from pathlib import Path
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
folder, words = Path(sys.argv[1]), sys.argv[2].split()
vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.Lowercase()
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
    sep_token="[SEP]", model_max_length=64).save_pretrained(folder)
torch.manual_seed(0)
BertModel(BertConfig(vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=64, max_position_embeddings=64)).save_pretrained(folder)
"""
"""Made in a process of its own: tests of the left side must not find torch in theirs."""


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of random weights, 2 layers of 32, that knows the words of the tiny data set."""
    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    words = " ".join((*GOOD, *BAD, *FILLER))
    subprocess.run([sys.executable, "-c", MAKE_MODEL, str(folder), words], check=True, capture_output=True)
    return folder


def write_rows(file: Path, count: int, seed: int) -> Path:
    """Writes rows whose label is told by one word, in a sentence of fillers."""
    chance = random.Random(seed)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["review", "stars"])
        for i in range(count):
            label = ("negative", "positive")[i % 2]
            words: list[str] = chance.choices(FILLER, k=chance.randint(3, 12))
            words.insert(chance.randrange(len(words)), chance.choice(GOOD if i % 2 else BAD))
            writer.writerow([" ".join(words), label])
    return file


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, where runs lie in nbft-runs/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBFT_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def reviews(place: Path) -> Path:
    """A folder with reviews.csv (176 rows) and test.csv (32 rows)."""
    write_rows(place / "reviews.csv", 176, seed=1)
    write_rows(place / "test.csv", 32, seed=2)
    return place


@pytest.fixture
def tiny_spec(reviews: Path, tiny_model: Path) -> dict:
    """A spec that trains 4 epochs of 20 steps in about two seconds, and learns its task."""
    return {
        "model": str(tiny_model),
        "data": {"train": "reviews.csv", "validation": 16, "test": "test.csv"},
        "train": {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"},
    }
