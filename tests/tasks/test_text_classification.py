from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import ClassLabel, Dataset, Features, Value
from transformers import AutoTokenizer

from nbft.errors import DataError, ModelError
from nbft.spec.sections import Model, RunSpec
from nbft.tasks.long_texts import encode_long
from nbft.tasks.pretrained import model_limit
from nbft.tasks.text_classification import TextClassification
from nbft.tasks.tokenizers import named_tokenizer
from tests.conftest import FILLER, GOOD

TEXTS = ["the film was superb", "the food was awful", "great service", "a dull day and a cold room with poor food"] * 2
LABELS = ["good", "bad", "good", "bad"] * 2


class Said(list):
    """Collects the warnings of a task."""

    def __call__(self, message: str, fix: str = "") -> None:
        self.append(message)


def task_for(model: Path, said: Said | None = None, **data: Any) -> TextClassification:
    spec = RunSpec.model_validate({"model": str(model), "data": {"train": "x.csv", **data}})
    return TextClassification(spec, said if said is not None else Said())


def ready(model: Path) -> tuple[TextClassification, Dataset]:
    task = task_for(model)
    rows = task.standardise(Dataset.from_dict({"text": TEXTS, "label": LABELS}), "train")
    task.learn_labels(rows, {})
    return task, rows


def test_eight_rows_are_learned_by_heart(tiny_model: Path):
    torch.manual_seed(0)
    task, rows = ready(tiny_model)
    tokenizer, model = named_tokenizer(str(tiny_model)), task.load_model(named_tokenizer(str(tiny_model)))
    features = task.features(rows, tokenizer, None)
    batch = task.collator(tokenizer)([dict(row) for row in features.rows])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    outputs = task.reduce(model(**batch).logits, None).detach().numpy()
    scores = task.score(outputs, batch["labels"].numpy(), ["accuracy"], features)
    assert scores == {"accuracy": 1.0}


def test_a_padded_batch_gives_the_loss_of_its_rows_alone(tiny_model: Path):
    task, rows = ready(tiny_model)
    tokenizer, model = named_tokenizer(str(tiny_model)), task.load_model(named_tokenizer(str(tiny_model))).eval()
    collate, features = task.collator(tokenizer), task.features(rows, tokenizer, None).rows
    together = model(**collate([dict(row) for row in features])).loss
    alone = torch.stack([model(**collate([dict(row)])).loss for row in features]).mean()
    assert torch.allclose(together, alone, atol=1e-5)


def test_labels_stand_in_natural_order_and_in_the_models_config(tiny_model: Path):
    task = task_for(tiny_model)
    rows = task.standardise(Dataset.from_dict({"text": TEXTS, "label": ["10", "9", "2", "2"] * 2}), "train")
    task.learn_labels(rows, {})
    assert task.labels == ["2", "9", "10"]
    assert task.load_model(named_tokenizer(str(tiny_model))).config.id2label == {0: "2", 1: "9", 2: "10"}


def test_labels_of_every_kind_become_names(tiny_model: Path):
    named = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
    columns = {
        "text": (Dataset.from_dict({"text": TEXTS, "label": [1, 0, 1, 0] * 2}, features=named), {"bad", "good"}),
        "numbers": (Dataset.from_dict({"text": TEXTS, "label": [1.0, 0.0, 1.0, 0.0] * 2}), {"0", "1"}),
        "truth": (Dataset.from_dict({"text": TEXTS, "label": [True, False, True, False] * 2}), {"False", "True"}),
    }
    for rows, names in columns.values():
        assert set(task_for(tiny_model).standardise(rows, "train")["label"]) == names


def test_rows_without_text_or_label_are_left_out_and_counted(tiny_model: Path):
    said = Said()
    rows = Dataset.from_dict({"text": ["fine film", " ", None, "dull"], "label": ["good", "bad", "bad", None]})
    kept = task_for(tiny_model, said).standardise(rows, "train")
    assert kept.to_list() == [{"text": "fine film", "label": "good"}]
    assert said == ["3 of 4 train rows have no text or label and were left out."]


@pytest.mark.parametrize(
    ("texts", "labels", "says"),
    [
        (["", " "], ["a", "b"], "No row of the train data has both text and label"),
        (["x", "y"], ["a", "a"], "All 2 training rows have the label 'a'"),
        (
            [f"t{i}" for i in range(30)],
            [f"l{i}" for i in range(30)],
            "30 different values in 30 rows: that is no label",
        ),
    ],
)
def test_what_cannot_be_learned_is_refused(tiny_model: Path, texts: list[str], labels: list[str], says: str):
    task = task_for(tiny_model, columns={"text": "text", "label": "label"})
    with pytest.raises(DataError, match=says):
        task.learn_labels(task.standardise(Dataset.from_dict({"text": texts, "label": labels}), "train"), {})


def test_a_label_that_training_never_saw_is_refused_with_its_count(tiny_model: Path):
    task, rows = ready(tiny_model)
    other = Dataset.from_dict({"text": ["x", "y"], "label": ["good", "ugly"]})
    with pytest.raises(DataError, match="1 test rows have labels that no training row has, 'ugly'") as caught:
        task.learn_labels(rows, {"test": other})
    assert caught.value.path == "data.test"


def test_long_texts_are_cut_at_the_limit_and_counted(tiny_model: Path):
    task, _ = ready(tiny_model)
    task.model_limit = model_limit(Model(name=str(tiny_model)))
    long = Dataset.from_dict({"text": ["film " * 300, "great film"], "label": ["bad", "good"]})
    features = task.features(long, named_tokenizer(str(tiny_model)), None)
    assert (features.limit, features.cut, features.lengths) == (64, 1, [64, 4])
    assert len(features.rows[0]["input_ids"]) == 64
    cut = task.features(long, named_tokenizer(str(tiny_model)), 3)
    assert [len(row["input_ids"]) for row in cut.rows] == [3, 3]  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_pairs_are_read_together(tiny_model: Path):
    task = task_for(tiny_model)
    rows = Dataset.from_dict({"sentence1": TEXTS, "sentence2": TEXTS[::-1], "label": LABELS})
    standard = task.standardise(rows, "train")
    task.learn_labels(standard, {})
    tokenizer = named_tokenizer(str(tiny_model))
    expected = AutoTokenizer.from_pretrained(tiny_model)(TEXTS[0], TEXTS[-1])["input_ids"]
    assert task.features(standard, tokenizer, None).rows[0]["input_ids"] == expected


def test_a_model_that_is_not_there_says_what_works_offline():
    with pytest.raises(ModelError, match="no folder here, and it can't be had from the hub") as caught:
        named_tokenizer("someone/some-model")
    assert "starter-encoder" in caught.value.fix
    with pytest.raises(ModelError, match="There is no folder"):
        named_tokenizer("./not/there")


def test_of_a_text_far_too_long_the_tokens_that_are_read_are_those_of_the_whole(tiny_model: Path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    chance = random.Random(2)
    texts = [" ".join(chance.choices((*FILLER, *GOOD), k=count)) for count in (3, 40, 900, 5000)]
    texts += ["x" * 20_000, "great " + "x" * 20_000, "great" + " " * 20_000 + "film", ("the film " * 3000).strip()]
    whole = tokenizer(texts, truncation=True, max_length=8, return_attention_mask=False)
    read, lengths = encode_long(tokenizer, [texts], 8)
    assert [ids[:7] for ids in read["input_ids"]] == [ids[:7] for ids in whole["input_ids"]]
    full = [len(ids) for ids in tokenizer(texts, return_attention_mask=False)["input_ids"]]
    assert lengths == pytest.approx(full, rel=0.1)
    assert sum(map(len, read["input_ids"])) < sum(full) / 5
