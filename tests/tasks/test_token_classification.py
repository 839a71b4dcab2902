"""Tags of words: alignment with sub-words, learning, and what a trained model says."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from seqeval.metrics import f1_score
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
    pipeline,
)

from nbft.engine.evaluation import evaluate_model
from nbft.errors import DataError, RunError
from nbft.inference.token_classification import Span, Tagged
from nbft.inference.words import joined, windows, words_of
from nbft.spec.sections import RunSpec
from nbft.tasks.token_classification import MASKED, TokenClassification
from nbft.tasks.tokenizers import learn_tokenizer, named_tokenizer
from tests.tasks.by_hand import batches, losses_by_hand, train

PEOPLE, PLACES = ("Ana", "Bob Lopez", "Eve"), ("Rio", "New York", "Ulm")
VERBS = ("met", "saw", "left", "likes")
TRAIN = {"epochs": 2, "learning_rate": 3e-3, "batch_size": 8, "warmup": 0.0, "precision": "fp32"}
LONG = "Ana met Bob Lopez in Rio , and Eve left New York . " * 6

Row = dict[str, Any]


def make_rows(count: int, seed: int = 0) -> list[Row]:
    """Returns sentences such as 'Ana met Bob Lopez in Rio .' with their tags."""
    chance, rows = random.Random(seed), []
    for _ in range(count):
        parts = [("PER", chance.choice(PEOPLE)), ("", chance.choice(VERBS)), ("PER", chance.choice(PEOPLE))]
        parts += [("", "in"), ("LOC", chance.choice(PLACES))] if chance.random() < 0.6 else []
        row: Row = {"tokens": [], "tags": []}
        for label, text in [*parts, ("", ".")]:
            words = text.split()
            row["tokens"] += words
            row["tags"] += [f"{'I' if i else 'B'}-{label}" if label else "O" for i in range(len(words))]
        rows.append(row)
    return rows


@pytest.fixture(scope="session")
def spelling_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of random weights without dropout, whose tokens are letters: every word has several."""
    folder = tmp_path_factory.mktemp("models") / "spelling-bert"
    letters = [*string.ascii_letters, *string.digits, *".,'!"]
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(names),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def task_for(model: Path, said: list[str] | None = None, **data: Any) -> TokenClassification:
    found = {"model": str(model), "task": "token-classification", "data": {"train": "x.jsonl", **data}}
    return TokenClassification(
        RunSpec.model_validate(found), lambda message, fix="": said.append(message) if said is not None else None
    )


def ready(model: Path, rows: list[Row] | None = None) -> tuple[TokenClassification, Dataset]:
    task = task_for(model)
    standard = task.standardise(Dataset.from_list(rows or make_rows(8)), "train")
    task.learn_labels(standard, {})
    return task, standard


def spec_for(model: Path, place: Path, rows: list[Row], **more: Any) -> dict[str, Any]:
    file = place / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    data = {"train": str(file), "validation": "none", **more.pop("data", {})}
    return {
        "model": str(model),
        "task": "token-classification",
        "data": data,
        "train": {**TRAIN, **more.pop("train", {})},
    }


def test_eight_rows_are_learned_by_heart(spelling_model: Path):
    torch.manual_seed(0)
    task, rows = ready(spelling_model)
    tokenizer = named_tokenizer(str(spelling_model))
    model, features = task.load_model(tokenizer), task.features(rows, tokenizer, None)
    batch = task.collator(tokenizer)(list(features.rows.remove_columns("words")))  # pyright: ignore[reportArgumentType] - rows
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    outputs = [part.detach().numpy() for part in task.reduce(model(**batch).logits, batch["labels"])]
    scores = task.score(tuple(outputs), batch["labels"].numpy(), ["f1", "accuracy"], features)
    assert (scores["f1"], scores["accuracy"]) == (1.0, 1.0)
    assert scores["loss"] == pytest.approx(float(model(**batch).loss.detach()), rel=1e-4)


def test_a_padded_batch_gives_the_loss_of_its_words_alone(spelling_model: Path):
    task, rows = ready(spelling_model)
    tokenizer = named_tokenizer(str(spelling_model))
    model, loss, collate = task.load_model(tokenizer).eval(), task.loss(), task.collator(tokenizer)
    features = list(task.features(rows, tokenizer, None).rows.remove_columns("words"))
    together = collate(features)  # pyright: ignore[reportArgumentType] - rows
    count = int(together["labels"].ne(MASKED).sum())
    model.requires_grad_(requires_grad=False)
    whole = loss(model(**together), together["labels"])
    assert float(whole) == pytest.approx(float(model(**together).loss), rel=1e-5)
    passes = [collate([dict(feature)]) for feature in features]  # pyright: ignore[reportArgumentType, reportCallIssue] - rows
    alone = sum(float(loss(model(**batch), batch["labels"], count)) for batch in passes)
    assert alone == pytest.approx(float(whole), rel=1e-5)


def test_only_the_first_token_of_a_word_is_learnt(spelling_model: Path):
    task, rows = ready(
        spelling_model, [{"tokens": ["Ana", "met", "Bob", "Lopez"], "tags": ["B-PER", "O", "B-PER", "I-PER"]}]
    )
    found: Any = task.features(rows, named_tokenizer(str(spelling_model)), None).rows[0]
    tokens = AutoTokenizer.from_pretrained(spelling_model).convert_ids_to_tokens(found["input_ids"])
    learnt = [
        (token, task.labels[label]) for token, label in zip(tokens, found["labels"], strict=True) if label != MASKED
    ]
    assert tokens[:6] == ["[CLS]", "A", "##n", "##a", "m", "##e"]
    assert learnt == [("A", "B-PER"), ("m", "O"), ("B", "B-PER"), ("L", "I-PER")]


@pytest.mark.parametrize("kind", ["bpe", "unigram", "wordpiece", "words"])
def test_words_meet_their_tokens_whatever_the_tokenizer(kind: str):
    spec = RunSpec.model_validate(
        {
            "model": {"from_scratch": {"model_type": "bert"}},
            "data": {"train": "x"},
            "tokenizer": {"train": kind, "vocabulary": 400},
        }
    )
    tokenizer = learn_tokenizer([LONG] * 20, spec)
    texts = [LONG.strip(), "Bob in Rio !", "  Eve   left .", *(joined(row["tokens"])[0] for row in make_rows(5))]
    places = [words_of(text) for text in texts]
    made = windows(tokenizer, texts, places, 20)
    judged: list[list[int]] = [[] for _ in texts]
    for window in made:
        assert len(window.inputs["input_ids"]) <= 20
        for position, word in window.words.items():
            judged[window.example].append(word)
            start, end = places[window.example][word]
            token = str(tokenizer.decode([window.inputs["input_ids"][position]])).strip()
            assert texts[window.example][start:end].startswith(token) or token in ("<unk>", "")
    assert [sorted(words) for words in judged] == [list(range(len(words))) for words in places]
    assert len(made) > len(texts)
    assert tokenizer.backend_tokenizer.truncation is None


def test_a_long_row_is_read_in_windows_and_no_word_is_lost(spelling_model: Path):
    words = LONG.split()
    task, rows = ready(spelling_model, [{"tokens": words, "tags": ["B-PER" if w[0].isupper() else "O" for w in words]}])
    features = task.features(rows, named_tokenizer(str(spelling_model)), 32)
    assert max(features.lengths) == 32
    assert features.example_of == [0] * len(features.lengths)
    assert sorted(word for row in features.rows["words"] for word in row) == list(range(len(words)))
    assert any("1 training rows are longer than 32 tokens" in note for note in task.notes)
    width = max(features.lengths)
    labels = np.full((len(features.lengths), width), MASKED)
    for i, row in enumerate(features.rows["labels"]):
        labels[i, : len(row)] = row
    right = (np.where(labels == MASKED, 0, labels), np.zeros(labels.shape))
    assert task.score(right, labels, ["f1"], features)["f1"] == 1.0
    order = list(range(len(features.lengths)))[::-1]
    assert task.score((right[0][::-1], right[1]), labels[::-1], ["f1"], features.select(order))["f1"] == 1.0


def test_a_word_that_the_tokenizer_drops_is_o(spelling_model: Path):
    task, rows = ready(spelling_model, [{"tokens": ["Ana", "\u200b\x00", "met"], "tags": ["B-PER", "B-PER", "O"]}])
    features = task.features(rows, named_tokenizer(str(spelling_model)), None)
    labels = np.array([features.rows["labels"][0]])
    found, true = task.answers((np.where(labels == MASKED, 0, labels), None), labels, features)
    assert (found, true) == ([["B-PER", "O", "O"]], [["B-PER", "B-PER", "O"]])


def test_tags_of_single_words_are_judged_word_by_word(spelling_model: Path):
    task, rows = ready(spelling_model, [{"tokens": ["Ana", "met", "Bob"], "tags": ["NOUN", "VERB", "NOUN"]}])
    assert task.labels == ["NOUN", "VERB"]
    assert any("not BIO" in note for note in task.notes)
    features = task.features(rows, named_tokenizer(str(spelling_model)), None)
    labels = np.array([features.rows["labels"][0]])
    outputs = (np.zeros(labels.shape, dtype=int), np.zeros(labels.shape))
    found = task.score(outputs, labels, ["f1", "accuracy"], features)
    assert found["f1"] == found["accuracy"] == pytest.approx(2 / 3)


def test_iob1_is_converted_in_every_split_and_said(spelling_model: Path):
    task = task_for(spelling_model)
    rows = task.standardise(
        Dataset.from_list([{"tokens": ["Ana", "met", "Bob"], "tags": ["I-PER", "O", "I-PER"]}]), "train"
    )
    assert rows["tags"][:] == [["B-PER", "O", "B-PER"]]
    other = task.standardise(Dataset.from_list([{"tokens": ["Bob", "Lopez"], "tags": ["I-PER", "I-PER"]}]), "test")
    assert other["tags"][:] == [["B-PER", "I-PER"]]
    assert sum("IOB1" in note for note in task.notes) == 1


def test_the_labels_stand_in_the_models_config(spelling_model: Path):
    task, _ = ready(spelling_model)
    config = task.load_model(named_tokenizer(str(spelling_model))).config
    assert config.id2label == dict(enumerate(["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]))


def test_columns_are_recognised_and_a_text_that_is_named_goes_before_tokens(spelling_model: Path):
    columns = {"tokens": [["Ana", "met", "Bob"]], "sentence": ["Ana met Bob"], "ner_tags": [["B-PER", "O", "O"]]}
    rows = Dataset.from_dict({**columns, "pos_tags": [["N", "V", "N"]]})
    task = task_for(spelling_model)
    assert task.standardise(rows, "train")["text"][:] == ["Ana met Bob"]
    assert "tags is column 'ner_tags'" in task.notes[0]
    spans = [[{"start": 8, "end": 11, "label": "PER"}]]
    with_spans = Dataset.from_dict({**columns, "entities": spans})
    named = task_for(spelling_model, columns={"tags": "entities"})
    assert named.standardise(with_spans, "train")["tags"][:] == [["O", "O", "B-PER"]]


def test_rows_without_words_are_left_out_and_counted(spelling_model: Path):
    said: list[str] = []
    rows = Dataset.from_dict({"tokens": [["Ana"], [], None], "tags": [["B-PER"], [], None]})
    assert len(task_for(spelling_model, said).standardise(rows, "train")) == 1
    assert said == ["2 of 3 train rows have no words or no tags and were left out."]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"tokens": [["a", "b"]], "tags": [["O", "O"]]}, "Every word of the 1 training rows has the tag O"),
        ({"tokens": [["a", "b"]], "tags": [["O"]]}, "Row 1 has 2 tokens and 1 tags"),
        ({"tokens": [[]], "tags": [[]]}, "No row of the train data has words and tags"),
        ({"what": [["a"]], "tags": [["O"]]}, "No column of the data is known to hold the words"),
        ({"tokens": [["a"]], "what": [["O"]]}, "No column of the data is known to hold the tags"),
    ],
)
def test_what_cannot_be_learned_is_refused(spelling_model: Path, columns: dict[str, Any], says: str):
    task = task_for(spelling_model)
    with pytest.raises(DataError, match=says):
        task.learn_labels(task.standardise(Dataset.from_dict(columns), "train"), {})


def test_a_type_that_training_never_saw_is_refused_but_not_a_mark(spelling_model: Path):
    task, rows = ready(spelling_model, [{"tokens": ["Ana", "met"], "tags": ["B-PER", "O"]}])
    task.learn_labels(rows, {"test": Dataset.from_dict({"tags": [["B-PER", "I-PER"]]})})
    with pytest.raises(DataError, match="1 test rows have tags that no training row has, 'B-LOC' among them"):
        task.learn_labels(rows, {"test": Dataset.from_dict({"tags": [["B-LOC", "O"]]})})


def test_a_split_leaves_every_type_a_row_to_learn_from(spelling_model: Path):
    rows = [*make_rows(30), *({"tokens": [f"w{i}"], "tags": [f"B-T{i}"]} for i in range(10))]
    task = task_for(spelling_model)
    kept, held, _ = task.hold_out(task.standardise(Dataset.from_list(rows), "train"), 0.5)
    assert len(kept) + len(held) == 40
    task.learn_labels(kept, {"validation": held})


def test_a_run_has_the_loss_curve_of_the_same_training_written_by_hand(spelling_model: Path, place: Path):
    rows = make_rows(40)
    trained = train(spec_for(spelling_model, place, rows), place)
    tokenizer = AutoTokenizer.from_pretrained(spelling_model)
    names = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]

    def batch_of(numbers: list[int]) -> dict[str, Any]:
        some = [rows[i] for i in numbers]
        batch = tokenizer([r["tokens"] for r in some], is_split_into_words=True, padding=True, return_tensors="pt")
        labels = torch.full(batch["input_ids"].shape, -100)
        for i, row in enumerate(some):
            ids = batch.word_ids(i)
            for at, word in enumerate(ids):
                if word is not None and word != ids[at - 1]:
                    labels[i, at] = names.index(row["tags"][word])
        return {**batch, "labels": labels}

    lengths = [len(tokenizer(row["tokens"], is_split_into_words=True)["input_ids"]) for row in rows]  # pyright: ignore[reportArgumentType] - a list
    expected = losses_by_hand(
        lambda: AutoModelForTokenClassification.from_pretrained(spelling_model, num_labels=len(names)),
        batch_of,
        batches(lengths, 8, 42, 2),
        learning_rate=3e-3,
    )
    assert len(trained.losses) == len(expected) == 10
    assert trained.losses == pytest.approx(expected, rel=2e-4)


def test_a_run_finds_spans_as_plain_transformers_does_and_scores_as_seqeval(spelling_model: Path, place: Path):
    held = make_rows(12, seed=5)
    test = place / "test.jsonl"
    test.write_text("\n".join(json.dumps(row) for row in held), encoding="utf-8")
    spec = spec_for(
        spelling_model, place, make_rows(80), data={"validation": 10, "test": str(test)}, train={"epochs": 8}
    )
    run = train(spec, place).run
    found: list[Tagged] = run.predict([row["tokens"] for row in held])
    tags = [[token.label for token in answer.tokens] for answer in found]
    score = float(f1_score([row["tags"] for row in held], tags))  # pyright: ignore[reportArgumentType] - one number
    assert score > 0.8
    assert run.metrics["test/f1"] == pytest.approx(score)
    assert evaluate_model(run.folder, str(test))["test/f1"] == pytest.approx(score)
    text = "Bob Lopez saw Eve in New York."
    answer = run.predict(text)
    folder = str(run.folder.model)
    plainly = pipeline("token-classification", model=folder, tokenizer=folder, aggregation_strategy="first")(text)
    assert [(s.start, s.end, s.label) for s in answer.spans] == [
        (p["start"], p["end"], p["entity_group"]) for p in plainly
    ]
    assert answer.spans[0].score == pytest.approx(plainly[0]["score"], abs=1e-5)
    assert all(text[span.start : span.end] == span.text for span in answer.spans)
    assert [p["start"] for p in run.pipeline()(text)] == [p["start"] for p in plainly]
    assert isinstance(answer.spans[0], Span)
    assert run.predict({"tokens": held[0]["tokens"]}).text == " ".join(held[0]["tokens"])
    assert len(run.predict(LONG).tokens) == len(LONG.split())
    assert run.predict("").spans == run.predict("  ").tokens == []
    with pytest.raises(RunError, match="no text and no list of words"):
        run.predict([3])
