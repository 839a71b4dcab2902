"""What Tab offers and Shift-Tab says; the cursor is written as ¦."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbft.spec.completion import Surroundings, complete, example_of, hover
from nbft.spec.cursor import entries
from nbft.spec.fields import keys
from nbft.spec.load import read_spec
from nbft.spec.metric_names import DEFAULT_METRICS, metrics_of
from nbft.spec.peek import columns_of
from nbft.spec.scope import tasks_of
from nbft.spec.variables import DATA_KEYS
from nbft.spec.yaml_text import read_yaml
from tests.spec.test_yaml_text import WORDS

AROUND = Surroundings(
    {
        "reviews": [{"review": "a", "stars": 1}],
        "table": pd.DataFrame({"text a": ["x"], "b": [1]}),
        "rate": 1e-4,
        "count": 3,
        "flag": True,
        "names": ["f1", "accuracy"],
        "file": "more.csv",
        "function": len,
    }
)
FILES = ["messages.jsonl", "notes.txt", "reviews.csv"]
OPTIONS = ["classification:", "question_answering:", "translation:", "generate:", "chat:", "fill_mask:"]
COMMON = ["train:", "early_stopping:", "evaluate:", "save:"]
SECTIONS = ["data:", "tokenizer: ", *OPTIONS, *COMMON]
ROLES = [f"{path[-1]}: " for path in keys() if path[:-1] == ("data", "columns")]


def offers(marked: str, around: Surroundings = AROUND) -> list[str]:
    """Returns what is offered at the mark."""
    return [item.text for item in complete(marked.replace("¦", ""), marked.index("¦"), around).items]


def applied(marked: str) -> str:
    """Returns the text with the first offer put in."""
    text, cursor = marked.replace("¦", ""), marked.index("¦")
    found = complete(text, cursor, AROUND)
    return text[: found.start] + found.items[0].text + text[cursor:]


def told(marked: str) -> str:
    """Returns the name of the key that is explained at the mark."""
    found = hover(marked.replace("¦", ""), marked.index("¦"))
    return found.name if found else ""


@pytest.mark.parametrize(
    ("marked", "offered"),
    {
        "¦": ["model: ", "task: ", *SECTIONS, "seed: ", "seeds: "],
        "model: x\nseed: 3\n¦": ["task: ", *SECTIONS, "seeds: "],
        "model: x\ntask: chat\n¦": ["data:", "tokenizer: ", "generate:", "chat:", *COMMON, "seed: ", "seeds: "],
        "task: translation\ndata: {columns: {¦": ["source: ", "target: "],
        "task: summarization\ndata:\n  columns:\n    ¦": ["text: ", "summary: "],
        "task: text¦": ["text-classification", "text-generation"],
        "task: ¦": ["text-classification", "token-classification", "question-answering", "translation",
                    "summarization", "text-generation", "chat", "fill-mask"],
        "train:\n\n  ba¦": ["batch_size: "],
        "ea¦": ["early_stopping:"],
        "train:\n  lea¦": ["learning_rate: "],
        "train: {lea¦}": ["learning_rate: "],
        "train: {epochs: 3, batch_size: 8, s¦": ["schedule: "],
        "train:\n  epochs: 3\n  ba¦\n  seed: 1": ["batch_size: "],
        "train:\n  epochs: 3\nsa¦": ["save:"],
        "data:\n  train: x.csv\n  columns:\n    text: a\n  ma¦": ["max_tokens: ", "max_target_tokens: "],
        "task: fill-mask\ndata:\n  ma¦": ["max_tokens: "],
        "data: {columns: {¦": ROLES,
        "data: {\n  train: x.csv,\n  te¦\n}": ["test: "],
        "¦odel: x": ["model", "task", *(s.strip(": ") for s in SECTIONS), "seed", "seeds"],
        "trai¦: 3": ["train"],
        "rates¦": [],
        "train:\n  rate¦": ["learning_rate: "],
        "seed: 1\n  ¦": [],
        "see¦": ["seed: ", "seeds: "],
        "data: {split¦": ["split_seed: "],
        "model:\n  ¦": ["name: ", "from_scratch: "],
        "model: {fr¦": ["from_scratch: "],
        "model: {name: star¦": ["starter-encoder"],
        "model: {fr¦}": ["from_scratch: "],
        "tokenizer: {train: ¦": ["bpe", "unigram", "wordpiece", "words"],
        "tokenizer: {¦": ["name: ", "train: ", "vocabulary: ", "add_tokens: "],
        "chat: {template: m¦": ["mistral"],
        "chat:\n  learn: ¦": ["assistant", "last", "all"],
        "# mod¦": [],
        "model: x # sta¦": [],
        "train:\n  schedule: ¦": ["linear", "cosine", "constant"],
        "train:\n  schedule: co¦": ["cosine", "constant"],
        "train:\n  schedule:¦": [" linear", " cosine", " constant"],
        "train: {schedule: 'co¦": ["cosine", "constant"],
        "early_stopping: {enabled: ¦": ["true", "false"],
        "train:\n  learning_rate: ¦": ["2e-5"],
        "evaluate:\n  every: e¦": ["epoch"],
        "evaluate: {metrics: [accuracy, ¦": [n for n in metrics_of(list(DEFAULT_METRICS)) if n != "accuracy"],
        "task: token-classification\nevaluate: {metrics: [accuracy, ¦": ["f1", "precision", "recall"],
        "data: {train: messages.jsonl}\nevaluate:\n  metrics:\n  - f¦": ["f1", "f1_micro", "f1_macro"],
        "task: text-classification\nclassification: {problem: regression}\nevaluate: {metrics: [¦":
            ["pearson", "spearman", "mse", "mae"],
        "task: summarization\nevaluate:\n  metrics:\n    - rouge1\n    - r¦\n": ["rouge2", "rougeL", "rougeLsum"],
        "task: chat\nearly_stopping: {monitor: ¦": ["eval/perplexity", "eval/token_accuracy", "eval/loss"],
        "early_stopping: {monitor: eval/l¦": ["eval/loss"],
        "early_stopping:\n  monitor: ¦\nevaluate: {metrics: [roc_auc]}": ["eval/roc_auc", "eval/loss"],
        "evaluate:\n  metrics: [f1]\nearly_stopping:\n  monitor: ¦": ["eval/f1", "eval/loss"],
        "data:\n  train: re¦": ["reviews.csv"],
        "data:\n  train: '¦": [*FILES, "starter-reviews", "starter-messages", "$reviews", "$table", "$file"],
        "data:\n  validation: 1¦": ["10%"],
        "data:\n  train: $¦": ["$reviews", "$table", "$file"],
        "train: {learning_rate: $¦": ["$rate", "$count"],
        "train: {epochs: $c¦": ["$count"],
        "early_stopping: {enabled: $¦": ["$flag"],
        "data: {preprocess: $¦": ["$function"],
        "evaluate: {metrics: [accuracy, $f¦": ["$function"],
        "evaluate:\n  metrics: $¦": ["$names"],
        "data:\n  clean:\n    - strip-html\n    - drop-du¦": ["drop-duplicates"],
        "data: {clean: [drop-duplicates: near, drop-¦":
            ["drop-empty", "drop-conflicting", "drop-longer-than: ", "drop-leaks"],
        "data: {clean: [strip-html, $f¦": ["$function"],
        "data: {train: reviews.csv, group_by: s¦": ["stars"],
        "data:\n  train: reviews.csv\n  order_by: ¦": ["review", "stars"],
        "model: star¦": ["starter-encoder"],
        "data:\n  train: reviews.csv\n  columns:\n    text: ¦": ["review", "stars"],
        "data:\n  train: reviews.csv\n  columns: {text: review, label: ¦}": ["stars", "review"],
        "data:\n  train: $table\n  columns:\n    label: ¦\n    text: text a\n": ["b", "text a"],
        "data: {train: messages.jsonl, columns: {label: l¦": ["label"],
        "data:\n  train: starter-reviews\n  columns:\n    text: nothing¦": [],
        "model: |\n  tra¦": [],
    }.items(),
)  # fmt: skip
def test_tab_offers(marked, offered, in_rows):
    assert offers(marked) == offered


@pytest.mark.parametrize(
    ("marked", "text"),
    {
        "train: {lea¦}": "train: {learning_rate: }",
        "train:\n  schedule:¦": "train:\n  schedule: linear",
        "train: {schedule: 'co¦'}": "train: {schedule: 'cosine'}",
        "data: {train: rev¦, test: x}": "data: {train: reviews.csv, test: x}",
    }.items(),
)
def test_an_offer_takes_the_place_of_what_was_typed(marked, text, in_rows):
    assert applied(marked) == text


def test_names_that_yaml_would_misread_are_offered_in_quotes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a, b.csv").write_text("x: y,2e-5,on\n")
    (tmp_path / "more").mkdir()
    assert offers("data: {train: a¦") == ["'a, b.csv'"]
    assert offers("data: {train: 'a¦") == ["a, b.csv"]
    assert offers("data:\n  train: mo¦") == ["more/"]
    assert offers("data:\n  train: 'a, b.csv'\n  columns:\n    text: ¦") == ["'x: y'", "'2e-5'", "on"]


def test_models_of_runs_folders_and_the_cache_are_offered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    for folder in ("nbft-runs/reviews-001/model", "my-bert", "hub/models--org--small"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.json").touch()
    around = Surroundings(runs=["reviews-001"], runs_root=tmp_path / "nbft-runs")
    assert offers("model: ¦", around) == [
        *("starter-encoder", "nbft-runs/reviews-001/model", "my-bert", "org/small", "{from_scratch: ")
    ]
    assert offers("model: 's¦", around) == ["starter-encoder"]
    assert offers("tokenizer: my¦", around) == ["my-bert"]


@pytest.mark.parametrize(
    ("marked", "name"),
    {
        "tr¦ain:\n": "train",
        "train: {ep¦ochs: 3}": "train.epochs",
        "train: {epochs: 3¦}": "train.epochs",
        "train:\n  epochs: 3\n  batch_size: 8¦": "train.batch_size",
        "data:\n  columns:\n    text: ¦a": "data.columns.text",
        "num_train_ep¦ochs: 3": "train.epochs",
        "report¦_to: wandb": "report_to",
        "what: ¦x": "",
        "¦": "",
    }.items(),
)
def test_shift_tab_explains_the_key_at_the_cursor(marked, name):
    assert told(marked) == name


def test_an_explanation_has_sentence_type_default_and_example():
    assert str(hover("train:\n  learning_rate: 1", 12)) == (
        "train.learning_rate\n\n"
        "Peak learning rate of AdamW, reached after the warmup.\n\n"
        "Takes: a number above 0 and up to 10\n"
        "If left out: 2e-5\n"
        "Example: learning_rate: 2e-5"
    )


TAKERS = {
    **dict.fromkeys(("source", "config", "split", "weight"), "imdb"),
    "sheet": "reviews.xlsx",
    "query": "reviews.db",
    "encoding": "reviews.csv",
}
"""Sources that take an option."""


@pytest.mark.parametrize("key", keys().values(), ids=lambda key: key.name)
def test_every_example_is_right(key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("reviews.csv", "test.csv", "reviews.xlsx", "reviews.db"):
        (tmp_path / name).write_text("review,stars,question\n")
    line = example_of(key)
    for part in reversed(key.path[:-1]):
        line = f"{part}: {{{line}}}"
    needed = {"data.train": "imdb", "model": "some-model", "task": tasks_of(*key.path)[0]}
    if key.name in ("tokenizer.train", "tokenizer.vocabulary"):
        needed |= {"model": {"from_scratch": "some-model"}, "tokenizer.train": "bpe"}
    missing = {name: value for name, value in needed.items() if key.name != name and key.path[0] != name}
    if key.path[:2] in DATA_KEYS and len(key.path) == 3:
        missing = {} if key.path[1] == "train" else missing
        missing |= {"model": "some-model", f"{'.'.join(key.path[:2])}.source": TAKERS[key.path[2]]}
        line = line if key.path[2:] != ("weight",) else f"data: {{{key.path[1]}: {{split: train}}}}"
    missing.pop(key.name, None)
    read_spec(line, overrides=missing, variables={"clean": len, "my_loss": len})


@settings(max_examples=300, deadline=1000)
@given(st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=30).map("".join)), st.integers(0, 120))
def test_no_text_and_no_cursor_is_too_strange(text, cursor):
    cursor = min(cursor, len(text))
    found = complete(text, cursor, AROUND)
    assert 0 <= found.start <= cursor
    hover(text, cursor)


PARTS = [
    "a: ",
    "b: 1",
    "c: [x, y]",
    "d: {e: 1, f: [2]}",
    "g:",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "h: x y",
    ", ",
    "}",
    "]",
    "'i' : 2",
]


@settings(max_examples=500, deadline=1000)
@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_the_forgiving_reader_sees_the_keys_that_the_strict_one_sees(text):
    strict = read_yaml(text)
    if not strict.problems and isinstance(strict.data, dict):
        in_lists = {path for path in strict.keys if not all(isinstance(part, str) for part in path)}
        seen = {entry.path for entry in entries(text)}
        assert {
            path for path in strict.keys if path not in in_lists and path not in strict.blanks and ":" not in str(path)
        } <= seen


SQUAD = ["id", "title", "context", "question", "answers"]


@pytest.mark.parametrize(
    ("name", "content", "columns"),
    [
        ("a.csv", "\ufeffx,\"y z\", q \n1,2,3\n", ["x", "y z", "q"]),
        ("a.tsv", "x\ty\n", ["x", "y"]),
        ("a.jsonl", '{"x": 1, "spans": [{"no": 1}]}\n{"y": 2}\n{"z"', ["x", "spans", "y"]),
        ("a.json", '[{"x": [{"no": 1}]}, {"y": 2}]', ["x", "y"]),
        ("a.json", '{"data": [{"x": 1}], "version": 2}', ["x"]),
        ("a.json", '{"x": 1}', ["x"]),
        ("a.json", '{"version": "2", "data": [{"x": 1}, {"y": "cut off', ["x"]),
        ("a.json", '{"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [', SQUAD),
        ("a.json", '[{"paragraphs": [{"qas": [], "context": "c"}]}]', SQUAD),
        ("a.json", "{broken", []),
        ("a.csv", "", []),
        ("a.txt", "x,y\n", ["text"]),
        ("a.parquet", "no parquet", []),
    ],
)  # fmt: skip
def test_columns_are_known_from_the_head_of_a_file(tmp_path, name, content, columns):
    (tmp_path / name).write_text(content)
    assert columns_of(str(tmp_path / name), may_import=True).names == columns


def test_columns_of_parquet_and_of_large_files_take_no_time(tmp_path):
    pd.DataFrame({"x": [1], "y": ["a"]}).to_parquet(tmp_path / "a.parquet")
    with (tmp_path / "a.json").open("w") as file:
        file.write("[" + '{"x": "' + "a" * 1000 + '"},\n' * 1)
        file.write(('{"x": "' + "b" * 1000 + '"},\n') * 20_000)
    assert columns_of(str(tmp_path / "a.parquet"), may_import=True).names == ["x", "y"]
    start = time.perf_counter()
    assert columns_of(str(tmp_path / "a.json")).names == ["x"]
    assert time.perf_counter() - start < 0.2


def test_a_folder_and_starter_data_have_the_columns_of_their_training_file(tmp_path):
    (tmp_path / "train.csv").write_text("x,y\n")
    (tmp_path / "test.csv").write_text("z\n")
    assert columns_of(str(tmp_path)).names == ["x", "y"]
    assert columns_of("starter-reviews").names
    assert columns_of(str(Path(tmp_path) / "nothing")).names == columns_of("imdb").names == []


def test_a_key_press_is_answered_within_fifty_milliseconds(in_rows):
    text = "# note\n" * 150 + "data:\n  train: reviews.csv\n  columns:\n    text: "
    start = time.process_time()
    for _ in range(20):
        complete(text, len(text), AROUND)
    assert (time.process_time() - start) / 20 < 0.05
