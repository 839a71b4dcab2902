"""The record of a run as events, to be replayed before panels."""

from __future__ import annotations

from nbft.record import events as word
from nbft.record.events import Event
from nbft.record.state import RunState, replay

METRICS = ["eval/accuracy", "eval/f1", "eval/loss"]


def planned(**changes: object) -> word.Planned:
    """A plan of 300 steps in 3 epochs."""
    plan = {
        "total_steps": 300,
        "steps_per_epoch": 100,
        "epochs": 3.0,
        "rows": {"train": 1600},
        "device": "cpu",
        "precision": "bf16",
        "parameters": 4_400_000,
        "trained_parameters": 4_400_000,
        "metrics": METRICS,
    }
    return word.Planned(**{**plan, **changes})  # pyright: ignore[reportArgumentType] - values of several types


def rule(**changes: object) -> word.EarlyStoppingSet:
    """Early stopping on accuracy with a patience of 3."""
    known = {"enabled": True, "monitor": "eval/accuracy", "patience": 3, "min_delta": 0.001}
    return word.EarlyStoppingSet(**{**known, **changes})  # pyright: ignore[reportArgumentType]


def started(**changes: object) -> list[Event]:
    """The events of a run up to its first step."""
    return [
        word.RunStarted(run="reviews-001", pid=7, host="here", time=1000.0),
        word.PhaseStarted(phase="loading the data", time=1001.0),
        planned(**changes),
        rule(),
        word.PhaseStarted(phase="training", time=1004.0),
    ]


def measured(step: int, loss: float | None) -> word.Measured:
    """A training loss."""
    return word.Measured(step=step, epoch=step / 100, values={"train/loss": loss, "train/learning_rate": 2e-5})


def evaluated(step: int, accuracy: float | None, split: str = "eval") -> word.Evaluated:
    """An evaluation."""
    values = {f"{split}/accuracy": accuracy, f"{split}/f1": 0.5, f"{split}/loss": 0.25}
    return word.Evaluated(step=step, epoch=step / 100, values=values, split=split)


def ended(outcome: str = "finished", **changes: object) -> word.RunEnded:
    """A run's last word."""
    known = {"outcome": outcome, "reason": "Finished all 3 epochs.", "step": 300, "time": 1062.0, "has_model": True}
    return word.RunEnded(**{**known, **changes})  # pyright: ignore[reportArgumentType]


def training(*more: Event) -> RunState:
    """The state of a run that trains, after some more events."""
    return replay([*started(), *more])


def finished() -> RunState:
    """The state of a run that is over."""
    losses = [measured(step, 1 / step) for step in range(1, 301)]
    evaluations = [evaluated(100, 0.8), evaluated(200, 0.9), evaluated(300, 0.85), evaluated(300, 0.87, "test")]
    saved = word.CheckpointSaved(step=200, seconds=0.1, size_bytes=1)
    return training(*losses, *evaluations, saved, ended())
