"""Every command as a method: `run.stop()` sends Stop."""

from __future__ import annotations

from abc import abstractmethod

from nbft.record import commands as word
from nbft.record.commands import Command


class Asks:
    """What can be asked of whoever hears commands; the record holds each answer."""

    @abstractmethod
    def send(self, command: Command) -> None:
        """Hands the command over."""

    def stop(self) -> None:
        """Ends the run after the present step and keeps the best model."""
        self.send(word.Stop())

    def stop_now(self) -> None:
        """Ends the run at once: what came after the newest checkpoint can't be resumed; the best model that stands is kept."""
        self.send(word.StopNow())

    def evaluate_now(self) -> None:
        """Evaluates on the validation rows after the present step."""
        self.send(word.EvaluateNow())

    def save_now(self) -> None:
        """Writes a checkpoint after the present step."""
        self.send(word.SaveNow())

    def sample_now(self) -> None:
        """Lets the model answer `generate.prompts` after the present step."""
        self.send(word.SampleNow())

    def set_learning_rate(self, value: float | None = None, *, factor: float | None = None) -> None:
        """Lets `value` stand in for `train.learning_rate` from now on, or multiplies the schedule by `factor`."""
        self.send(word.SetLearningRate(value=value, factor=factor))

    def set_epochs(self, epochs: float) -> None:
        """Trains for so many epochs in all; the schedule is that of a run so long."""
        self.send(word.SetEpochs(epochs=epochs))

    def set_early_stopping(
        self,
        *,
        enabled: bool | None = None,
        monitor: str | None = None,
        patience: int | None = None,
        min_delta: float | None = None,
    ) -> None:
        """Changes the early-stopping rule; what is left out stays as it is."""
        self.send(word.SetEarlyStopping(enabled=enabled, monitor=monitor, patience=patience, min_delta=min_delta))

    def pause(self) -> None:
        """Lets the run wait after the present step."""
        self.send(word.Pause())
