from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sacrebleu
import torch
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from nbft.engine.evaluation import evaluate_model
from nbft.launch.inline import run_inline
from nbft.run import Run
from nbft.tasks.tokenizers import load_tokenizer
from tests.benchmarks.word_by_word import learn, translate
from tests.shared import shared
from tests.tasks.by_hand import batches, losses_by_hand, train
from tests.tasks.texts import (
    MODELS,
    WORDS,
    loss_of,
    ready,
    sentence_pairs,
    spec_of,
    write_pairs,
)


@pytest.mark.parametrize("model", list(MODELS))
def test_eight_pairs_are_learned_by_heart_and_written_again(model: str):
    task, tokenizer, network, features = ready(model)
    batch: dict[str, Any] = task.collator(tokenizer)([dict(row) for row in features.rows])
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(120):
        loss_of(task, network, batch).backward()
        optimizer.step()
        optimizer.zero_grad()
    outputs = task.generate(network.eval(), batch, tokenizer)
    scores = task.score(tuple(part.numpy() for part in outputs), None, ["bleu", "chrf", "ter", "meteor"], features)
    assert scores["bleu"] == pytest.approx(100)
    assert scores["chrf"] == pytest.approx(100)
    assert scores["ter"] == 0
    assert scores["meteor"] > 0.9
    assert 0 < scores["loss"] < 0.1


@pytest.mark.parametrize("model", list(MODELS))
def test_a_padded_batch_gives_the_loss_of_its_rows_alone(model: str):
    task, tokenizer, network, features = ready(model)
    collate, rows = task.collator(tokenizer), [dict(row) for row in features.rows]
    network.eval()
    together = loss_of(task, network, collate(rows))
    tokens = [sum(label != -100 for label in row["labels"]) for row in rows]
    alone = sum(loss_of(task, network, collate([row])) * n for row, n in zip(rows, tokens, strict=True)) / sum(tokens)
    assert torch.allclose(together, torch.as_tensor(alone), atol=1e-5)
    own = network(**{name: value for name, value in collate(rows).items() if name != "decoder_input_ids"}).loss
    assert torch.allclose(together, own, atol=1e-5)  # as the model computes it itself


@pytest.mark.parametrize("model", list(MODELS))
def test_what_is_written_does_not_depend_on_the_padding_beside_it(model: str):
    task, tokenizer, network, features = ready(model)
    collate, rows = task.collator(tokenizer), [dict(row) for row in features.rows]
    network.eval()
    together, sums = task.generate(network, collate(rows), tokenizer)
    for i, row in enumerate(rows):
        written, own = task.generate(network, collate([row]), tokenizer)
        alone = task.answers((written.numpy(), own), None, features.select([i]))[0]
        assert task.answers((together[i : i + 1].numpy(), own), None, features.select([i]))[0] == alone
        assert torch.allclose(sums[i], own[0], atol=1e-4)


def test_label_smoothing_is_in_training_and_not_in_the_evaluation():
    task, tokenizer, network, features = ready("marian", train={"label_smoothing": 0.1})
    batch: dict[str, Any] = task.collator(tokenizer)([dict(row) for row in features.rows])
    network.eval()
    logits = network(
        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]
    ).logits
    flat, labels = logits.detach().flatten(0, 1), batch["labels"].flatten()
    smoothed = cross_entropy(flat, labels, label_smoothing=0.1)
    assert torch.allclose(loss_of(task, network, batch), smoothed, atol=1e-5)
    outputs = tuple(part.numpy() for part in task.generate(network, batch, tokenizer))
    assert task.score(outputs, None, [], features)["loss"] == pytest.approx(
        float(cross_entropy(flat, labels)), abs=1e-5
    )


@pytest.mark.parametrize("model", list(MODELS))
def test_the_passes_of_a_step_add_up_to_its_loss(model: str):
    task, tokenizer, network, features = ready(model)
    collate, rows, loss = task.collator(tokenizer), [dict(row) for row in features.rows], task.loss()
    network.eval()

    def passed(batch: dict[str, Any], items: Any = None) -> torch.Tensor:
        inputs = {name: value for name, value in batch.items() if name != "labels"}
        return loss(network(**inputs), batch["labels"], items)

    whole: dict[str, Any] = collate(rows)
    items = (whole["labels"] != -100).sum()
    parts = sum(passed(collate(part), items) for part in (rows[:3], rows[3:]))
    assert torch.allclose(torch.as_tensor(parts), passed(whole), atol=1e-5)


def plain_batch(model: str, tokenizer: Any, network: Any, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Tokenises and pads as a user of transformers would who knows nothing of nbft."""
    if model == "gpt2":
        prompts = [tokenizer(f"{source}\nTranslation:")["input_ids"] for source, _ in pairs]
        ends = [[*tokenizer(f" {target}")["input_ids"], tokenizer.eos_token_id] for _, target in pairs]
        whole = [[*prompt, *end] for prompt, end in zip(prompts, ends, strict=True)]
        width = max(map(len, whole))
        labels = [[-100] * len(p) + e + [-100] * (width - len(p) - len(e)) for p, e in zip(prompts, ends, strict=True)]
        padded = tokenizer.pad({"input_ids": whole}, return_tensors="pt")
        return {**padded, "labels": torch.tensor(labels)}
    encoded = tokenizer([source for source, _ in pairs], padding=True, return_tensors="pt")
    targets = tokenizer([target for _, target in pairs], padding=True, return_tensors="pt")
    labels = targets["input_ids"].masked_fill(targets["attention_mask"] == 0, -100)
    return {"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"], "labels": labels}


@pytest.mark.parametrize("model", list(MODELS))
def test_nbft_and_a_plain_loop_have_the_same_loss_curve(model: str, place: Path):
    pairs = sentence_pairs(20, seed=3)
    write_pairs(place / "pairs.jsonl", pairs)
    spec = spec_of(model)
    done = train(spec, place / "runs")
    tokenizer = AutoTokenizer.from_pretrained(done.run.folder.model)
    auto = AutoModelForCausalLM if model == "gpt2" else AutoModelForSeq2SeqLM
    settings = auto.from_pretrained(done.run.folder.model).config
    made: list[Any] = []

    def make() -> Any:
        made.append(auto.from_config(settings))
        return made[-1]

    def size(pair: tuple[str, str]) -> int:
        row = plain_batch(model, tokenizer, None, [pair])
        return row["input_ids"].shape[1] + (0 if model == "gpt2" else row["labels"].shape[1])

    order = batches([size(pair) for pair in pairs], 4, seed=42, epochs=2)
    by_hand = losses_by_hand(
        make, lambda rows: plain_batch(model, tokenizer, None, [pairs[i] for i in rows]), order,
        learning_rate=3e-3, warmup=1,
    )  # fmt: skip
    assert done.losses == pytest.approx(by_hand, abs=2e-5)


def test_a_run_translates_what_it_learned_and_model_does_so_with_plain_transformers(place: Path):
    pairs = sentence_pairs(16)
    write_pairs(place / "pairs.jsonl", pairs, ("de", "en"))
    spec = spec_of(
        data={"train": "pairs.jsonl", "validation": "pairs.jsonl", "test": "pairs.jsonl"},
        train={"epochs": 120, "batch_size": 16, "learning_rate": 8e-3, "precision": "fp32", "label_smoothing": 0.1},
        generate={"beams": 2},
        evaluate={"every": 60, "metrics": ["bleu", "chrf", "ter"]},
    )
    run = train(spec, place / "runs").run
    notes = " ".join(run.state.plan.notes if run.state.plan else [])
    assert "source is 'de', target is 'en'" in notes
    assert "tok:13a" in notes
    assert (run.metrics["test/bleu"] or 0) > 80
    said = run.predict(pairs[0][0])
    assert repr(said) == f"Translation({said.text!r})"
    assert str(said) == said.text == pairs[0][1]
    assert run.pipeline()(pairs[0][0]) == [{"translation_text": said.text}]

    texts = [source for source, _ in pairs]
    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    network = AutoModelForSeq2SeqLM.from_pretrained(run.folder.model)
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    plain = tokenizer.batch_decode(network.generate(**batch), skip_special_tokens=True)
    ours = [found.text for found in run.predict(texts, batch_size=3)]
    assert ours == plain
    score = sacrebleu.corpus_bleu(ours, [[target for _, target in pairs]])
    assert run.metrics["test/bleu"] == pytest.approx(score.score)
    assert evaluate_model(run.folder, "pairs.jsonl")["test/bleu"] == pytest.approx(score.score)
    assert [sample.reference for sample in run.state.samples][:5] == [target for _, target in pairs[:5]]


def test_a_resumed_run_takes_the_tokenizer_that_it_learned(place: Path):
    write_pairs(place / "pairs.jsonl", sentence_pairs(20))
    done = train(spec_of(), place / "runs").run
    learnt = AutoTokenizer.from_pretrained(done.folder.model).get_vocab()
    kept = PreTrainedTokenizerFast.from_pretrained(done.folder.tokenizer)
    assert kept.get_vocab() == learnt
    write_pairs(place / "pairs.jsonl", [(source.upper(), target) for source, target in sentence_pairs(20)])
    again = load_tokenizer(done.spec, ["other words"], done.folder.tokenizer)
    assert again.get_vocab() == learnt


def test_a_run_on_empty_targets_says_so_at_its_key(place: Path):
    write_pairs(place / "pairs.jsonl", [("x", ""), ("y", "")])
    with pytest.raises(Exception, match="No row of the train data has both source and target"):
        train(spec_of(), place / "runs")


def test_an_inline_worker_can_be_asked_again(place: Path):
    write_pairs(place / "pairs.jsonl", sentence_pairs(12))
    done = train(spec_of(), place / "runs").run
    assert run_inline(done.folder).poll() == 0
    assert Run(done.folder).status == "finished"


def test_the_baseline_of_the_figures_finds_which_word_is_which():
    pairs = [(source.split(), target.split()) for source, target in sentence_pairs(200)]
    assert learn(pairs) == WORDS
    assert translate("der Hund sieht Anna", WORDS) == "the dog sees Anna"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "train_file", "ends", "tokenizer"),
    [("multi30k", "train_8k.jsonl", ("en", "de"), "tok:13a"), ("tatoeba_en_zh", "train.jsonl", ("en", "zh"), "tok:zh")],
)
def test_real_data_trains_as_it_is(folder: str, train_file: str, ends: tuple[str, str], tokenizer: str, place: Path):
    lines = shared(f"{folder}/{train_file}").read_text(encoding="utf-8").splitlines()[:300]
    (place / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    spec = spec_of(
        tokenizer={"train": "bpe", "vocabulary": 600},
        data={"train": "rows.jsonl", "validation": 40, "columns": {"source": ends[0], "target": ends[1]}},
        train={"epochs": 1, "learning_rate": 1e-3},
        generate={"max_new_tokens": 16},
    )
    run = train(spec, place / "runs").run
    assert run.state.plan is not None
    assert any(tokenizer in note for note in run.state.plan.notes)
    rows = [json.loads(line) for line in lines]
    wanted = {row.get("translation", row)[ends[1]] for row in rows}
    assert {sample.reference for sample in run.state.samples} <= wanted
