from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from nbft.asking import Asking
from nbft.errors import NbftError, RunError
from nbft.notebook.attention import maps_of
from nbft.notebook.completion import complete_cell
from nbft.notebook.trying import Trying
from nbft.panels.attention import AttentionPanel, all_heads, to_html, to_text, whole
from nbft.run import Run
from nbft.spec.completion import Surroundings
from tests.conftest import write_rows
from tests.notebook.recorded import record
from tests.notebook.test_magics import run as run_cell
from tests.notebook.test_magics import shown
from tests.panels.record import started
from tests.tasks.by_hand import train

TEXT = "the film was really lovely"


@pytest.fixture(scope="module")
def trained(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A classifier of two epochs, in nbft-runs/ of a folder."""
    place = tmp_path_factory.mktemp("try")
    rows = write_rows(place / "reviews.csv", 96, seed=1)
    spec = {
        "model": str(tiny_model),
        "data": {"train": str(rows), "validation": 16},
        "train": {"epochs": 3, "learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"},
    }
    return train(spec, place / "nbft-runs", "reviews").run


@pytest.fixture(scope="module")
def trying(trained: Run) -> Iterator[Trying]:
    trying = Trying(trained)
    yield trying
    trying.close()


def by_transformers(run: Run, **options: Any) -> Any:
    """What plain transformers says of the text."""
    tokenizer = AutoTokenizer.from_pretrained(run.folder.model)
    model = AutoModelForSequenceClassification.from_pretrained(run.folder.model, attn_implementation="eager").eval()
    with torch.no_grad():
        return model, model(**tokenizer(TEXT, return_tensors="pt"), **options)


def test_the_tuned_and_the_base_model_answer_side_by_side(trying: Trying, trained: Run):
    found = trying.ask(TEXT)
    model, said = by_transformers(trained)
    wanted = dict(zip(model.config.id2label.values(), said.logits.softmax(-1)[0].tolist(), strict=True))
    assert dict(found["tuned"]["said"]["chances"]) == pytest.approx(wanted, abs=1e-5)
    assert max(wanted, key=lambda label: wanted[label]) == found["tuned"]["said"]["text"] == "positive"
    before = [p for _, p in found["base"]["said"]["chances"]]
    assert sum(before) == pytest.approx(1)
    assert max(before) < max(wanted.values())
    assert trying.history[0] is found


def test_the_worker_stays_so_that_the_next_answer_comes_at_once(trying: Trying):
    trying.ask(TEXT)
    started_at = time.monotonic()
    trying.ask("the room was dull")
    assert time.monotonic() - started_at < 2


def test_attention_is_that_of_transformers_and_rows_add_up_to_one(trying: Trying, trained: Run):
    (one,) = maps_of(trying.asking, TEXT)
    wanted = torch.stack(by_transformers(trained, output_attentions=True)[1].attentions)[:, 0].numpy()
    np.testing.assert_allclose(one.weights, wanted, atol=1e-6)
    np.testing.assert_allclose(one.weights.sum(axis=-1), 1, atol=1e-5)
    assert one.rows == ["[CLS]", *TEXT.split(), "[SEP]"]
    panel = AttentionPanel("x", [one], 1, 0)
    np.testing.assert_allclose(whole(panel)[0], wanted, atol=1e-5)
    assert len(to_html("x", [one], 1, 0)) < 200_000
    assert f"lovely → {one.columns[int(wanted[1, 0, 5].argmax())]}" in to_text("x", [one], 1, 0)


def test_a_question_that_fails_doesn_t_end_the_worker(trying: Trying):
    answers = trying.asking.answers({"nonsense": 1})
    assert "This is no text" in answers["tuned"]["error"]["what"]
    assert trying.asking.is_alive
    assert "said" in trying.ask(TEXT)["tuned"]


def test_the_page_s_questions_are_answered_and_its_mistakes_told(trying: Trying):
    before = len(trying.history)
    trying.hear({"do": "ask", "given": {"text": "  "}})
    assert len(trying.history) == before
    assert "There is no text yet." in trying._error
    trying.hear({"do": "ask", "given": {"text": TEXT}})
    until = time.monotonic() + 60
    while not {"tuned", "base"} <= set(trying.history[0]) and time.monotonic() < until:
        time.sleep(0.05)
    assert trying.history[0]["tuned"]["said"]["text"] == "positive"


def test_magics_print_where_nobody_can_click(shell, trained: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NBFT_RUNS", str(trained.folder.path.parent))
    captured, error = run_cell(shell, f'%ft_try reviews "{TEXT}"')
    assert error is None
    assert "positive" in shown(captured)
    assert "before training" in shown(captured)
    assert len(shell.user_ns["tried"].history) == 1
    captured, error = run_cell(shell, f'%ft_attention reviews "{TEXT}" --layer 2 --head 1')
    assert error is None
    assert "attention of layer 2, head 1" in shown(captured)
    captured, error = run_cell(shell, f'%ft_attention reviews "{TEXT}" --layer 7')
    assert "There is no layer 7: the model has 2." in captured.stdout
    shell.user_ns["tried"].close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%ft_try", "%ft_try needs the name of a run."),
        ("%ft_try nothing", "There is no run 'nothing'"),
        ("%ft_try reviews", "Nobody can type here"),
        ('%ft_try reviews "a" "b" "c"', "takes text: 1 in quotes, not 3."),
        ("%ft_attention reviews", "needs a sentence, in quotes"),
        ("%ft_try untrained x", "untrained-001 has no model yet"),
    ],
)
def test_a_mistake_is_a_sentence_without_a_traceback(line, words, shell, trained: Run, monkeypatch: pytest.MonkeyPatch):
    root = trained.folder.path.parent
    monkeypatch.setenv("NBFT_RUNS", str(root))
    if not (root / "untrained-001").is_dir():
        record(root, *started(), name="untrained")
    captured, error = run_cell(shell, line)
    assert isinstance(error, NbftError)
    assert words in captured.stdout
    assert "Traceback" not in captured.stdout


def test_a_worker_that_nobody_asks_ends_by_itself_and_the_next_question_starts_another(trained: Run):
    asking = Asking(trained, idle_s=0.5)
    asking.answers(TEXT, systems=("tuned",))
    until = time.monotonic() + 30
    while asking.is_alive and time.monotonic() < until:
        time.sleep(0.05)
    assert not asking.is_alive
    assert asking.answers(TEXT, systems=("tuned",))["tuned"]["said"]["text"] == "positive"
    asking.close()


def test_a_worker_that_is_killed_is_told(trained: Run):
    asking = Asking(trained)
    asking.ask(TEXT)
    asking._worker.kill()
    with pytest.raises(RunError, match="ended"):
        asking.follow()
    asking.close()


def test_many_heads_make_a_small_picture():
    weights = np.random.default_rng(0).dirichlet(np.ones(64) * 0.1, (24, 16, 64)).astype(np.float32)
    picture = all_heads(weights)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) * 4 / 3 < 150_000


def test_names_of_runs_are_completed():
    around = Surroundings(variables={}, runs=["reviews-001"], runs_root=Path(os.curdir))
    for magic in ("%ft_try rev", "%ft_attention rev"):
        found = complete_cell(magic, len(magic), lambda: around)
        assert found is not None
        assert [item.text for item in found[1]] == ["reviews-001"]
