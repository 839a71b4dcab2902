from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

from nbft.record.examination import MAX_CHARACTERS, MAX_LABELS, MAX_POINTS, MAX_ROWS, MAX_WORDS, read_examination
from nbft.record.state import RunState
from nbft.tasks.examining import answered, of_classes, of_numbers, of_several, of_tags
from tests.tasks.by_hand import train
from tests.tasks.test_text_classification_runs import spec_for


def chances(rows: int, classes: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(classes), rows).astype(np.float32)


def names(count: int) -> list[str]:
    return [f"label {i:03d}" for i in range(count)]


def text_of(i: int) -> str:
    return f"text {i}"


def test_what_was_taken_for_what_is_scikit_learn_s_confusion_matrix():
    found, truth = chances(500, 7), np.random.default_rng(1).integers(0, 7, 500)
    look = of_classes(found, truth, names(7), text_of)
    matrix = confusion_matrix(truth, found.argmax(axis=1), labels=range(7))
    assert look.taken_for is not None
    assert look.taken_for.counts == matrix.tolist()
    assert look.wrong == 500 - np.trace(matrix)


def test_the_surest_mistakes_come_first_with_their_texts():
    found, truth = chances(200, 3), np.random.default_rng(1).integers(0, 3, 200)
    look = of_classes(found, truth, names(3), text_of)
    wrong = [i for i in range(200) if found[i].argmax() != truth[i]]
    surest = sorted(wrong, key=lambda i: -found[i].max())[:MAX_ROWS]
    assert [one.text for one in look.mistakes] == [text_of(i) for i in surest]
    assert look.mistakes[0].confidence == pytest.approx(found[surest[0]].max(), abs=1e-4)
    assert look.mistakes[0].wanted == names(3)[truth[surest[0]]]


def test_of_very_many_labels_the_rare_ones_become_one_and_no_row_is_lost():
    found, truth = chances(3000, 120), np.random.default_rng(2).integers(0, 120, 3000)
    taken = of_classes(found, truth, names(120), lambda _: "x" * 10_000).taken_for
    assert taken is not None
    assert len(taken.labels) == MAX_LABELS
    assert taken.labels[-1] == "(others)"
    assert sum(map(sum, taken.counts)) == 3000


def test_long_texts_are_cut():
    found, truth = chances(50, 2), np.zeros(50, dtype=int)
    assert all(
        len(one.text) <= MAX_CHARACTERS + 1 for one in of_classes(found, truth, names(2), lambda _: "x" * 9999).mistakes
    )


def test_labels_by_themselves_are_counted_as_scikit_learn_does():
    chance = np.random.default_rng(3)
    found, truth = chance.random((300, 4)), chance.integers(0, 2, (300, 4))
    look = of_several(found, truth, names(4), 0.5, text_of)
    matrices = multilabel_confusion_matrix(truth, found >= 0.5)
    for count in look.label_counts:
        (_, added), (missed, right) = matrices[names(4).index(count.label)]
        assert (count.right, count.missed, count.added) == (right, missed, added)
    assert look.wrong == int(((found >= 0.5) != truth).any(axis=1).sum())
    assert look.mistakes[0].confidence == pytest.approx(max(one.confidence or 0 for one in look.mistakes))


def test_numbers_keep_some_points_and_those_farthest_off():
    truth = np.linspace(0, 10, 2000)
    found = truth.copy()
    found[7] += 5
    look = of_numbers(found, truth, text_of)
    assert len(look.points) <= MAX_POINTS
    assert look.points[0] == [0.0, 0.0]
    assert look.mistakes[0].text == "text 7"
    assert look.wrong is None


def test_tags_are_compared_word_by_word_and_the_worst_rows_come_first():
    truth = [["B-PER", "O", "O"], ["O", "B-LOC", "I-LOC"]]
    found = [["B-PER", "O", "O"], ["O", "B-PER", "O"]]
    look = of_tags(found, truth, lambda i: [f"w{i}{j}" for j in range(3)])
    taken = look.taken_for
    assert taken is not None
    assert taken.labels == ["LOC", "PER", "O"]
    assert taken.counts == [[0, 1, 1], [0, 1, 0], [0, 0, 3]]
    assert taken.of == "words"
    assert look.wrong == 1
    assert look.tagged[0].words == ["w10", "w11", "w12"]


def test_of_a_long_row_the_part_is_kept_where_it_goes_wrong():
    truth, found = [["O"] * 500], [["O"] * 400 + ["B-X"] + ["O"] * 99]
    row = of_tags(found, truth, lambda _: [str(i) for i in range(500)]).tagged[0]
    assert len(row.words) == MAX_WORDS
    assert "400" in row.words


def test_answers_stand_in_the_part_of_the_context_around_them():
    context = "x " * 1000 + "the cat sat on the mat" + " y" * 1000
    start, said = context.index("mat"), context.index("cat")
    row = answered("where?", context, ["mat"], (start, start + 3), "cat", said)
    assert row.context[slice(*row.wanted_at)] == "mat"
    assert row.context[slice(*row.found_at)] == "cat"
    assert len(row.context) < 400
    none = answered("where?", context, [], (-1, -1), "", -1)
    assert (none.wanted_at, none.found_at, none.wanted) == ([], [], [])


@pytest.mark.parametrize("problem", ["single-label", "multi-label", "regression"])
def test_a_run_keeps_a_closer_look_at_each_evaluation(problem: str, place: Path, tiny_model: Path):
    run = train(spec_for(tiny_model, place, problem), place / "nbft-runs").run
    state: RunState = run.state
    assert [one.step for one in state.examined] == [e.step for e in state.evaluations]
    look = read_examination(run.folder.examinations / state.examined[-1].file)
    assert look is not None
    assert look.rows == 12
    texts = {json.loads(line)["text"] for line in (place / f"{problem}.jsonl").read_text().splitlines()}
    assert {one.text for one in look.mistakes} <= texts
    if problem == "single-label":
        assert look.taken_for is not None
        right = sum(row[i] for i, row in enumerate(look.taken_for.counts))
        assert right / 12 == pytest.approx(run.metrics["eval/accuracy"])


def test_to_look_at_an_evaluation_takes_milliseconds():
    found, truth = chances(10_000, 20), np.random.default_rng(1).integers(0, 20, 10_000)
    started = time.perf_counter()
    of_classes(found, truth, names(20), text_of)
    assert time.perf_counter() - started < 0.2
