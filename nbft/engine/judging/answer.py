"""An evaluation, from its request to its scorecard: what the worker does that an evaluation starts."""

from __future__ import annotations

import json
import os
import time
import traceback
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets.utils.logging import disable_progress_bar
from pyarrow import parquet

from nbft.engine.inbox import Inbox
from nbft.engine.judging.baselines import baselines
from nbft.engine.judging.card import Judgement, compare_all, default_pairs, length_bins, score, slices
from nbft.engine.judging.close_up import calibrated, confusion, flips, mistakes
from nbft.engine.judging.metrics import Chosen, slow_ones
from nbft.engine.judging.rows import Judged, column_of, rows_to_judge
from nbft.engine.judging.seeds import OverSeeds, Seeds, series_among, standing_for, with_series
from nbft.engine.judging.systems import Answered, Asked, Writing, answers_of
from nbft.errors import DataError, NbftError, RunError
from nbft.record import events as word
from nbft.record.folder import RunFolder
from nbft.record.scorecard import Scorecard, Slice, System, to_json
from nbft.record.writer import EventWriter
from nbft.tasks.by_row import ByRow, inputs_of
from nbft.tasks.tokenizers import named_tokenizer

SCORECARD = "scorecard.json"
PROGRESS_EVERY_S = 0.25


class Judging:
    """One evaluation; `place` is its folder, which keeps a record as a run's does."""

    def __init__(self, place: RunFolder, asked: dict[str, Any]) -> None:
        self.place = place
        self.asked = asked
        self.record = EventWriter(place)
        self._inbox = Inbox(place, asked.get("time", 0.0))
        self._said_at = 0.0
        self.systems = [Asked(**one) for one in asked["systems"]]
        self.first = RunFolder(Path(next(one.place for one in self.systems if one.kind == "run")))
        self.seed = int(asked.get("seed", 0))
        self._columns: dict[str, list[str] | None] = {}

    def run(self) -> Scorecard:
        """Returns the scorecard; raises NbftError for what the user can mend."""
        if self.asked.get("harness"):
            return self._by_harness()
        started = time.monotonic()
        self._phase("loading the data")
        wants_baselines = bool(self.asked.get("baselines", True))
        judged = rows_to_judge(
            self.first, self.asked.get("data"), with_train=wants_baselines, variables=self.place.variables
        )
        chosen = self._chosen(judged)
        self._columns = {by: self._column(judged, by) for by in self.asked.get("by") or []}
        writing = self._writing(judged, chosen)
        answered = [self._answer(one, judged, writing) for one in self.systems]
        free = self._baselines(judged) if wants_baselines else []
        self._phase("comparing")
        judgements = [Judgement(one.asked.name, False, one.answers, chosen.by_row(one.answers)) for one in answered]
        free_ones = [Judgement(name, True, said, chosen.by_row(said, is_baseline=True)) for name, _, said in free]
        judgements += [one for one in free_ones if one.metrics]
        systems = [self._system(one, judged, taken) for one, taken in zip(answered, judgements, strict=False)]
        abouts = {name: about for name, about, _ in free}
        systems += [
            System(one.name, "baseline", abouts[one.name], self._scores(one)) for one in judgements[len(answered) :]
        ]
        judged.notes += [*(one.note for one in answered if one.note), *chosen.notes]
        judged.notes += [said for one in judgements for said in slow_ones(one.name, one.metrics)]
        return self._card(judged, systems, judgements, chosen, time.monotonic() - started)

    def _by_harness(self) -> Scorecard:
        from nbft.engine.judging.harness import harnessed  # needs the extra nbft[harness]

        return harnessed(self.asked, self.systems, self.first, self._phase, self._heard)

    def _chosen(self, judged: Judged) -> Chosen:
        places = [self.place.variables, self.first.variables]
        trusts = bool(self.asked.get("trust_remote_code"))
        return Chosen(judged.task, self.asked.get("metrics"), places, trusts=trusts)

    def _column(self, judged: Judged, by: str) -> list[str] | None:
        """Returns a column's values before anything is evaluated; None for what the rows themselves tell."""
        is_told = by == "length" or (by == "label" and judged.task.labels)
        return None if is_told else column_of(judged, self.first, self.asked.get("data"), by)

    def _writing(self, judged: Judged, chosen: Chosen) -> Writing:
        """Returns how answers are written; raises DataError for `generate` where nothing is."""
        given = self.asked.get("generate") or {}
        if given and not (judged.task.generates or judged.task.name == "chat"):
            what = f"{judged.task.name} is judged without writing: generate can do nothing."
            raise DataError(what, "Delete it. Evaluations write for translation, summarization and chat.", "generate")
        wanted = bool(given or chosen.own or self.asked.get("replies"))
        return Writing(given, self.asked.get("seed"), wanted)

    def _answer(self, asked: Asked, judged: Judged, writing: Writing) -> Answered:
        self._phase(f"evaluating {asked.name}")
        return answers_of(asked, judged, self.first, self._heard, writing)

    def _heard(self, done: int, total: int) -> None:
        """Says how far the system is, and stops where its user asks for it."""
        now = time.monotonic()
        if now - self._said_at < PROGRESS_EVERY_S and done < total:
            return
        self._said_at = now
        self.record.say(word.Progressed(step=0, epoch=0.0, done=done, total=total))
        for command in self._inbox.read():
            is_stop = isinstance(command, word.Stop)
            answer = "stops the evaluation" if is_stop else "an evaluation can only be stopped"
            self.record.say(
                word.CommandTaken(id=command.id, command=type(command).__name__, step=0, obeyed=is_stop, answer=answer)
            )
            if is_stop:
                raise RunError("The evaluation was stopped by you.")

    def _baselines(self, judged: Judged) -> list[tuple[str, str, ByRow]]:
        self._phase("baselines")
        tokenizer = named_tokenizer(str(self.first.model))
        judged.task.prepare_tokenizer(tokenizer)
        return [(b.name, b.about, b.answers) for b in baselines(judged.task, judged.rows, judged.train, tokenizer)]

    def _scores(self, judged: Judgement) -> dict[str, Any]:
        return {name: score(metric, self.seed) for name, metric in judged.metrics.items()}

    def _system(self, one: Answered, judged: Judged, taken: Judgement) -> System:
        file = f"{one.asked.name.replace('/', '-')}.parquet"
        _write_predictions(self.place.path / file, one.answers, judged)
        speed = len(judged.rows) / one.seconds if one.seconds else None
        return System(one.asked.name, one.asked.kind, one.asked.about, self._scores(taken), speed, file)

    def _card(
        self, judged: Judged, systems: list[System], judgements: list[Judgement], chosen: Chosen, seconds: float
    ) -> Scorecard:
        models = [one for one in judgements if not one.is_baseline]
        series = series_among(self.systems, models)
        runs = frozenset(one.name for one in self.systems if one.kind == "run" and not one.series)
        over_seeds = OverSeeds(series, {one.name: one for one in judgements}, runs)
        pairs = self._pairs(judgements, series)
        inputs = inputs_of(judged.task, judged.rows)
        is_by_row = models[0].answers.n == len(inputs)
        numbers = judged.numbers
        known = judged.task.labels
        first = models[0]
        return Scorecard(
            task=judged.task.kind,
            split=judged.split,
            data=self.asked.get("about") or judged.about,
            rows=len(judged.rows),
            metrics=chosen.told(first.metrics, first.answers),
            systems=with_series(systems, series),
            comparisons=compare_all(judgements, pairs, self.seed, over_seeds),
            slices=self._slices(judged, judgements, inputs) if is_by_row else [],
            confusions=[found for one in models if (found := confusion(one, known))],
            calibrations=[found for one in models if (found := calibrated(one))],
            mistakes=[wrong for one in models for wrong in mistakes(one, inputs, numbers)] if is_by_row else [],
            flips=[
                found
                for other in standing_for(models, series)[1:]
                if is_by_row and other.name not in series and (found := flips(first, other, inputs, numbers))
            ],
            notes=[*(one.note for one in series.values()), *judged.notes],
            seconds=seconds,
        )

    def _pairs(self, judgements: list[Judgement], series: dict[str, Seeds]) -> list[tuple[str, str]]:
        asked = self.asked.get("compare")
        if not asked:
            return default_pairs(standing_for(judgements, series))
        known = {*(one.name for one in judgements), *series}
        for name in {name for pair in asked for name in pair} - known:
            raise DataError(
                f"There is no system {name!r} to compare.", f"There are: {', '.join(sorted(known))}.", "compare"
            )
        return [(str(a), str(b)) for a, b in asked]

    def _slices(self, judged: Judged, judgements: list[Judgement], inputs: list[str]) -> list[Slice]:
        found: list[Slice] = []
        for by, values in self._columns.items():
            if by == "length":
                bins = length_bins(inputs)
                order = sorted(range(len(bins)), key=lambda i: len(inputs[i]))
                ranks = {name: place for place, name in enumerate(dict.fromkeys(bins[i] for i in order))}
                made = slices(judgements, by, bins, self.seed)
                found += sorted(made, key=lambda one: ranks[one.value])
            elif by == "label" and values is None:
                made = slices(judgements, by, judgements[0].answers.wanted, self.seed)
                found += sorted(made, key=lambda one: one.value)
            elif values is not None:
                found += sorted(slices(judgements, by, values, self.seed), key=lambda one: -one.rows)
        return found

    def _phase(self, phase: str) -> None:
        self.record.say(word.PhaseStarted(phase=phase))


def _write_predictions(file: Path, answers: ByRow, judged: Judged) -> None:
    inputs = inputs_of(judged.task, judged.rows)
    if answers.n != len(inputs):
        table: dict[str, Any] = {"loss": answers.predictions[:, 0], "tokens": answers.predictions[:, 1]}
    else:
        table = {"row": judged.numbers, "input": inputs}
        if answers.said:
            table |= {"reference": answers.wanted, "prediction": answers.said}
        if answers.references is None:
            table |= {"loss": answers.predictions[:, 0], "tokens": answers.predictions[:, 1]}
        if answers.confidence is not None:
            table["confidence"] = answers.confidence
        if answers.is_right is not None:
            table["is_right"] = answers.is_right
    parquet.write_table(pa.table(table), file)


def judge(place: RunFolder, request: Path) -> int:
    """Writes scorecard.json into the evaluation's folder, and how it ended into its record; returns the exit code."""
    disable_progress_bar()
    asked = json.loads(request.read_text(encoding="utf-8"))
    os.chdir(asked.get("started_in") or ".")
    judging = Judging(place, asked)
    judging.record.say(word.RunStarted(run=place.run, pid=os.getpid(), host="", attempt=1))
    try:
        card = judging.run()
    except Exception as error:
        traceback.print_exc()
        is_ours = isinstance(error, NbftError)
        said = (
            error.to_record()
            if is_ours
            else {"what": f"{type(error).__name__}: {error}", "fix": f"Its log: {place.log}"}
        )
        is_stop = isinstance(error, RunError)
        outcome = "stopped" if is_stop else "failed"
        judging.record.say(word.RunEnded(outcome=outcome, reason=said["what"], step=0, error=said))
        return 0 if is_stop else 78 if is_ours else 1
    staged = place.path / f"{SCORECARD}.tmp"
    staged.write_text(json.dumps(to_json(card)), encoding="utf-8")
    staged.replace(place.path / SCORECARD)
    judging.record.say(word.RunEnded(outcome="finished", reason="The evaluation is done.", step=0))
    return 0
