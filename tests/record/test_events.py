from __future__ import annotations

import json
import math

from nbft.record import events as word
from nbft.record.events import COMMANDS, EVENTS, command_from, event_from, to_dict


def test_an_event_survives_its_line():
    event = word.Evaluated(seq=7, time=1.5, step=20, epoch=0.5, values={"eval/f1": 0.75}, seconds=0.25)
    assert event_from(json.loads(json.dumps(to_dict(event)))) == event


def test_a_command_survives_its_line():
    command = word.SetEarlyStopping(patience=4, monitor="eval/loss")
    assert command_from(json.loads(json.dumps(to_dict(command)))) == command


def test_what_is_not_a_number_is_written_as_null_never_as_zero():
    event = word.Measured(step=1, epoch=0.1, values={"train/loss": math.nan, "train/grad_norm": math.inf})
    assert to_dict(event)["values"] == {"train/loss": None, "train/grad_norm": None}
    json.dumps(to_dict(event), allow_nan=False)


def test_readers_skip_kinds_and_fields_they_do_not_know():
    assert event_from({"kind": "FromTheFuture", "seq": 1}) is None
    assert event_from({"kind": "Paused", "step": 3, "mood": "calm"}) == word.Paused(step=3)
    assert event_from({"kind": "Paused"}) is None
    assert command_from({}) is None


def test_every_word_has_a_sentence():
    for kind in (*EVENTS.values(), *COMMANDS.values()):
        assert kind.__doc__
        assert not kind.__doc__.startswith(kind.__name__ + "(")
