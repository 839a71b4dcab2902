"""`nbft tell`: what a terminal can ask of a run that goes on, and what the run answers."""

from __future__ import annotations

from typing import Any

import pytest

from nbft.cli import main
from nbft.errors import NbftError
from nbft.record import events as word
from nbft.record.commands import Command
from nbft.run import start_run
from nbft.spec.load import read_spec
from nbft.telling import ORDERS, WORDS, command_of
from tests.test_run import endless, until_step

Spec = dict[str, Any]


@pytest.mark.parametrize(
    ("said", "kind", "values"),
    [
        *((name, kind, {}) for name, kind in ORDERS.items()),
        ("learning_rate=1e-5", word.SetLearningRate, {"value": 1e-5, "factor": None}),
        ("learning_rate_factor=0.5", word.SetLearningRate, {"value": None, "factor": 0.5}),
        ("epochs=4", word.SetEpochs, {"epochs": 4.0}),
        ("early_stopping=off", word.SetEarlyStopping, {"enabled": False, "patience": None}),
        ("monitor=eval/loss", word.SetEarlyStopping, {"monitor": "eval/loss"}),
        ("patience=3", word.SetEarlyStopping, {"patience": 3, "enabled": None}),
        ("min_delta=0.01", word.SetEarlyStopping, {"min_delta": 0.01}),
    ],
)
def test_a_word_is_a_command(said: str, kind: type[Command], values: dict[str, Any]):
    command = command_of(said)
    assert type(command) is kind
    assert {name: getattr(command, name) for name in values} == values


def test_every_command_of_the_record_has_a_word():
    told = {type(command_of(one.strip())) for one in WORDS.replace("; or", ",").split(",")}
    assert told == set(word.COMMANDS.values())


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("patiens=3", "Did you mean 'patience=3'"),
        ("evaluat", "Did you mean 'evaluate'"),
        ("patience", "Did you mean 'patience=3'"),
        ("patience=2.5", "patience is to be a whole number, not '2.5'"),
        ("early_stopping=maybe", "on or off"),
        ("stop=now", "A run can't be told 'stop=now'"),
    ],
)
def test_what_no_run_hears_is_refused_before_anything_is_sent(said: str, what: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(NbftError):
        command_of(said)
    with pytest.raises(SystemExit) as ended:
        main(["tell", "nothing", said])
    assert ended.value.code == 2
    assert what in capsys.readouterr().err


def test_a_run_that_goes_on_does_what_it_is_told_and_answers(tiny_spec: Spec, capsys: pytest.CaptureFixture[str]):
    run = start_run(read_spec(endless(tiny_spec)), "reviews")
    until_step(run, 2)
    assert main(["tell", "reviews", "pause", "learning_rate_factor=0.5", "epochs=400", "patience=7", "resume"]) == 0
    assert (run.state.factor, run.state.early_stopping.patience) == (0.5, 7)
    assert run.state.plan is not None
    assert run.state.plan.epochs == 400
    assert main(["tell", "reviews", "save", "evaluate"]) == 0
    assert main(["tell", "reviews", "sample"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("✓ Pause: paused after step")
    assert printed[-1].startswith("✕ Write samples: writes no text")
    assert main(["tell", "reviews", "stop-now"]) == 0
    run.wait()
    assert main(["tell", "reviews", "pause"]) == 1
    assert "nobody is there to hear that" in capsys.readouterr().err
