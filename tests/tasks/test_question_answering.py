from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoTokenizer, BertConfig, PreTrainedTokenizerFast

from nbft.errors import DataError, ModelError
from nbft.inference.windows import windows
from nbft.tasks.tokenizers import named_tokenizer
from tests.tasks.questions import (
    WORDS,
    Said,
    inputs_of,
    loss_of,
    outputs_of,
    ready,
    rows,
    table,
    task_for,
    without_answer,
)


def test_eight_rows_are_learned_by_heart(tiny_model: Path):
    torch.manual_seed(0)
    some = [*rows(6), *map(without_answer, rows(2, seed=5))]
    task, standard, tokenizer = ready(tiny_model, some)
    model = task.load_model(tokenizer)
    features = task.features(standard, tokenizer, None)
    batch = task.collator(tokenizer)(inputs_of(features))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(80):
        loss_of(task, model, batch).backward()
        optimizer.step()
        optimizer.zero_grad()
    outputs = outputs_of(task, model.eval(), features, tokenizer)
    scores = task.score(outputs, None, ["exact_match", "f1", "no_answer_accuracy"], features)
    assert scores == {"exact_match": 1.0, "f1": 1.0, "no_answer_accuracy": 1.0}
    samples = task.samples(outputs, features, model, tokenizer)
    assert [(s.prompt, s.text, s.reference) for s in samples] == [
        (one["question"], one["answers"]["text"][0], one["answers"]["text"][0]) for one in some[:3]
    ]


def test_a_padded_batch_gives_the_loss_of_its_rows_alone(tiny_model: Path):
    task, standard, tokenizer = ready(tiny_model, [*rows(4), *rows(4, filler=20)])
    model, collate = task.load_model(tokenizer).eval(), task.collator(tokenizer)
    features = inputs_of(task.features(standard, tokenizer, None))
    assert len({len(one["input_ids"]) for one in features}) > 1
    together = loss_of(task, model, collate(features))
    alone = torch.stack([loss_of(task, model, collate([one])) for one in features]).mean()
    assert torch.allclose(together, alone, atol=1e-5)


def test_without_padding_the_loss_is_the_models_own(tiny_model: Path):
    task, standard, tokenizer = ready(tiny_model, rows(4))
    model, collate = task.load_model(tokenizer).eval(), task.collator(tokenizer)
    for one in inputs_of(task.features(standard, tokenizer, None)):
        batch = collate([one])
        assert torch.allclose(loss_of(task, model, batch), model(**batch).loss, atol=1e-6)


def test_a_question_keeps_half_of_a_window_and_the_rest_is_counted(tiny_model: Path):
    tokenizer = named_tokenizer(str(tiny_model))
    question = " ".join(WORDS[:15])
    made, cut = windows(tokenizer, [question], [" ".join(WORDS)], limit=23, stride=4)
    assert cut == 1
    assert made[0].first == 12  # [CLS] 10 [SEP]
    said = Said()
    task, _, _ = ready(tiny_model, rows(2))
    task.warn = said
    long = task.standardise(table({**rows(1)[0], "question": question}), "train")
    task.features(long, tokenizer, 23)
    assert said == ["1 question takes more than half of 23 tokens; the end is lost."]


def test_a_limit_without_room_is_refused(tiny_model: Path):
    task, standard, tokenizer = ready(tiny_model, rows(2))
    with pytest.raises(DataError, match="10 tokens leave no room") as caught:
        task.features(standard, tokenizer, 10)
    assert caught.value.path == "data.max_tokens"


def test_windows_are_384_tokens_or_what_the_model_reads_or_what_the_rows_need(tiny_model: Path):
    task, standard, tokenizer = ready(tiny_model, rows(4))
    longest = max(len(tokenizer(r["question"], r["context"])["input_ids"]) for r in standard)  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert task.features(standard, tokenizer, None).limit == -(-longest // 8) * 8
    long = task.standardise(table(*rows(1, filler=600)), "train")
    assert task.features(long, tokenizer, None).limit == 64  # the tokenizer's
    tokenizer.model_max_length = 10**12
    assert task.features(long, tokenizer, None).limit == 384
    assert task.notes[-1].startswith("Contexts are read in windows of") is False


def test_positions_point_at_the_answer_or_at_cls(tiny_model: Path):
    some = [*rows(6, filler=60), without_answer(rows(1, seed=3)[0])]
    task, standard, tokenizer = ready(tiny_model, some)
    features = task.features(standard, tokenizer, 30)
    assert len(features.rows) == len(features.example_of) == len(features.lengths) > len(some)
    found = set()
    for made, example in zip(features.rows, features.example_of, strict=True):
        at, last = made["start_positions"], made["end_positions"]  # pyright: ignore[reportArgumentType, reportCallIssue]
        if at:
            assert tokenizer.decode(made["input_ids"][at : last + 1]) == some[example]["answers"]["text"][0]  # pyright: ignore[reportArgumentType, reportCallIssue]
            found.add(example)
        else:
            assert last == 0
    assert found == set(range(6))
    assert "windows for 7 questions" in task.notes[-1]


def test_a_tokenizer_that_was_used_does_not_cut_afterwards(tiny_model: Path):
    task, standard, tokenizer = ready(tiny_model, rows(4, filler=60))
    task.features(standard, tokenizer, 30)
    assert tokenizer.backend_tokenizer.truncation is None


def test_a_model_without_such_a_head_is_refused(tiny_model: Path):
    spec = {"model": {"from_scratch": {"model_type": "marian"}}, "tokenizer": str(tiny_model)}
    task = task_for(tiny_model, **spec)
    with pytest.raises(ModelError, match="A marian model has no question-answering form"):
        task.learn_labels(task.standardise(table(*rows(2)), "train"), {})


def test_a_tokenizer_that_is_not_fast_is_refused(tiny_model: Path):
    from transformers import ByT5Tokenizer

    with pytest.raises(ModelError, match="ByT5Tokenizer can't say where in a text a token stands"):
        task_for(tiny_model).prepare_tokenizer(ByT5Tokenizer())


def test_label_smoothing_is_refused(tiny_model: Path):
    task = task_for(tiny_model, train={"label_smoothing": 0.1})
    with pytest.raises(DataError, match="no label smoothing"):
        task.learn_labels(task.standardise(table(*rows(2)), "train"), {})


def test_questions_without_an_answer_that_training_never_saw_are_warned_of(tiny_model: Path):
    said = Said()
    task = task_for(tiny_model, said)
    train_rows = task.standardise(table(*rows(4)), "train")
    task.learn_labels(train_rows, {"test": task.standardise(table(*map(without_answer, rows(2))), "test")})
    assert said == [
        "2 test questions have no answer, and no training question is like that: the model will always give one."
    ]
    assert not task.may_be_none


def test_a_chinese_context_is_noted_to_be_scored_by_character(tiny_model: Path):
    task = task_for(tiny_model)
    some = {"question": "第几?", "context": "在联赛中排名第六", "answers": "第六"}
    standard = task.standardise(table(some), "train")
    task.learn_labels(standard, {})
    assert task.notes[-1] == "The contexts are Chinese or Japanese: answers are scored by character, as in MLQA."


def bytes_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer as decoders have it: bytes, no [CLS], a space belongs to the word after it."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {token: i for i, token in enumerate(["<pad>", *sorted(alphabet)])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)  # pyright: ignore[reportAttributeAccessIssue]
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", padding_side="left")


def test_bytes_without_cls_find_chinese_answers_too(tmp_path: Path):
    tokenizer = bytes_tokenizer()
    settings = {"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 128}
    task = task_for("x", model={"from_scratch": settings})
    context = "在联赛中 排名第六，领先 NFL"
    some = [{"question": "第几?", "context": context, "answers": text} for text in ("第六", "NFL", "联赛")]
    standard = task.standardise(table(*some), "train")
    task.learn_labels(standard, {})
    task.prepare_tokenizer(tokenizer)
    features = task.features(standard, tokenizer, 96)
    for made, one in zip(features.rows, some, strict=True):
        ids = made["input_ids"][made["start_positions"] : made["end_positions"] + 1]  # pyright: ignore[reportArgumentType, reportCallIssue]
        assert str(tokenizer.decode(ids)).strip() == one["answers"]
    model = task.load_model(tokenizer).eval()
    scores = task.score(outputs_of(task, model, features, tokenizer), None, ["f1"], features)
    assert 0 <= scores["f1"] <= 1


def test_a_loss_of_the_users_gets_both_logits(tiny_model: Path):
    from nbft.tasks.window_trainer import WindowTrainer

    task, standard, tokenizer = ready(tiny_model, rows(4))
    seen = []

    class Alone(WindowTrainer):
        def __init__(self) -> None:
            self.compute_loss_func = lambda outputs, labels, items: (
                seen.append((outputs["logits"], labels)) or torch.ones(())
            )

    batch = task.collator(tokenizer)(inputs_of(task.features(standard, tokenizer, None)))
    assert Alone().compute_loss(task.load_model(tokenizer), batch) == 1
    assert seen[0][0].shape == (4, 2, batch["input_ids"].shape[1])
    assert seen[0][1].shape == (4, 2)


def test_a_config_of_a_model_with_three_classes_still_gets_two_logits(tmp_path: Path, tiny_model: Path):
    from transformers import BertForSequenceClassification

    config = BertConfig.from_pretrained(tiny_model, num_labels=3)
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(tmp_path)
    task, _, tokenizer = ready(tmp_path, rows(2))
    assert task.load_model(tokenizer).config.num_labels == 2
