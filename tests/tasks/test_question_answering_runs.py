from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from nbft.errors import RunError
from nbft.evaluation import evaluate_on
from nbft.inference.question_answering import Answer
from tests.tasks.by_hand import batches, losses_by_hand, train
from tests.tasks.questions import (
    rows,
    without_answer,
    written,
)


def test_a_run_learns_to_answer_and_to_say_that_there_is_no_answer(place: Path, tiny_model: Path):
    chance = np.random.default_rng(8)
    some = [without_answer(one) if chance.random() < 0.25 else one for one in rows(240, seed=1)]
    held = [without_answer(one) if i % 4 == 0 else one for i, one in enumerate(rows(40, seed=2))]
    test_file = written(place, "test.jsonl", held)
    spec = {
        "model": str(tiny_model),
        "task": "question-answering",
        "data": {"train": written(place, "train.jsonl", some), "validation": 24, "test": test_file, "max_tokens": 30},
        "question_answering": {"stride": 8},
        "train": {"epochs": 10, "learning_rate": 4e-3, "batch_size": 8, "precision": "fp32"},
        "evaluate": {"metrics": ["f1", "exact_match", "no_answer_accuracy"]},
    }
    run = train(spec, place / "nbft-runs").run
    tested = run.evaluate(split="test")
    assert tested["test/no_answer_accuracy"] == 1.0
    assert (tested["test/f1"] or 0) > 0.5  # one word of the right kind at random: 0.19
    assert any("25% of the training questions" in n or "the model learns to say so" in n for n in run.state.plan.notes)  # pyright: ignore[reportOptionalMemberAccess]

    answers = run.predict([{"question": one["question"], "context": one["context"]} for one in held], batch_size=7)
    right = [a.text == (one["answers"]["text"] or [""])[0] for a, one in zip(answers, held, strict=True)]
    assert sum(right) / len(right) == pytest.approx(tested["test/exact_match"])
    for answer, one in zip(answers, held, strict=True):
        assert isinstance(answer, Answer)
        if answer.text:
            assert one["context"][answer.start : answer.end] == answer.text
        else:
            assert answer.start is answer.end is None
    alone = run.predict(held[1])
    assert (alone.text, alone.score) == (answers[1].text, pytest.approx(answers[1].score, abs=1e-5))
    assert repr(run.predict(held[0])).startswith("Answer('', no_answer=")
    said = evaluate_on(run.folder, test_file)
    assert said["test/f1"] == pytest.approx(tested["test/f1"])

    pipe = run.pipeline()
    assert pipe(question=held[1]["question"], context=held[1]["context"]) == {
        "score": pytest.approx(alone.score, abs=1e-5),
        "start": alone.start,
        "end": alone.end,
        "answer": alone.text,
    }
    assert pipe(held[:2])[0]["answer"] == ""
    assert len(pipe(held[1], top_k=3)) == 3
    with pytest.raises(RunError, match="A question and the context to look in are needed"):
        run.predict({"question": "was it great"})


def test_the_saved_model_answers_the_same_in_plain_transformers(place: Path, tiny_model: Path):
    spec = {
        "model": str(tiny_model),
        "task": "question-answering",
        "data": {"train": written(place, "train.jsonl", rows(120, seed=1)), "validation": 20},
        "train": {"epochs": 3, "learning_rate": 3e-3, "precision": "fp32"},
    }
    run = train(spec, place / "nbft-runs").run
    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    model = AutoModelForQuestionAnswering.from_pretrained(run.folder.model).eval()
    assert model.config.id2label == {0: "start", 1: "end"}
    for one in rows(6, seed=9):
        answer = run.predict(one)
        encoded = tokenizer(one["question"], one["context"], return_tensors="pt", return_offsets_mapping=True)
        places = encoded.pop("offset_mapping")[0].tolist()
        with torch.no_grad():
            said = model(**encoded)
        inside = [i for i, part in enumerate(encoded.sequence_ids(0)) if part == 1]
        pairs = [
            (float(said.start_logits[0, s] + said.end_logits[0, e]), s, e) for s in inside for e in inside if s <= e
        ]
        _, first, last = max(pairs)
        assert (answer.start, answer.end) == (places[first][0], places[last][1])
        assert answer.no_answer == 0.0


class ByHand(torch.nn.Module):
    """A plain BERT and two logits a token; starts and ends compete within their own row alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.inner = AutoModelForQuestionAnswering.from_pretrained(folder)

    def forward(self, input_ids: Any, mask: Any, places: Any) -> Any:
        out = self.inner(input_ids=input_ids, attention_mask=mask)
        losses = []
        for i, (start, end) in enumerate(places):
            length = int(mask[i].sum())
            for logits, at in ((out.start_logits, start), (out.end_logits, end)):
                losses.append(-logits[i, :length].log_softmax(dim=0)[at])
        out.loss = torch.stack(losses).mean()
        return out


def by_hand(tokenizer: Any, one: dict[str, Any]) -> dict[str, Any]:
    """Tokenises a row without windows, by words: the tiny tokenizer knows nothing smaller."""
    asked, told = one["question"].split(), one["context"].split()
    ids = [2, *tokenizer.convert_tokens_to_ids(asked), 3, *tokenizer.convert_tokens_to_ids(told), 3]
    at = len(asked) + 2 + len(one["context"][: one["answers"]["answer_start"][0]].split())
    return {"ids": ids, "place": (at, at)}


def without_dropout(model: Path, folder: Path) -> Path:
    """A copy of the model whose passes leave nothing to chance."""
    shutil.copytree(model, folder)
    config = json.loads((folder / "config.json").read_text())
    config.update(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_the_same_training_by_hand_reaches_the_same_losses(place: Path, tiny_model: Path):
    some = [one for i in range(8) for one in rows(6, seed=i, filler=i)]
    calm = without_dropout(tiny_model, place / "calm")
    config = {"epochs": 3, "learning_rate": 2e-3, "batch_size": 8, "warmup": 0.0, "precision": "fp32"}
    spec = {
        "model": str(calm),
        "task": "question-answering",
        "data": {"train": written(place, "train.jsonl", some), "validation": written(place, "v.jsonl", rows(4))},
        "train": config,
    }
    by_nbft = train(spec, place / "nbft-runs").losses
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    made = [by_hand(tokenizer, one) for one in some]

    def batch_of(chosen: list[int]) -> dict[str, Any]:
        longest = max(len(made[i]["ids"]) for i in chosen)
        padded = [[*made[i]["ids"], *[0] * (longest - len(made[i]["ids"]))] for i in chosen]
        ids = torch.tensor(padded)
        mask = torch.tensor([[int(j < len(made[i]["ids"])) for j in range(longest)] for i in chosen])
        return {
            "input_ids": ids,
            "mask": mask,
            "places": [made[i]["place"] for i in chosen],
        }

    order = batches([len(one["ids"]) for one in made], 8, 42, 3)
    expected = losses_by_hand(lambda: ByHand(calm), batch_of, order, learning_rate=2e-3)
    assert by_nbft == pytest.approx(expected, rel=1e-4)
    assert expected[-1] < expected[0]
