"""Whole runs in this process: what is trained, kept, said and obeyed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score

from nbft.engine.trainer import RunTrainer
from nbft.launch.inline import run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record import events as word
from nbft.record.events import Command, to_dict
from nbft.record.folder import RunFolder
from nbft.record.journal import append
from nbft.run import Run
from nbft.spec.load import read_spec
from tests.history import learnt

Spec = dict[str, Any]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Bit-exactness is promised for the same number of threads; one is the quickest for so small a model."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def folder_for(spec: Spec, *commands: Command, name: str = "r") -> RunFolder:
    folder = prepare_folder(read_spec(spec), name)
    for command in commands:
        send(folder, command)
    return folder


def send(folder: RunFolder, command: Command) -> None:
    append(folder.commands, to_dict(dataclasses.replace(command, time=time.time())))


def trained(spec: Spec, *commands: Command) -> Run:
    folder = folder_for(spec, *commands)
    run_inline(folder)
    return Run(folder)


def weights(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_a_run_learns_and_its_scores_are_those_of_its_model(tiny_spec: Spec):
    run = trained(tiny_spec)
    assert run.status == "finished"
    assert run.best is not None
    assert (run.best["eval/accuracy"] or 0) > 0.9
    rows = [line.rsplit(",", 1) for line in Path("test.csv").read_text().splitlines()[1:]]
    guesses = [p.label for p in run.predict([text for text, _ in rows])]
    assert run.metrics["test/accuracy"] == pytest.approx(accuracy_score([label for _, label in rows], guesses))


def test_the_record_tells_the_whole_run(tiny_spec: Spec):
    run = trained(tiny_spec)
    events = run.follow()
    assert isinstance(events[0], word.RunStarted)
    assert events[0].pid > 0
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    measured = [event.step for event in events if isinstance(event, word.Measured)]
    assert measured == list(range(1, 81))
    assert [e.step for e in events if isinstance(e, word.Evaluated) and e.split == "eval"] == [20, 40, 60, 80]
    assert isinstance(events[-1], word.RunEnded)
    history = run.history
    assert list(history["step"]) == measured
    assert history["eval/accuracy"].count() == 4
    tokens = [e.values["train/tokens_per_s"] or 0 for e in events if isinstance(e, word.Measured)]
    rows = [e.values["train/examples_per_s"] or 0 for e in events if isinstance(e, word.Measured)]
    assert all(token > row > 0 for token, row in zip(tokens, rows, strict=True))
    held = psutil.Process().memory_info().rss
    assert history["memory/process_bytes"].iloc[-1] == pytest.approx(held, rel=0.5)


def test_the_model_loads_with_plain_transformers(tiny_spec: Spec):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    run = trained(tiny_spec)
    model = AutoModelForSequenceClassification.from_pretrained(run.folder.model)
    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    logits = model(**tokenizer("the film was superb", return_tensors="pt")).logits
    assert model.config.id2label[int(logits.argmax())] == "positive"


def test_the_best_checkpoint_is_the_result_though_saves_fall_on_other_steps(tiny_spec: Spec):
    spec = {**tiny_spec, "evaluate": {"every": 7}, "save": {"every": 10, "keep": 1}}
    run = trained({**spec, "early_stopping": {"monitor": "eval/loss", "patience": 2, "min_delta": 0.5}})
    rule, end = run.state.early_stopping, run.state.end
    assert end is not None
    assert end.outcome == "finished"
    assert "Early stopping" in end.reason
    evaluated = {e.step: e.values["eval/loss"] for e in run.state.evaluations if e.split == "eval"}
    assert evaluated[rule.best_step] == min(evaluated.values())  # pyright: ignore[reportArgumentType]
    best = run.folder.checkpoints / f"checkpoint-{rule.best_step}"
    kept, result = load_file(best / "model.safetensors"), load_file(run.folder.model / "model.safetensors")
    assert all(torch.equal(kept[name], result[name]) for name in kept)


def test_without_validation_the_last_model_is_the_result(tiny_spec: Spec):
    spec = {**tiny_spec, "data": {"train": "reviews.csv", "validation": "none"}}
    run = trained({key: value for key, value in spec.items() if key != "early_stopping"})
    assert run.status == "finished"
    assert run.best is None
    assert weights(run.folder.model) == weights(run.folder.checkpoints / "checkpoint-88")


def test_stop_keeps_the_best_model_of_what_was_trained(tiny_spec: Spec):
    run = trained(tiny_spec, word.Stop())
    assert run.status == "stopped"
    assert run.state.step == 1
    assert run.state.early_stopping.best_step == 1
    assert run.predict("the film was superb").label in ("positive", "negative")
    assert [(c.command, c.obeyed) for c in run.state.commands] == [("Stop", True)]


def test_pause_waits_and_evaluates_and_saves_when_asked(tiny_spec: Spec):
    folder = folder_for(tiny_spec, word.Pause())

    def later() -> None:
        run = Run(folder)
        wait_for(lambda: run.status == "paused")
        send(folder, word.EvaluateNow())
        send(folder, word.SaveNow())
        wait_for(lambda: bool(run.state.evaluations) and 1 in run.state.checkpoints)
        assert run.state.step == 1
        send(folder, word.Resume())

    thread = threading.Thread(target=later)
    thread.start()
    run_inline(folder)
    thread.join()
    run = Run(folder)
    assert run.status == "finished"
    assert [c.command for c in run.state.commands] == ["Pause", "EvaluateNow", "SaveNow", "Resume"]
    kinds = [type(event).__name__ for event in run.follow()]
    between = kinds[kinds.index("Paused") : kinds.index("Resumed")]
    assert "Evaluated" in between
    assert "CheckpointSaved" in between


def wait_for(true: Callable[[], bool], timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_evaluation_asked_for_changes_nothing_in_training(tiny_spec: Spec):
    plain, asked = trained(tiny_spec), trained(tiny_spec, word.EvaluateNow(), word.SaveNow())
    last = plain.state.total_steps
    assert weights(plain.folder.checkpoints / f"checkpoint-{last}") == weights(
        asked.folder.checkpoints / f"checkpoint-{last}"
    )


def test_early_stopping_is_changed_while_training(tiny_spec: Spec):
    changed = word.SetEarlyStopping(monitor="eval/loss", patience=1, min_delta=9.0)
    run = trained({**tiny_spec, "early_stopping": {"enabled": False}}, word.SetEarlyStopping(enabled=True), changed)
    assert run.state.end is not None
    assert "eval/loss" in run.state.end.reason
    assert run.state.step == 40  # the first evaluation sets the reference, the second gains too little


def test_a_change_that_cannot_be_is_answered_and_leaves_the_rule(tiny_spec: Spec):
    run = trained(tiny_spec, word.SetEarlyStopping(monitor="eval/bleu"), word.SetEarlyStopping(patience=0))
    answers = [(c.obeyed, c.answer) for c in run.state.commands]
    assert [obeyed for obeyed, _ in answers] == [False, False]
    assert "it computes eval/accuracy" in answers[0][1]
    assert run.state.early_stopping.monitor == "eval/accuracy"


def test_a_loss_that_is_not_a_number_stops_the_run_at_once_and_keeps_the_best(
    tiny_spec: Spec, monkeypatch: pytest.MonkeyPatch
):
    def poison(self: RunTrainer, *args: Any, **kwargs: Any) -> torch.Tensor:
        if self.state.global_step == 24:
            with torch.no_grad():
                next(iter(self.model.parameters())).fill_(float("nan"))  # pyright: ignore[reportOptionalMemberAccess]
        return original(self, *args, **kwargs)

    original = RunTrainer.training_step
    monkeypatch.setattr(RunTrainer, "training_step", poison)
    run = trained(tiny_spec)
    end = run.state.end
    assert end is not None
    assert (end.outcome, end.step, end.has_model) == ("failed", 24, True)
    assert "not a number at step 25" in end.reason
    assert "learning rate" in str(end.error)
    assert run.state.checkpoints == [20]
    assert all(torch.isfinite(t).all() for t in load_file(run.folder.model / "model.safetensors").values())
    lines = run.folder.events.read_text().splitlines()
    assert all(json.loads(line).get("values", {}).get("train/loss", 1) != 0 for line in lines)


def test_a_killed_run_resumes_bit_for_bit_with_early_stopping_and_the_users_changes(
    tiny_spec: Spec, monkeypatch: pytest.MonkeyPatch
):
    spec = {**tiny_spec, "save": {"every": 15}, "early_stopping": {"patience": 50}}
    whole = trained(spec, word.SetEarlyStopping(patience=40))

    class Killed(BaseException):
        """Stands for the end of the process: nothing that catches errors catches it."""

    def die(self: RunTrainer, *args: Any, **kwargs: Any) -> torch.Tensor:
        if self.state.global_step == 52:
            raise Killed
        return original(self, *args, **kwargs)

    original = RunTrainer.training_step
    folder = folder_for(spec, word.SetEarlyStopping(patience=40), name="killed")
    with monkeypatch.context() as patch:
        patch.setattr(RunTrainer, "training_step", die)
        with pytest.raises(Killed):
            run_inline(folder)
    run_inline(folder)
    resumed = Run(folder)
    assert resumed.status == "finished"
    assert resumed.state.attempt == 2
    assert resumed.state.plan is not None
    assert resumed.state.plan.step == 45
    assert weights(resumed.folder.checkpoints / "checkpoint-80") == weights(whole.folder.checkpoints / "checkpoint-80")
    assert weights(resumed.folder.model) == weights(whole.folder.model)
    assert learnt(resumed).equals(learnt(whole))
    for rule in (resumed.state.early_stopping, whole.state.early_stopping):
        assert rule.patience == 40
    assert resumed.state.early_stopping == whole.state.early_stopping
    assert run_inline(folder).poll() == 0
    assert resumed.state.attempt == 2  # the same command on a finished run does nothing


def test_a_flipped_bit_in_the_newest_checkpoint_is_said_and_the_one_before_is_taken(tiny_spec: Spec):
    run = trained({**tiny_spec, "train": {**tiny_spec["train"], "epochs": 1}, "save": {"every": 5, "keep": 3}})
    lines = run.folder.events.read_text().splitlines(keepends=True)
    run.folder.events.write_text("".join(line for line in lines if '"RunEnded"' not in line))
    broken = run.folder.checkpoints / "checkpoint-20" / "optimizer.pt"
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 1
    broken.write_bytes(content)
    run_inline(run.folder)
    again = Run(run.folder)
    assert again.status == "finished"
    assert again.state.plan is not None
    assert again.state.plan.step == 15
    assert "checkpoint-20 was passed over" in again.state.warnings[0].message
    assert broken.exists() or list(run.folder.checkpoints.glob("*checkpoint-20*"))
