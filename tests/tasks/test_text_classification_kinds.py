"""Several labels a text, numbers, and labels that weigh by their rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, Features, List, Value
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from nbft.errors import DataError
from nbft.spec.sections import RunSpec
from nbft.tasks.class_labels import natural
from nbft.tasks.class_weights import balanced_weights, binary_loss, positive_weights, weighted_loss
from nbft.tasks.text_classification import TextClassification
from nbft.tasks.tokenizers import named_tokenizer

TEXTS = ["the film was superb", "the food was awful", "great service", "a dull day and a cold room with poor food"] * 2
SETS = [["film", "good"], ["food"], ["good"], ["food", "room"], ["film", "good"], [], ["good"], ["room", "food"]]
NUMBERS = [4.5, 0.5, 5.0, 1.25, 4.0, 0.75, 3.5, 2.25]


def task_for(model: Path, **spec: Any) -> TextClassification:
    found = {"model": str(model), "data": {"train": "x.csv"}, **spec}
    return TextClassification(RunSpec.model_validate(found), lambda message, fix="": None)


def ready(model: Path, labels: list[Any], problem: str) -> tuple[TextClassification, Dataset]:
    task = task_for(model, classification={"problem": problem})
    rows = task.standardise(Dataset.from_dict({"text": TEXTS, "label": labels}), "train")
    task.learn_labels(rows, {})
    return task, rows


def labels_of(model: Path, labels: list[Any], feature: Any = None, **spec: Any) -> tuple[str, list[Any], list[str]]:
    """Returns what the labels are taken for, how they are read, and what is said of it."""
    features = Features({"text": Value("string"), "label": feature}) if feature else None
    texts = [f"text {i}" for i in range(len(labels))]
    task = task_for(model, **spec)
    rows = task.standardise(Dataset.from_dict({"text": texts, "label": labels}, features=features), "train")
    return task.problem.name, rows["label"][:], [note for note in task.notes if not note.startswith("Recognised")]


@pytest.mark.parametrize(("labels", "problem"), [(SETS, "multi-label"), (NUMBERS, "regression")])
def test_eight_rows_are_learned_by_heart(tiny_model: Path, labels: list[Any], problem: str):
    torch.manual_seed(0)
    task, rows = ready(tiny_model, labels, problem)
    tokenizer = named_tokenizer(str(tiny_model))
    model, features = task.load_model(tokenizer), task.features(rows.select(range(4)), tokenizer, None)
    batch = task.collator(tokenizer)([dict(row) for row in features.rows])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(120):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    outputs = task.reduce(model(**batch).logits, None).detach().numpy()
    names = ["accuracy", "f1_micro"] if problem == "multi-label" else ["mse"]
    scores = task.score(outputs, batch["labels"].numpy(), names, features)
    assert scores == pytest.approx({"accuracy": 1, "f1_micro": 1} if problem == "multi-label" else {"mse": 0}, abs=0.05)


@pytest.mark.parametrize(("labels", "problem"), [(SETS, "multi-label"), (NUMBERS, "regression")])
def test_a_padded_batch_gives_the_loss_of_its_rows_alone(tiny_model: Path, labels: list[Any], problem: str):
    task, rows = ready(tiny_model, labels, problem)
    tokenizer = named_tokenizer(str(tiny_model))
    model = task.load_model(tokenizer).eval()
    collate, features = task.collator(tokenizer), task.features(rows, tokenizer, None).rows
    together = model(**collate([dict(row) for row in features])).loss
    alone = torch.stack([model(**collate([dict(row)])).loss for row in features]).mean()
    assert torch.allclose(together, alone, atol=1e-5)


def test_what_a_label_is_is_seen_from_the_data_and_said(tiny_model: Path):
    steps = [i / 8 for i in range(30)]
    cases: list[tuple[list[Any], str, Any]] = [
        ([["a", "b"], ["a"]], "multi-label", [["a", "b"], ["a"]]),
        (['["a", "b"]', "[]"], "multi-label", [["a", "b"], []]),
        (["['a', 'b']", "['b']"], "multi-label", [["a", "b"], ["b"]]),
        ([1, 5, 3], "single-label", ["1", "5", "3"]),
        ([1.0, 5.0, 3.0], "single-label", ["1", "5", "3"]),
        ([0.5, 1.0, 1.5], "single-label", ["0.5", "1", "1.5"]),
        (steps, "regression", steps),
        ([str(step) for step in steps], "regression", steps),
    ]
    for labels, problem, read in cases:
        found, values, notes = labels_of(tiny_model, labels)
        assert (found, values) == (problem, read)
        assert bool(notes) == (problem != "single-label")


def test_the_spec_decides_what_a_label_is(tiny_model: Path):
    steps = [i / 8 for i in range(30)]
    assert labels_of(tiny_model, steps, classification={"problem": "single-label"})[0] == "single-label"
    assert labels_of(tiny_model, [1, 2], classification={"problem": "regression"})[1] == [1.0, 2.0]
    assert labels_of(tiny_model, ["1.5", "2"], classification={"problem": "regression"})[1] == [1.5, 2.0]
    single = {"classification": {"problem": "single-label"}}
    assert labels_of(tiny_model, [["a"], ["b"]], **single)[1] == ["a", "b"]
    several = {"classification": {"problem": "multi-label"}}
    assert labels_of(tiny_model, ["a;b", "b"], **several)[1] == [["a", "b"], ["b"]]
    assert labels_of(tiny_model, ["a, b", "b"], **several)[1] == [["a", "b"], ["b"]]
    assert labels_of(tiny_model, ["a", "b"], **several)[1] == [["a"], ["b"]]


def test_lists_of_numbers_are_named_or_read_as_a_zero_or_one_for_each_label(tiny_model: Path):
    named = List(ClassLabel(names=["joy", "anger", "fear"]))
    assert labels_of(tiny_model, [[0, 2], [1], []], named)[1] == [["joy", "fear"], ["anger"], []]
    _, read, notes = labels_of(tiny_model, [[0, 1, 1], [1, 0, 0]])
    assert read == [["1", "2"], ["0"]]
    assert any("a 0 or 1 for each of 3 labels" in note for note in notes)
    assert labels_of(tiny_model, [[0, 1], [2]])[1] == [["0", "1"], ["2"]]


def test_an_empty_list_is_a_row_and_a_missing_label_is_not(tiny_model: Path):
    assert labels_of(tiny_model, [["a"], [], None])[1] == [["a"], []]
    several = {"classification": {"problem": "multi-label"}}
    assert labels_of(tiny_model, ["a|b", "", None], **several)[1] == [["a", "b"]]
    assert labels_of(tiny_model, [1.5, None, 0.0], classification={"problem": "regression"})[1] == [1.5, 0.0]


def test_the_models_config_says_what_a_label_is(tiny_model: Path):
    tokenizer = named_tokenizer(str(tiny_model))
    several = ready(tiny_model, SETS, "multi-label")[0].load_model(tokenizer).config
    assert (several.problem_type, several.id2label) == (
        "multi_label_classification",
        {0: "film", 1: "food", 2: "good", 3: "room"},
    )
    number = ready(tiny_model, NUMBERS, "regression")[0].load_model(tokenizer).config
    assert (number.problem_type, number.num_labels, number.id2label) == ("regression", 1, {0: "label"})


def test_each_kind_has_metrics_of_its_own(tiny_model: Path):
    assert ready(tiny_model, SETS, "multi-label")[0].metrics == ["f1_micro", "f1_macro", "accuracy"]
    assert ready(tiny_model, NUMBERS, "regression")[0].metrics == ["pearson", "spearman", "mse"]
    task = task_for(tiny_model, classification={"problem": "regression"}, evaluate={"metrics": ["accuracy"]})
    task.standardise(Dataset.from_dict({"text": TEXTS, "label": NUMBERS}), "train")
    with pytest.raises(DataError, match="regression computes no 'accuracy'"):
        _ = task.metrics


def test_a_threshold_decides_which_labels_are_given(tiny_model: Path):
    task = task_for(tiny_model, classification={"problem": "multi-label", "threshold": 0.3})
    task.learn_labels(task.standardise(Dataset.from_dict({"text": TEXTS, "label": SETS}), "train"), {})
    given, true = task.answers(np.array([[0.31, 0.29, 0.3, 0.9]]), np.array([[1.0, 0.0, 0.0, 1.0]]), SimpleNamespace())  # pyright: ignore[reportArgumentType] - not looked at
    assert (given.tolist(), true.tolist()) == ([[1, 0, 1, 1]], [[1, 0, 0, 1]])


@pytest.mark.parametrize(
    ("labels", "spec", "says"),
    [
        ([["a"], ["a"]], {}, "All 2 training rows have the same labels"),
        ([1.5, 1.5], {"classification": {"problem": "regression"}}, "All 2 training rows have the label 1.5"),
        (["1.5", "good"], {"classification": {"problem": "regression"}}, "The label of row 2 is no number: 'good'"),
        ([["a", "b"], ["a"]], {"classification": {"problem": "single-label"}}, "several labels in row 1"),
        ([["a"], ["b"]], {"train": {"label_smoothing": 0.1}}, "one label each, and this is multi-label"),
        (
            [1.5, 2.5],
            {"classification": {"problem": "regression", "weights": "balanced"}},
            "no labels whose rows could be balanced",
        ),
        (["a", "b"], {"classification": {"weights": "balanced"}, "train": {"loss": "$f"}}, "weights would do nothing"),
        (["a", "b"], {"train": {"loss": "$f", "label_smoothing": 0.1}}, "label_smoothing would do nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(tiny_model: Path, labels: list[Any], spec: dict[str, Any], says: str):
    task = task_for(tiny_model, **spec)
    with pytest.raises(DataError, match=says):
        task.learn_labels(task.standardise(Dataset.from_dict({"text": ["x", "y"], "label": labels}), "train"), {})


def test_balanced_weights_are_those_of_scikit_learn():
    labels = ["ham"] * 13 + ["spam"] * 2 + ["news"] * 5
    names = ["ham", "news", "spam"]
    expected = compute_class_weight("balanced", classes=np.array(names), y=labels)
    assert balanced_weights(labels, names) == pytest.approx(expected.tolist())


def test_the_weighted_loss_is_a_mean_over_rows_that_passes_add_up_to():
    torch.manual_seed(1)
    logits, labels, weights = torch.randn(10, 3), torch.randint(0, 3, (10,)), [0.5, 2.0, 1.5]
    loss = weighted_loss(weights, smoothing=0.1)
    rows = []
    for row, label in zip(logits, labels, strict=True):
        logs = row.log_softmax(-1)
        rows.append(weights[int(label)] * -(0.9 * logs[label] + 0.1 * logs.mean()))
    assert loss({"logits": logits}, labels) == pytest.approx(float(torch.stack(rows).mean()), rel=1e-5)
    passes = [loss({"logits": logits[part]}, labels[part], torch.tensor(10)) for part in (slice(0, 3), slice(3, 10))]
    assert float(sum(passes)) == pytest.approx(float(loss({"logits": logits}, labels)), rel=1e-5)


def test_the_binary_loss_is_pytorchs_with_pos_weight():
    torch.manual_seed(2)
    sets, names = [["a"], ["a", "b"], ["a"], []], ["a", "b"]
    assert positive_weights(sets, names) == pytest.approx([1 / 3, 3])
    logits, targets = torch.randn(4, 2), torch.tensor([[1.0, 0], [1, 1], [1, 0], [0, 0]])
    expected = functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=torch.tensor([1 / 3, 3.0]))
    assert float(binary_loss([1 / 3, 3])({"logits": logits}, targets)) == pytest.approx(float(expected))


def test_rare_labels_are_said_and_the_option_named(tiny_model: Path):
    labels = ["ham"] * 97 + ["spam"] * 3
    rows = Dataset.from_dict({"text": [f"t {i}" for i in range(100)], "label": labels})
    for weights, notes in (("none", 1), ("balanced", 0)):
        task = task_for(tiny_model, classification={"weights": weights})
        task.learn_labels(task.standardise(rows, "train"), {})
        found = [note for note in task.notes if "weights: balanced" in note]
        assert len(found) == notes
    even = Dataset.from_dict({"text": [f"t {i}" for i in range(300)], "label": [f"l{i % 100}" for i in range(300)]})
    task = task_for(tiny_model)
    task.learn_labels(task.standardise(even, "train"), {})
    assert not any("weights: balanced" in note for note in task.notes)


def test_a_split_leaves_every_label_a_row_to_learn_from(tiny_model: Path):
    sets = [["common"]] * 50 + [["common", f"rare{i}"] for i in range(10)]
    for labels in (sets, ["a", "b"] * 25 + [f"rare{i}" for i in range(10)]):
        task = task_for(tiny_model)
        rows = task.standardise(Dataset.from_dict({"text": [f"t {i}" for i in range(60)], "label": labels}), "train")
        kept, held, note = task.hold_out(rows, 0.5)
        assert len(kept) + len(held) == 60
        task.learn_labels(kept, {"validation": held})
        assert "Kept for training" in note


def test_labels_of_a_test_set_that_training_never_saw_are_refused(tiny_model: Path):
    task, rows = ready(tiny_model, SETS, "multi-label")
    other = Dataset.from_dict({"text": ["x", "y"], "label": [["good", "ugly"], ["good"]]})
    with pytest.raises(DataError, match="1 test rows have labels that no training row has, 'ugly'"):
        task.learn_labels(rows, {"test": other})


def test_numbers_sort_before_words_and_by_size():
    assert sorted(["b", "10", "9", "a", "nan"], key=natural) == ["9", "10", "a", "b", "nan"]
