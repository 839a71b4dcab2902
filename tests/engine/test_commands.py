"""Commands that change a run while it trains: what the optimizer, the record and the checkpoints make of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from nbft.engine.trainer import RunTrainer
from nbft.launch.inline import run_inline
from nbft.record import events as word
from nbft.record.events import Command
from nbft.run import Run
from tests.engine.test_attempt import Spec, folder_for, one_thread, send, trained, weights

__all__ = ["one_thread"]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sends commands when a step is about to be made, and can end the process there once."""

    class Killed(BaseException):
        """Stands for the end of the process: nothing that catches errors catches it."""

    asked: dict[int, list[Command]] = {}
    kill_at: set[int] = set()
    original = RunTrainer.training_step

    def step(self: RunTrainer, *args: Any, **kwargs: Any) -> torch.Tensor:
        number = self.state.global_step + 1
        for command in asked.pop(number, []):
            send(self.record.folder, command)
        if number in kill_at:
            kill_at.clear()
            raise Killed
        return original(self, *args, **kwargs)

    monkeypatch.setattr(RunTrainer, "training_step", step)

    def train(spec: Spec, name: str, commands: dict[int, list[Command]], *, killed: int | None = None) -> Run:
        folder = folder_for(spec, name=name)
        asked.update(commands)
        if killed:
            kill_at.add(killed)
            with pytest.raises(Killed):
                run_inline(folder)
        run_inline(folder)
        return Run(folder)

    return train


def rates(run: Run) -> dict[int, float]:
    """The learning rate of each step, as the optimizer had it."""
    points = run.history[["step", "train/learning_rate"]].to_numpy()
    return {int(step): float(rate) for step, rate in points}


def by_hand(peak: float, step: int, total: int, factor: float = 1.0) -> float:
    """A linear schedule without warmup: the rate of a step, from 1."""
    return factor * peak * (total - (step - 1)) / total


@pytest.fixture
def spec(tiny_spec: Spec) -> Spec:
    """4 epochs of 20 steps, a linear schedule from 1e-3, a checkpoint every 15 steps."""
    train = {**tiny_spec["train"], "schedule": "linear", "warmup": 0, "learning_rate": 1e-3, "epochs": 4}
    return {**tiny_spec, "train": train, "save": {"every": 15, "keep": 2}, "early_stopping": {"enabled": False}}


def test_a_changed_learning_rate_and_length_hold_bit_for_bit_after_a_kill(spec: Spec, at: Any):
    commands = {30: [word.SetLearningRate(factor=0.5)], 50: [word.SetEpochs(epochs=5)]}
    whole = at(spec, "whole", commands)
    killed = at(spec, "killed", commands, killed=57)
    assert killed.state.plan is not None
    assert (killed.state.attempt, killed.state.plan.step) == (2, 45)
    assert killed.state.total_steps == whole.state.total_steps == 100
    assert rates(killed) == rates(whole)
    assert weights(killed.folder.checkpoints / "checkpoint-100") == weights(whole.folder.checkpoints / "checkpoint-100")
    found = rates(whole)
    expected = [by_hand(1e-3, step, 80) for step in range(1, 31)]
    expected += [by_hand(1e-3, step, 80, 0.5) for step in range(31, 51)]
    expected += [by_hand(1e-3, step, 100, 0.5) for step in range(51, 101)]
    assert [found[step] for step in range(1, 101)] == pytest.approx(expected)
    assert "All 5 epochs" in (whole.state.end.reason if whole.state.end else "")


def test_fewer_epochs_end_the_run_early_evaluated_and_saved(spec: Spec, at: Any):
    run = at(
        spec, "short", {25: [word.SetEpochs(epochs=1), word.SetEpochs(epochs=2), word.SetLearningRate(value=2e-3)]}
    )
    answers = [(taken.obeyed, taken.answer) for taken in run.state.commands]
    assert [obeyed for obeyed, _ in answers] == [False, True, True]
    assert "2 epochs are the least" in answers[0][1]
    assert run.status == "finished"
    assert run.state.step == run.state.total_steps == 40
    assert 40 in run.state.checkpoints
    assert [e.step for e in run.state.evaluations if e.split == "eval"] == [20, 40]
    assert rates(run)[26] == pytest.approx(by_hand(2e-3, 26, 40))


def test_stop_now_makes_no_more_step_evaluation_or_checkpoint_and_keeps_the_best(spec: Spec, at: Any):
    run = at(spec, "now", {23: [word.StopNow()]})
    assert run.status == "stopped"
    assert run.state.step in (22, 23)  # heard between the passes of step 23, or after it
    assert run.state.checkpoints == [15, 20]
    assert [e.step for e in run.state.evaluations] == [20]
    assert weights(run.folder.model) == weights(run.folder.checkpoints / "checkpoint-20")
    assert run.state.commands[0].answer == (
        f"ends at once after step {run.state.step}; the newest checkpoint is of step 20"
    )


def test_what_a_run_cannot_do_is_refused_with_the_reason_and_told_beforehand(spec: Spec):
    bad = [word.SampleNow(), word.SetLearningRate(factor=0), word.SetLearningRate(), word.SetEpochs(epochs=-1)]
    run = trained({**spec, "train": {**spec["train"], "epochs": 1}}, *bad)
    assert [taken.obeyed for taken in run.state.commands] == [False] * 4
    assert run.state.commands[0].answer == "writes no text: its task is text-classification"
    assert run.state.plan is not None
    assert list(run.state.plan.refused) == ["SampleNow"]
    assert run.state.schedule == []
