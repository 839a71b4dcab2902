from __future__ import annotations

from pathlib import Path

from nbft.panels.results import ResultsPanel
from nbft.panels.scores import scores, to_html, to_text
from tests.panels.record import ended, evaluated, finished, training


def shown(state) -> str:
    panel = ResultsPanel([].append, Path("nbft-runs/reviews-001"), "reviews")
    panel.show(state)
    return panel.widget.value


def test_nothing_is_shown_before_the_end():
    assert shown(training(evaluated(100, 0.8))) == ""


def test_it_shows_scores_time_checkpoints_folder_and_how_to_use_the_model():
    said = shown(finished())
    for part in ("best, step 200", "last, step 300", "test", "0.9000", "0.8700", "1:02", "nbft-runs/reviews-001"):
        assert part in said
    assert "reviews.predict([" in said
    assert "%ft_eval reviews-001" in said
    assert "of step 200" in said


def test_a_run_without_a_model_has_nothing_to_use():
    assert "predict" not in shown(training(ended("failed", has_model=False)))


def test_the_best_and_the_last_evaluation_stand_side_by_side():
    table = scores(finished())
    assert table.columns == ["best, step 200", "last, step 300", "test"]
    assert dict(table.rows)["accuracy"] == ["0.9000", "0.8500", "0.8700"]


def test_an_evaluation_that_is_both_stands_once():
    assert scores(training(evaluated(100, 0.8))).columns == ["best, step 100"]


def test_the_table_as_text_is_aligned():
    lines = to_text(scores(finished())).splitlines()
    assert lines[0] == "          best, step 200  last, step 300    test"
    assert lines[1] == "accuracy          0.9000          0.8500  0.8700"


def test_without_evaluations_there_is_no_table():
    assert to_html(scores(training())) == to_text(scores(training())) == ""


def test_a_folder_s_name_is_shown_as_text():
    panel = ResultsPanel([].append, Path("<img src=x>"), "run")
    panel.show(finished())
    assert "<img" not in panel.widget.value
