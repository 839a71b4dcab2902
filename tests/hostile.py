"""A run in whose every text stands something that would run as a script if it were not shown as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbft.record.events import Event, Examined, SampleMade, Warned
from nbft.record.examination import Examination, Mistake, write_examination
from nbft.record.folder import RunFolder
from tests.notebook.recorded import record, record_spec
from tests.panels.record import ended, evaluated, measured, started

HOSTILE = (
    "<script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 1">',
    '"><svg onload="window.hacked = 1">',
    "</style><script>window.hacked = 1</script>",
    "</pre></title></textarea><script>window.hacked = 1</script>",
    "javascript:window.hacked=1",
)
"""Texts that would run as a script where they are not shown as text."""


def hostile_run(root: Path, *more: Event, **spec: Any) -> RunFolder:
    """A finished run in whose every text stands something that would run as a script."""
    said = []
    for number, words in enumerate(HOSTILE):
        said.append(SampleMade(step=200, prompt=words, text=f"{number} {words}", reference=words))
        said.append(Warned(message=f"{number} {words}", fix=words))
    losses = [measured(step, 1 / step) for step in range(1, 301)]
    plan = started(labels=list(HOSTILE), notes=list(HOSTILE), device=HOSTILE[1], metrics=[f"eval/{HOSTILE[1]}"])
    scores = [evaluated(200, 0.9), evaluated(300, 0.87, "test"), Examined(step=200, file="eval-200.json")]
    folder = record(root, *plan, *losses, *scores, *said, ended(), *more, name="hostile")
    mistakes = [Mistake(words, words, words, 0.9) for words in HOSTILE]
    write_examination(Examination(rows=9, wrong=6, mistakes=mistakes), folder.examinations / "eval-200.json")
    folder.environment.write_text(json.dumps({f"python {HOSTILE[0]}": HOSTILE[1]}), encoding="utf-8")
    columns = {"text": HOSTILE[1], "label": HOSTILE[2]}
    return record_spec(folder, data={"train": f"{HOSTILE[3]}.csv", "columns": columns}, **spec)
