from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerFast,
)

from nbft.engine.control import Control
from nbft.errors import DataError, ModelError
from nbft.inference.fill_mask import Filled
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record.events import Measured
from nbft.run import Run
from nbft.spec.load import read_spec
from nbft.spec.sections import RunSpec
from nbft.tasks.fill_mask import FillMask, Masking
from nbft.tasks.tokenizers import learn_tokenizer
from tests.shared import minilm, shared
from tests.tasks.by_hand import batches, losses_by_hand, train
from tests.tasks.test_text_generation import STORIES, Said, bos_tokenizer

STORY = "One day a red frog went to the park. It was happy."
BERT = {
    "model_type": "bert",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def spec_of(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "model": {"from_scratch": BERT},
        "task": "fill-mask",
        "tokenizer": {"train": "words", "vocabulary": 60},
        "data": {"train": "stories.jsonl", "validation": "held.jsonl"},
        "train": {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"},
    }
    return {**made, **changes}


def task_of(**changes: Any) -> FillMask:
    return FillMask(RunSpec.model_validate(spec_of(**changes)), Said())


def ready(texts: list[str] = STORIES, **changes: Any) -> tuple[FillMask, Dataset, PreTrainedTokenizerFast]:
    task = task_of(**changes)
    rows = task.standardise(Dataset.from_dict({"text": texts}), "train")
    tokenizer = learn_tokenizer(task.texts(rows), task.spec)
    task.prepare_tokenizer(tokenizer)
    task.model_limit = 64
    task.learn_labels(rows, {})
    return task, rows, tokenizer


@pytest.fixture
def stories(place: Path) -> Path:
    for name, texts in (("stories", STORIES[:40]), ("held", STORIES[40:])):
        lines = [json.dumps({"text": text}) for text in texts]
        (place / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return place


def test_of_the_hidden_tokens_as_many_are_masked_replaced_and_kept_as_by_transformers_collator():
    _, _, tokenizer = ready()
    ids = np.array(tokenizer(" ".join(STORIES))["input_ids"])
    ours = [Masking(tokenizer, 0.15, 1).mask(ids, 0, row) for row in range(40)]
    torch.manual_seed(0)
    stock = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)([{"input_ids": ids}] * 40)
    pairs = [ours, list(zip(stock["input_ids"].numpy(), stock["labels"].numpy(), strict=True))]
    for made in pairs:
        hidden, labels = (np.stack(part) for part in zip(*made, strict=True))
        chosen = labels != -100
        assert (labels[chosen] == np.broadcast_to(ids, labels.shape)[chosen]).all()
        assert (hidden[~chosen] == np.broadcast_to(ids, labels.shape)[~chosen]).all()
        assert chosen.mean() == pytest.approx(0.15, abs=0.01)
        assert (hidden[chosen] == tokenizer.mask_token_id).mean() == pytest.approx(0.8, abs=0.03)
        assert (hidden[chosen] == labels[chosen]).mean() == pytest.approx(0.1 + 0.1 / 60, abs=0.02)
        assert not np.isin(labels[chosen], tokenizer.all_special_ids).any()


def test_each_row_hides_at_least_one_token():
    _, _, tokenizer = ready()
    masking = Masking(tokenizer, 0.01, 0)
    ids = np.array(tokenizer("red frog")["input_ids"])
    assert all((masking.mask(ids, 0, row)[1] != -100).sum() == 1 for row in range(50))


def test_what_is_hidden_changes_with_the_epoch_in_training_and_never_in_evaluation():
    task, rows, tokenizer = ready()
    collate = task.collator(tokenizer)
    some = [dict(row) for row in task.features(rows, tokenizer, None).rows][:8]
    first, again = collate(some)["labels"], collate(some)["labels"]
    assert torch.equal(first, again)
    collate.set_epoch(1)  # pyright: ignore[reportFunctionMemberAccess]
    assert not torch.equal(first, collate(some)["labels"])
    held, task.split = task.standardise(rows, "validation"), "validation"
    fixed = [dict(row) for row in task.features(held, tokenizer, None).rows][:8]
    seen = collate(fixed)
    collate.set_epoch(2)  # pyright: ignore[reportFunctionMemberAccess]
    assert torch.equal(seen["input_ids"], collate(fixed)["input_ids"])


def test_a_text_longer_than_the_limit_makes_several_rows_and_loses_nothing():
    task, rows, tokenizer = ready(data={"train": "x.jsonl", "max_tokens": 10})
    features = task.features(rows, tokenizer, 10)
    pieces = [row["input_ids"] for row in features.rows]  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert {(piece[0], piece[-1]) for piece in pieces} == {(tokenizer.cls_token_id, tokenizer.sep_token_id)}
    assert max(map(len, pieces)) == features.limit == 10
    whole = [token for text in STORIES for token in tokenizer(text, add_special_tokens=False)["input_ids"]]
    assert [token for piece in pieces for token in piece[1:-1]] == whole
    assert "make several rows" in task.notes[-1]


def test_a_padded_batch_gives_the_loss_of_its_rows_alone():
    task, rows, tokenizer = ready(["red frog", "the blue dog went to the park and the shop", "it was sad"])
    model, collate, loss = task.load_model(tokenizer).eval(), task.collator(tokenizer), task.loss()
    features = [dict(row) for row in task.features(rows, tokenizer, None).rows]
    together = collate(features)
    alone = [collate([row]) for row in features]
    counts = [int((batch["labels"] != -100).sum()) for batch in alone]
    parts = [loss(model(**batch), batch["labels"]) * n for batch, n in zip(alone, counts, strict=True)]
    mean = loss(model(**together), together["labels"])
    assert torch.allclose(mean, sum(parts, torch.zeros(())) / sum(counts), atol=1e-5)
    assert torch.allclose(mean, model(**together).loss, atol=1e-6)


def test_label_smoothing_is_torch_s():
    task, _, _ = ready(train={"label_smoothing": 0.1})
    logits, labels = torch.randn(2, 5, 7), torch.tensor([[1, -100, 2, -100, -100], [-100, 3, 4, -100, 5]])
    wanted = torch.nn.functional.cross_entropy(logits.reshape(-1, 7), labels.reshape(-1), label_smoothing=0.1)
    assert torch.allclose(task.loss()({"logits": logits}, labels), wanted)


def test_eight_texts_are_learned_by_heart():
    torch.manual_seed(0)
    task, rows, tokenizer = ready(STORIES[:8])
    features, model = task.features(rows, tokenizer, None), task.load_model(tokenizer)
    batch = task.collator(tokenizer)([dict(row) for row in features.rows])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(80):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    outputs = task.reduce(model.eval()(**batch).logits, batch["labels"]).detach().numpy()
    assert task.score(outputs, None, ["perplexity"], features)["perplexity"] < 1.05


# What is refused


def test_models_and_tokenizers_that_cannot_guess_are_refused():
    rows = Dataset.from_dict({"text": ["a"]})
    with pytest.raises(ModelError, match="a gpt2, which can't guess a word from both its sides"):
        task_of(model={"from_scratch": {"model_type": "gpt2"}}).learn_labels(rows, {})
    with pytest.raises(ModelError, match="The tokenizer has no mask token"):
        task_of().prepare_tokenizer(bos_tokenizer())
    with pytest.raises(DataError, match="A share of 0 hides no word"):
        task_of(fill_mask={"share": 0.0}).learn_labels(rows, {})


def test_texts_of_unknown_words_alone_are_refused():
    task, _, tokenizer = ready()
    strange = Dataset.from_dict({"text": ["Ω ∆", "∑"]})
    with pytest.raises(DataError, match="the tokenizer knows none of their words"):
        task.features(strange, tokenizer, None)


def test_a_model_without_the_head_is_warned_of(tiny_model: Path):
    task = task_of(model=str(tiny_model), tokenizer={})
    task.learn_labels(Dataset.from_dict({"text": ["a"]}), {})
    assert isinstance(task.warn, Said)
    assert "comes without the head that guesses words" in task.warn[0]


# Runs


def test_a_run_learns_and_its_model_fills_gaps(stories: Path):
    settings = {**spec_of()["train"], "epochs": 40, "learning_rate": 1e-2}
    run = train(spec_of(train=settings, early_stopping={"enabled": False}), stories).run
    first, last = run.state.evaluations[0].values, run.state.evaluations[-1].values
    assert last["eval/perplexity"] == pytest.approx(math.exp(last["eval/loss"] or 0))
    assert last["eval/perplexity"] < first["eval/perplexity"] / 2  # pyright: ignore[reportOptionalOperand]
    found = run.predict(f"{STORY} Then it [MASK] home.")
    assert isinstance(found, Filled)
    assert found.text == f"{STORY} Then it went home."
    assert found.guesses[0].probability > 0.5
    both = run.predict(["One [MASK] a red <mask> went", "It [MASK] sad"])
    assert [len(one.gaps) for one in both] == [2, 1]
    piped = run.pipeline()(f"{STORY} Then it <mask> home.")
    assert [guess["token_str"] for guess in piped] == [guess.word for guess in found.guesses]
    assert piped[0]["score"] == pytest.approx(found.guesses[0].probability, rel=1e-4)
    with pytest.raises(DataError, match="There is no gap in 'Nothing hidden'"):
        run.predict("Nothing hidden")


def test_gradient_accumulation_changes_nothing(stories: Path):
    settings = {"epochs": 6, "learning_rate": 3e-3, "batch_size": 64, "precision": "fp32"}  # all 40 rows in a step
    made = [
        train(spec_of(train={**settings, "gradient_accumulation": passes}), stories, f"p{passes}").losses
        for passes in (1, 4)
    ]
    assert made[0] == pytest.approx(made[1], rel=1e-4)


def test_a_plain_loop_reaches_the_same_losses(stories: Path):
    settings = {"epochs": 3, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32", "warmup": 0}
    ours = train(spec_of(train=settings), stories)
    tokenizer = AutoTokenizer.from_pretrained(ours.run.folder.model)
    config = AutoConfig.from_pretrained(ours.run.folder.model)
    rows = [tokenizer(text)["input_ids"] for text in STORIES[:40]]
    order = batches([len(row) for row in rows], 8, 42, 3)
    made = iter(range(len(order)))

    def batch_of(numbers: list[int]) -> dict[str, torch.Tensor]:
        masking, epoch = Masking(tokenizer, 0.15, 42), next(made) // 5
        masked = [masking.mask(np.asarray(rows[n]), epoch, n) for n in numbers]
        batch = tokenizer.pad({"input_ids": [ids.tolist() for ids, _ in masked]}, return_tensors="pt")
        width = batch["input_ids"].shape[1]
        labels = [[*row.tolist(), *[-100] * (width - len(row))] for _, row in masked]
        return {**{key: batch[key] for key in ("input_ids", "attention_mask")}, "labels": torch.tensor(labels)}

    theirs = losses_by_hand(lambda: AutoModelForMaskedLM.from_config(config), batch_of, order, learning_rate=3e-3)
    assert ours.losses == pytest.approx(theirs, rel=1e-4)


def test_a_run_stopped_and_resumed_hides_what_it_would_have_hidden(stories: Path):
    whole = train(spec_of(save={"every": 7}), stories, "whole")
    place = prepare_folder(read_spec(spec_of(save={"every": 7})), "cut", stories)
    heard = Control.on_step_end

    def dies(self: Control, args: Any, state: Any, control: Any, **more: Any) -> None:
        heard(self, args, state, control, **more)
        if state.global_step == 8:  # one step after a checkpoint, in the middle of an epoch
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Control, "on_step_end", dies)
        with pytest.raises(KeyboardInterrupt):
            run_inline(place)
    run_inline(place)
    losses = {e.step: e.values["train/loss"] for e in Run(place).follow() if isinstance(e, Measured)}
    assert [losses[step] for step in sorted(losses)] == whole.losses


@pytest.mark.slow
def test_a_model_of_sentences_begins_to_guess_words_of_reviews(place: Path):
    spec = {
        "model": str(minilm()),
        "task": "fill-mask",
        "data": {"train": str(shared("sst2/validation.csv")), "columns": {"text": "text"}, "max_tokens": 48},
        "train": {"epochs": 1, "learning_rate": 5e-4, "batch_size": 16, "precision": "fp32"},
        "evaluate": {"every": 20},
    }
    values = [e.values["eval/perplexity"] for e in train(spec, place).run.state.evaluations]
    assert values[0] is not None
    assert values[-1] is not None
    assert values[-1] < 0.95 * values[0]  # 55 steps with a new head for 30,522 words: a beginning
