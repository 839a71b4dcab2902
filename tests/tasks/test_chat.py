from __future__ import annotations

import ast
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, BertConfig

import nbft.tasks
from nbft.engine.evaluation import evaluate_model
from nbft.engine.trainer import RunTrainer
from nbft.errors import DataError, ModelError
from nbft.functions import preprocessed
from nbft.inference.base import Loaded, reading_as_trained
from nbft.inference.chat import Reply, is_one
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record.events import SampleMade
from nbft.record.folder import RunFolder
from nbft.run import Run
from nbft.spec.load import read_spec
from nbft.tasks.chat import Chat
from nbft.tasks.chat_template import set_template
from nbft.tasks.language_model import token_metrics
from nbft.tasks.tokenizers import named_tokenizer
from tests.history import learnt
from tests.shared import shared
from tests.tasks.by_hand import batches, losses_by_hand, train
from tests.tasks.chats import (
    ANSWERS,
    LONG,
    Said,
    chat,
    conversations,
    learnt_texts,
    rows_of,
    save_model,
    task_for,
)

Spec = dict[str, Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture
def spec(place: Path, model: Path) -> Spec:
    """A spec that trains 4 epochs of 4 steps in about two seconds."""
    (place / "chats.jsonl").write_text("\n".join(json.dumps(row) for row in conversations(4)))
    (place / "held.jsonl").write_text("\n".join(json.dumps(row) for row in conversations()))
    return {
        "model": str(model),
        "data": {"train": "chats.jsonl", "validation": "held.jsonl", "test": "held.jsonl"},
        "chat": {"template": "chatml"},
        "train": {"epochs": 4, "learning_rate": 1e-2, "batch_size": 8, "warmup": 0.0, "precision": "fp32"},
    }


def ready(model: Path, messages: list[list[dict[str, Any]]], **spec: Any) -> tuple[Chat, Any, Any]:
    task = task_for(model, **{"chat": {"template": "chatml"}, **spec})
    rows, tokenizer = rows_of(task, messages), named_tokenizer(str(model))
    task.prepare_tokenizer(tokenizer)
    return task, tokenizer, task.features(rows, tokenizer, None)


def test_eight_rows_are_learned_by_heart_with_their_ends(model: Path):
    torch.manual_seed(0)
    task, tokenizer, features = ready(model, [row["messages"] for row in conversations()])
    network = task.load_model(tokenizer)
    batch = task.collator(tokenizer)([dict(row) for row in features.rows])
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(150):
        network(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    outputs = task.reduce(network.eval()(**batch).logits, batch["labels"]).detach().numpy()
    scores = task.score(outputs, None, ["perplexity", "token_accuracy"], features)
    assert scores["token_accuracy"] == 1.0
    assert scores["perplexity"] < 1.2
    assert scores["perplexity"] == pytest.approx(math.exp(scores["loss"]))
    replies = _replies(network, tokenizer, task)
    assert replies == [Reply(answer, is_whole=True) for answer in ANSWERS.values()]


def _replies(network: Any, tokenizer: Any, task: Chat) -> list[Reply]:
    from nbft.inference.chat import write_replies

    asked = [([{"role": "user", "content": f"What is {colour}?"}], []) for colour in ANSWERS]
    return write_replies(network, tokenizer, asked, task.spec, 3)


def test_a_padded_batch_gives_the_loss_of_its_rows_alone(model: Path):
    task, tokenizer, features = ready(model, [row["messages"] for row in conversations()])
    network, collate = task.load_model(tokenizer).eval(), task.collator(tokenizer)
    rows = [dict(row) for row in features.rows]
    together = network(**collate(rows)).loss
    counts = [sum(label != -100 for label in row["labels"]) for row in rows]
    alone = [network(**collate([row])).loss.item() * n for row, n in zip(rows, counts, strict=True)]
    assert together.item() == pytest.approx(sum(alone) / sum(counts), abs=1e-5)


def test_a_run_and_a_plain_loop_reach_the_same_loss_curve(spec: Spec, place: Path, model: Path):
    done = train(spec, place / "runs")
    tokenizer = AutoTokenizer.from_pretrained(model)
    told = AutoTokenizer.from_pretrained(done.run.folder.model)  # its template, and transformers' own mask of it
    tokenizer.add_tokens(["<|im_start|>", "<|im_end|>"], special_tokens=True)
    rows = []
    for row in conversations(4):
        found = told.apply_chat_template(row["messages"], return_dict=True, return_assistant_tokens_mask=True)
        ids = tokenizer(told.apply_chat_template(row["messages"], tokenize=False), add_special_tokens=False)[
            "input_ids"
        ]
        assert ids == found["input_ids"]
        labels = [i if learnt else -100 for i, learnt in zip(ids, found["assistant_masks"], strict=True)]
        rows.append((torch.tensor(ids), torch.tensor(labels)))

    def batch_of(numbers: list[int]) -> dict[str, torch.Tensor]:
        pad = torch.nn.utils.rnn.pad_sequence
        ids = pad([rows[i][0] for i in numbers], batch_first=True, padding_value=0)
        labels = pad([rows[i][1] for i in numbers], batch_first=True, padding_value=-100)
        return {"input_ids": ids, "labels": labels, "attention_mask": (labels * 0 + 1) * (ids != 0)}

    def make_model() -> Any:
        network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        network.resize_token_embeddings(len(tokenizer))
        return network

    order = batches([len(ids) for ids, _ in rows], 8, 42, 4)
    expected = losses_by_hand(make_model, batch_of, order, learning_rate=1e-2)
    assert len(done.losses) == 16
    assert done.losses == pytest.approx(expected, rel=2e-4)


def test_passes_of_a_step_give_the_same_loss_as_one(spec: Spec, place: Path):
    spec = {**spec, "data": {"train": "held.jsonl", "validation": "none"}}  # a step sees all rows, in whatever order
    whole = train(spec, place / "whole")
    passes = train({**spec, "train": {**spec["train"], "gradient_accumulation": 4}}, place / "passes")
    assert passes.losses == pytest.approx(whole.losses, rel=1e-3)


def test_a_run_ends_with_a_model_that_replies_and_plain_transformers_say_the_same(spec: Spec, place: Path):
    spec = {
        **spec,
        "data": {"train": "held.jsonl", "validation": "held.jsonl"},
        "train": {**spec["train"], "epochs": 150, "learning_rate": 5e-3},
        "evaluate": {"every": 75},
        "save": {"every": 75},
        "generate": {"prompts": ["What is white?"]},
    }
    run = train(spec, place / "runs").run
    assert run.best is not None
    assert (run.best["eval/perplexity"] or 9) < 1.5
    assert run.predict("What is white?") == Reply("snow", is_whole=True)
    asked = chat("What is blue?", "")[:1]
    first, second = run.predict([asked, {"messages": asked}])
    assert first == second
    assert first.text == ANSWERS["blue"]
    said = run.pipeline()(asked)[0]["generated_text"][-1]
    assert (said["role"], said["content"]) == ("assistant", first.text)
    samples = [event for event in run.follow() if isinstance(event, SampleMade)]
    assert (samples[-1].prompt, samples[-1].text) == ("What is white?", "snow")
    notes = run.state.plan.notes if run.state.plan else []
    assert any("OpenAI messages" in note for note in notes)
    assert any("New tokens of the chat template" in note for note in notes)
    assert any(note.startswith("Learnt: ") and "'<|im_end|>' at its end" in note for note in notes)

    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    plain: Any = AutoModelForCausalLM.from_pretrained(run.folder.model).eval()
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    written = plain.generate(**ids, do_sample=False)[0, ids["input_ids"].shape[1] :]
    assert tokenizer.decode(written) == f"{first.text}<|im_end|>"
    assert not (run.folder.model / "README.md").exists()
    assert not list(run.folder.checkpoints.rglob("training_args.bin"))


def test_the_scores_are_those_of_a_plain_loop_over_the_rows(spec: Spec, place: Path):
    run = train(spec, place / "runs").run
    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    plain = AutoModelForCausalLM.from_pretrained(run.folder.model).eval()
    loss, right, count = 0.0, 0, 0
    for row in conversations():
        found = tokenizer.apply_chat_template(row["messages"], return_dict=True, return_assistant_tokens_mask=True)
        ids, mask = torch.tensor(found["input_ids"]), torch.tensor(found["assistant_masks"]).bool()
        with torch.no_grad():
            logits = plain(input_ids=ids[None]).logits[0, :-1][mask[1:]]
        loss += float(torch.nn.functional.cross_entropy(logits, ids[1:][mask[1:]], reduction="sum"))
        right += int((logits.argmax(-1) == ids[1:][mask[1:]]).sum())
        count += int(mask.sum())
    wanted = {"loss": loss / count, "perplexity": math.exp(loss / count), "token_accuracy": right / count}
    assert {name: run.metrics[f"test/{name}"] for name in wanted} == pytest.approx(wanted, rel=1e-4)
    again = evaluate_model(run.folder, str(place / "held.jsonl"))
    assert {name: again[f"test/{name}"] for name in wanted} == pytest.approx(wanted, rel=1e-4)


def test_a_killed_run_resumes_bit_for_bit(spec: Spec, place: Path, monkeypatch: pytest.MonkeyPatch):
    spec = {**spec, "save": {"every": 3}, "model": spec["model"]}
    whole = train(spec, place / "whole").run

    class Killed(BaseException):
        """Stands for the end of the process: nothing that catches errors catches it."""

    original = RunTrainer.training_step

    def die(self: RunTrainer, *args: Any, **kwargs: Any) -> torch.Tensor:
        if self.state.global_step == 10:
            raise Killed
        return original(self, *args, **kwargs)

    folder = prepare_folder(read_spec(spec), "killed")
    with monkeypatch.context() as patch:
        patch.setattr(RunTrainer, "training_step", die)
        with pytest.raises(Killed):
            run_inline(folder)
    run_inline(folder)
    resumed = Run(folder)
    assert resumed.status == "finished"
    assert resumed.state.plan is not None
    assert resumed.state.plan.step == 9
    assert _sha256(resumed.folder.model) == _sha256(whole.folder.model)
    assert learnt(resumed).equals(learnt(whole))


def _sha256(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_what_is_learnt_can_be_chosen(model: Path):
    for learn, wanted in (
        ("assistant", ["It is three.<|im_end|>", "You are welcome.<|im_end|>"]),
        ("last", ["You are welcome.<|im_end|>"]),
    ):
        _, tokenizer, features = ready(model, [LONG], chat={"template": "chatml", "learn": learn})
        assert learnt_texts(features.rows[0], tokenizer)[-len(wanted) :] == wanted
        assert len(learnt_texts(features.rows[0], tokenizer)) == (3 if learn == "assistant" else 1)
    _, _, features = ready(model, [LONG], chat={"template": "chatml", "learn": "all"})
    row = features.rows[0]
    assert row["labels"][1:] == row["input_ids"][1:]


def test_answers_of_weight_0_are_not_learnt(model: Path):
    messages = [*chat("One?", "first"), *chat("Two?", "second")]
    messages[1]["weight"] = 0
    _, tokenizer, features = ready(model, [messages])
    assert learnt_texts(features.rows[0], tokenizer) == ["second<|im_end|>"]


def test_rows_that_are_cut_until_nothing_is_learnt_are_left_out_and_counted(model: Path):
    said = Said()
    task = task_for(model, said, chat={"template": "chatml"})
    long, short = chat("What is this? " * 40, "Nothing."), chat("What is red?", "apples")
    rows, tokenizer = rows_of(task, [long, short]), named_tokenizer(str(model))
    task.prepare_tokenizer(tokenizer)
    features = task.features(rows, tokenizer, 40)
    assert learnt_texts(features.rows[0], tokenizer) == ["apples<|im_end|>"]
    assert (len(features.rows), len(features.lengths), features.limit) == (1, 1, 40)
    assert said == ["1 of 2 train conversations were left out: cut at 40 tokens, they hold nothing to learn."]
    with pytest.raises(DataError, match="no row holds a token to learn: the assistant speaks from token") as caught:
        task.features(rows, tokenizer, 5)
    assert caught.value.path == "data.max_tokens"
    assert "What is this?" in caught.value.fix


def test_pairs_of_equal_answers_are_said_whether_they_are_refused_or_learnt(model: Path):
    rows = Dataset.from_list(
        [{"prompt": "Hi", "chosen": "Hello.", "rejected": "Hello." if i == 1 else "No."} for i in range(3)]
    )
    said = "In 1 of 3 train rows both answers are the same, which prefers neither. The first of them: row 2."
    with pytest.raises(DataError, match=said):
        task_for(model).standardise(rows, "train")
    task = task_for(model, data={"train": "x.jsonl", "columns": {"prompt": "prompt", "completion": "chosen"}})
    assert len(task.standardise(rows, "train")) == 3
    assert said in task.notes


def test_rows_without_an_answer_are_left_out_with_their_numbers(model: Path):
    said = Said()
    task = task_for(model, said)
    messages = [chat("a", "b"), chat("a", " "), chat("a", "b")[:1], chat("a", "")]
    assert len(rows_of(task, messages)) == 1
    assert sorted(said) == [
        "1 of 4 train rows can't be learnt from (no message is the assistant's) and were left out.",
        "2 of 4 train rows can't be learnt from (every message of the assistant's is empty) and were left out.",
    ]
    with pytest.raises(DataError, match="No row of the train data is a conversation to learn from: every message"):
        rows_of(task, messages[1:2])


def test_a_model_that_does_not_write_is_refused_before_it_is_loaded(tmp_path: Path):
    BertConfig().save_pretrained(tmp_path)
    task = task_for(tmp_path)
    with pytest.raises(ModelError, match="a bert model, which does not write text") as caught:
        task.learn_labels(Dataset.from_dict({}), {})
    assert caught.value.path == "model"


def test_without_trl_the_error_names_the_line_to_install_it(model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nbft.tasks.chat.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="trains with TRL, which is not installed") as caught:
        task_for(model)
    assert "pip install" in caught.value.fix


def test_the_users_preprocessing_changes_what_is_said_and_not_who_says_it(model: Path):
    task = task_for(model)
    task.preprocess = str.upper
    rows = rows_of(task, [chat("a", "b")])
    assert json.loads(rows["messages"][0]) == chat("A", "B")
    assert list(task.texts(rows)) == ["A", "B"]


def test_a_pipeline_reads_conversations_as_they_were_learnt(model: Path):
    from transformers import pipeline
    from transformers.utils import chat_template_utils

    wrapped: Any = chat_template_utils.Chat  # its annotation is wrong

    spec = task_for(model, data={"train": "x.jsonl", "clean": ["collapse-whitespace"]}).spec
    tokenizer = named_tokenizer(str(model))
    set_template(tokenizer, "chatml")
    made: Any = pipeline("text-generation", model=str(model), tokenizer=tokenizer)  # pyright: ignore[reportCallIssue, reportArgumentType]
    wanted = made.preprocess(wrapped(chat("What is red?", "")[:1]))["input_ids"]
    reading = reading_as_trained(made, Loaded(made.model, tokenizer, spec, "chat", str(model)))
    asked = chat("What   is\n red?", "")[:1]
    assert reading.preprocess(wrapped(asked))["input_ids"].tolist() == wanted.tolist()
    assert asked[0]["content"] == "What   is\n red?"


def test_tools_are_read_as_they_are(model: Path, place: Path):
    spec = task_for(model, data={"train": "x.jsonl", "clean": ["collapse-whitespace"]}).spec
    call = {"role": "assistant", "content": "a  b", "tool_calls": [{"function": {"name": "x  y"}}]}
    given = {"messages": [call, {"from": "gpt", "value": "c  d"}], "tools": [{"name": "x  y"}]}
    read = preprocessed(given, spec, RunFolder(place))
    assert read["messages"] == [{**call, "content": "a b"}, {"from": "gpt", "value": "c d"}]
    assert read["tools"] == given["tools"]


def test_one_conversation_is_told_from_several():
    assert all(is_one(one) for one in ("Hi", chat("a", "b"), {"messages": chat("a", "b")}))
    assert not any(is_one(many) for many in (["Hi"], [chat("a", "b")], [{"messages": chat("a", "b")}], []))


def test_trl_is_imported_only_where_a_chat_is_trained():
    folder = Path(nbft.tasks.__file__).parent
    importing = {}
    for file in folder.glob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("trl", "nbft.tasks.chat_trainer")):
                importing.setdefault(file.name, node.module)
    assert list(importing) == ["chat_trainer.py"]


@pytest.mark.slow
def test_real_instructions_are_learnt_well_below_the_untouched_model(place: Path):
    model = shared("models/stories260K")
    data = {name: str(shared(f"sft_dpo/sft_{name}.json")) for name in ("train", "validation", "test")}
    spec = {"model": str(model), "data": data, "chat": {"template": "plain"}}
    run = train({**spec, "train": {"epochs": 1, "learning_rate": 1e-3, "precision": "fp32"}}, place / "runs").run
    task = task_for(model, chat={"template": "plain"})
    tokenizer = named_tokenizer(str(model))
    task.prepare_tokenizer(tokenizer)
    rows = task.standardise(Dataset.from_json(data["test"], cache_dir=str(place)), "test")  # pyright: ignore[reportArgumentType]
    features = task.features(rows, tokenizer, 512)
    network, collate = task.load_model(tokenizer).eval(), task.collator(tokenizer)
    with torch.no_grad():
        parts = [collate([dict(row)]) for row in features.rows]
        sums = [task.reduce(network(**part).logits, part["labels"]) for part in parts]
    before = token_metrics(torch.cat(sums).numpy())["perplexity"]
    assert (run.metrics["test/perplexity"] or 1e9) < before / 2
