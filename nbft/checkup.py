"""`--check` and `--plan`: what a worker finds out about a spec without keeping a run, and how it is told."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbft.errors import RunError
from nbft.launch.prepare import prepare_folder
from nbft.launch.process import start_process
from nbft.panels import wording
from nbft.panels.base import text as escaped
from nbft.record.folder import RunFolder, runs_root
from nbft.spec.annotated import annotated
from nbft.spec.load import LoadedSpec

POLL_S = 0.05
LAST_LINES = 12
MOST_LABELS = 12
"""Labels that are named; the others are counted."""


@dataclass(frozen=True)
class Checkup:
    """What was found out about a spec that nothing is wrong with."""

    name: str
    yaml: str
    """The resolved spec, its defaults marked."""
    rows: list[tuple[str, str]]
    """Facts and their values, in words."""
    notes: list[str]
    warnings: list[str]

    def __str__(self) -> str:
        width = max(len(fact) for fact, _ in self.rows) + 2
        parts = [f"{self.name}: nothing wrong found", self.yaml.rstrip()]
        parts.append("\n".join(f"{fact:<{width}}{value}" for fact, value in self.rows))
        parts += ["\n".join(f"* {note}" for note in self.notes)] if self.notes else []
        parts += ["\n".join(f"warning: {warning}" for warning in self.warnings)] if self.warnings else []
        return "\n\n".join(parts)

    def output(self) -> dict[str, str]:
        """Returns it as the data of a cell's output."""
        facts = "".join(
            f'<tr><th align="left">{escaped(fact)}</th><td align="left">{escaped(value)}</td></tr>'
            for fact, value in self.rows
        )
        said = [*self.notes, *(f"Warning: {warning}" for warning in self.warnings)]
        points = "".join(f"<li>{escaped(line)}</li>" for line in said)
        html = f"<b>{escaped(self.name)}: nothing wrong found</b><table><tbody>{facts}</tbody></table>"
        html += f"<ul>{points}</ul>" if points else ""
        return {"text/html": f"{html}<pre>{escaped(self.yaml)}</pre>", "text/plain": str(self)}


@dataclass(frozen=True)
class Decided:
    """What the worker saw in data and model where the spec leaves it to them."""

    task: str
    metrics: list[str]


def check_up(loaded: LoadedSpec, *, plan: bool = False) -> Checkup:
    """Asks a worker; raises SpecError for what is wrong. `plan` also takes a few steps and measures them."""
    wanted = {"plan": plan, "runs": str(runs_root())}
    found = ask_worker(lambda root: prepare_folder(loaded, "check", root), wanted, loaded.name)
    if "error" in found:
        raise loaded.explain(found["error"])
    facts = found["found"]
    rows = [*_sizes(facts), *(_planned(facts) if plan else _estimated(facts))]
    seeds = loaded.spec.every_seed
    rows += _of_all(seeds, facts, plan=plan) if seeds else []
    yaml = annotated(loaded.spec, loaded.text_to_save, Decided(facts["task"], facts["metrics"]))
    return Checkup(loaded.name, yaml, rows, facts["notes"], facts["warnings"])


def ask_worker(prepare: Callable[[Path], RunFolder], wanted: dict[str, Any], name: str) -> dict[str, Any]:
    """Returns the request with a worker's answer: `found`, or `error` as a record. Raises RunError where none came.

    `prepare` makes the folder to ask about in a place that is deleted afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="nbft-check-") as scratch:
        folder = prepare(Path(scratch))
        request = folder.path / "checkup.json"
        request.write_text(json.dumps(wanted), encoding="utf-8")
        worker = start_process(folder, "--check", str(request))
        try:
            while worker.poll() is None:
                time.sleep(POLL_S)
        finally:  # an interrupt ends the worker too
            if worker.poll() is None:
                worker.kill()
        found = json.loads(request.read_text(encoding="utf-8"))
        is_told = "found" in found or found.get("error", {}).get("type")
        if not is_told:
            log = folder.log.read_text(encoding="utf-8", errors="replace") if folder.log.exists() else ""
            last = "\n".join(log.splitlines()[-LAST_LINES:])
            what = found.get("error", {}).get("what") or f"it ended without a word (exit code {worker.poll()})"
            raise RunError(f"The worker that checked {name} failed: {what}.", last)
        return found


def _sizes(facts: dict[str, Any]) -> list[tuple[str, str]]:
    rows = ", ".join(f"{name} {count:,}" for name, count in facts["rows"].items())
    labels = [str(label) for label in facts["labels"]]
    more = f" and {len(labels) - MOST_LABELS} more" if len(labels) > MOST_LABELS else ""
    told = [("labels", f"{len(labels)}: {', '.join(labels[:MOST_LABELS])}{more}")] if labels else []
    metrics = [("metrics", ", ".join(name.removeprefix("eval/") for name in facts["metrics"]))]
    return [
        ("task", facts["task"]),
        ("rows", rows),
        *told,
        *(metrics if facts["metrics"] else []),
        ("parameters", wording.count(facts["parameters"])),
        ("device", facts["device"]),
        ("disk", f"{size(facts['disk_bytes'])} for checkpoints and model"),
    ]


def _estimated(facts: dict[str, Any]) -> list[tuple[str, str]]:
    kept = size(facts["memory_bytes"])
    return [("memory", f"at least {kept} for weights, gradients and AdamW; --plan measures what a batch adds")]


def _planned(facts: dict[str, Any]) -> list[tuple[str, str]]:
    total_s = facts["training_s"] + facts["evaluation_s"] + facts["loading_s"]
    per_epoch, total = facts["steps_per_epoch"], facts["total_steps"]
    return [
        ("steps", f"{total:,}, {per_epoch:,} an epoch"),
        ("tokens", f"{facts['tokens_per_epoch']:,} an epoch, {facts['longest_tokens']:,} in the longest row"),
        ("memory", f"{size(facts['memory_bytes'])} at its peak, in a step on the longest rows"),
        ("step", f"{_short(facts['typical_step_s'])}, {_short(facts['longest_step_s'])} for the longest rows"),
        ("time", f"about {wording.duration(total_s)}: {_parts(facts)}"),
    ]


def _of_all(seeds: list[int], facts: dict[str, Any], *, plan: bool) -> list[tuple[str, str]]:
    """Returns what the runs of a series come to; the rows before are those of one of them."""
    count, shown = len(seeds), ", ".join(map(str, seeds[:MOST_LABELS]))
    more = f" and {count - MOST_LABELS} more" if count > MOST_LABELS else ""
    runs = "one run" if count == 1 else f"{count} runs, one after another"
    total_s = facts["training_s"] + facts["evaluation_s"] + facts["loading_s"] if plan else 0.0
    in_all = [f"{size(count * facts['disk_bytes'])} on the disk"]
    in_all += [f"about {wording.duration(count * total_s)}"] if plan else []
    return [("seeds", f"{shown}{more}: {runs}, on the same split"), ("in all", ", ".join(in_all))]


def _parts(facts: dict[str, Any]) -> str:
    named = (("loading", "loading_s"), ("training", "training_s"), ("evaluating", "evaluation_s"))
    return ", ".join(f"{name} {wording.duration(facts[key])}" for name, key in named) + "; saving not counted"


def size(amount: float) -> str:
    """Returns bytes as 340 MB or 2.1 GB."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{max(amount / 1e6, 1):.0f} MB"


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
