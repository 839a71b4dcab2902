"""Models side by side: scores that are those of the references, baselines, parts, gates, and the same question again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbft
from nbft.errors import DataError, RunError
from nbft.launch.inline import run_inline
from nbft.record.scorecard import System
from nbft.run import Run
from tests.evaluation.runs import MODELS, trained


def named(found: Any, name: str) -> System:
    return next(system for system in found.scorecard.systems if system.name == name)


@pytest.mark.parametrize("task", list(MODELS))
def test_every_task_is_judged_beside_its_base_and_what_costs_nothing(task: str, place: Path):
    run = trained(task, place)
    found = nbft.evaluate("tiny", "base")
    card = found.scorecard
    assert card.split == "test"
    assert card.rows == 16
    first, base, *free = card.systems
    assert (first.name, base.name) == ("tiny", "base")
    assert free
    assert all(system.kind == "baseline" for system in free)
    tested = run.evaluate()
    for name, score in first.scores.items():
        assert score.value == pytest.approx(tested[f"test/{name}"], abs=1e-4, rel=1e-3), name
    against = {one.b for one in card.comparisons}
    assert against - {system.name for system in free} == {"base"}
    assert len(against) == 2  # and the best of what costs nothing
    assert all(one.verdict for one in card.comparisons)
    assert len(found.predictions) >= 2


def test_a_run_has_the_predictions_of_its_newest_evaluation(run: Run):
    with pytest.raises(RunError, match="was not evaluated yet"):
        _ = run.predictions
    nbft.evaluate("tiny", "base")
    rows = run.predictions
    assert len(rows) == 16
    assert set(rows["system"]) == {"tiny"}
    assert (rows["prediction"] == rows["reference"]).mean() == named(nbft.evaluate("tiny"), "tiny").scores[
        "accuracy"
    ].value


def test_the_base_is_the_same_each_time_and_not_the_trained_model(run: Run):
    first = nbft.evaluate("tiny", "base", metrics=["accuracy"]).predictions
    again = nbft.evaluate("tiny", "base", metrics=["accuracy"], seed=1).predictions
    pd.testing.assert_frame_equal(first, again)
    tiny, base = (np.asarray(first[first["system"] == name]["confidence"]) for name in ("tiny", "base"))
    assert not np.allclose(tiny, base)


def test_the_majority_is_that_of_the_training_rows(run: Run):
    majority = named(nbft.evaluate("tiny"), "majority")
    assert majority.about == "always 'land', as most training rows"
    assert majority.scores["accuracy"].value == 12 / 16


def test_the_same_question_is_answered_at_once_and_another_one_anew(run: Run, monkeypatch: pytest.MonkeyPatch):
    first = nbft.evaluate("tiny")
    asked: list[str] = []
    monkeypatch.setattr("nbft.evaluation.start_process", lambda *a: asked.append(a[0].run) or run_inline(*a))
    assert nbft.evaluate("tiny").scorecard == first.scorecard
    assert asked == []
    nbft.evaluate("tiny", metrics=["f1"])
    file = Path("other.jsonl")
    file.write_text(Path("test.jsonl").read_text())
    nbft.evaluate("tiny", data="other.jsonl")
    assert len(asked) == 2
    file.write_text("".join(Path("test.jsonl").read_text().splitlines(keepends=True)[:8]))
    assert nbft.evaluate("tiny", data="other.jsonl").scorecard.rows == 8


def test_an_evaluation_that_was_cut_off_starts_over(run: Run):
    found = nbft.evaluate("tiny")
    (found.folder.path / "scorecard.json").unlink()
    assert nbft.evaluate("tiny").scorecard.rows == 16
    assert (found.folder.path / "scorecard.json").is_file()


def test_rows_of_the_notebook_are_judged(run: Run):
    rows = pd.DataFrame({"text": ["a frog at the sea", "a dog at the hill"], "label": ["water", "land"]})
    card = nbft.evaluate("tiny", data=rows).scorecard
    assert (card.split, card.rows, card.data) == ("data", 2, "rows of the notebook")


def test_parts_of_the_rows_are_scored_by_themselves(run: Run):
    found = nbft.evaluate("tiny", by=["animal", "label", "length"])
    rows = found.predictions
    by_animal = [one for one in found.scorecard.slices if one.by == "animal"]
    assert {one.value: one.rows for one in by_animal} == {"frog": 4, "dog": 4, "bird": 4, "cow": 4}
    frogs = rows[rows["input"].str.contains("frog")]
    score = next(one for one in by_animal if one.value == "frog").scores["tiny"]["accuracy"]
    assert score.value == pytest.approx(frogs["is_right"].mean())
    assert [one.value for one in found.scorecard.slices if one.by == "label"] == ["land", "water"]
    assert sum(one.rows for one in found.scorecard.slices if one.by == "length") == 16


def test_a_column_that_is_not_there_is_refused_before_anything_is_evaluated(run: Run):
    with pytest.raises(DataError, match="no column 'colour'") as caught:
        nbft.evaluate("tiny", by=["colour"])
    assert "There are: label, length, text, animal." in caught.value.fix


def test_confusions_mistakes_and_flips_add_up(run: Run):
    found = nbft.evaluate("tiny", "base")
    rows = found.predictions
    counts = np.asarray(found.scorecard.confusions[0].counts)
    tiny = rows[rows["system"] == "tiny"].reset_index()
    base = rows[rows["system"] == "base"].reset_index()
    assert counts.sum() == 16
    assert np.trace(counts) == tiny["is_right"].sum()
    wrong = [one for one in found.scorecard.mistakes if one.system == "tiny"]
    assert len(wrong) == (~tiny["is_right"]).sum()
    flips = found.scorecard.flips[0]
    assert flips.won_by_a == (tiny["is_right"] & ~base["is_right"]).sum()
    assert flips.won_by_b == (~tiny["is_right"] & base["is_right"]).sum()


@pytest.mark.parametrize(
    ("demand", "is_met"), [("accuracy >= 0.1", True), ("accuracy > 99%", False), ("accuracy.low >= 0.999", False)]
)
def test_demands_are_met_or_raised(run: Run, demand: str, is_met: bool):
    if is_met:
        assert nbft.evaluate("tiny", require=[demand]).scorecard.gates[0].is_met
        return
    with pytest.raises(RunError, match="is not met"):
        nbft.evaluate("tiny", require=[demand])


def test_a_demand_on_what_is_not_computed_names_what_is(run: Run):
    with pytest.raises(nbft.NbftError, match="computes no 'acuracy'") as caught:
        nbft.evaluate("tiny", require=["acuracy >= 1"])
    assert "accuracy" in caught.value.fix


def test_a_model_folder_is_judged_by_its_own_order_of_labels(run: Run, place: Path):
    copy = place / "exported"
    copy.mkdir()
    for file in run.folder.model.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    found = nbft.evaluate("tiny", str(copy))
    assert named(found, "exported").kind == "model"
    assert named(found, "exported").scores == named(found, "tiny").scores


def test_a_model_of_other_labels_is_refused_by_name(run: Run, place: Path):
    copy = place / "exported"
    copy.mkdir()
    for file in run.folder.model.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    config = json.loads((copy / "config.json").read_text())
    config |= {"id2label": {"0": "good", "1": "bad"}, "label2id": {"good": 0, "bad": 1}}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(nbft.NbftError, match="exported knows the labels good, bad; the rows have land, water"):
        nbft.evaluate("tiny", str(copy))


def test_without_a_run_nobody_knows_how_rows_are_read(run: Run):
    with pytest.raises(RunError, match="There is no run among"):
        nbft.evaluate(str(run.folder.model))


def test_predictions_are_written_as_csv(run: Run, place: Path):
    file = nbft.evaluate("tiny").to_csv(place / "said.csv")
    assert pd.read_csv(file)["prediction"].isin(["land", "water"]).all()
