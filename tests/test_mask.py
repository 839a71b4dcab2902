"""`--mask` shows which tokens are learnt, in brackets and in colour, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbft.errors import NbftError, SpecError
from nbft.launch.inline import run_inline
from nbft.mask import mask_of_run, mask_of_spec
from nbft.spec.load import read_spec
from tests.tasks.by_hand import train
from tests.tasks.chats import chat, save_model


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbft.checkup.start_process", run_inline)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture
def spec(place: Path, model: Path) -> dict[str, Any]:
    rows = [chat("What is <b>red</b>?\x1b[31m", "apples are red"), chat("What is white?", "snow")]
    (place / "chats.jsonl").write_text("\n".join(json.dumps({"messages": row}) for row in rows))
    return {
        "model": str(model),
        "data": {"train": "chats.jsonl", "validation": "none"},
        "chat": {"template": "chatml"},
        "train": {"epochs": 1, "batch_size": 2, "precision": "fp32"},
    }


def test_learnt_tokens_stand_in_brackets_and_are_counted(spec: dict[str, Any]):
    mask = mask_of_spec(read_spec(spec, name="chats.yaml"), 2)
    assert [[p.text for p in row if p.is_learnt] for row in mask.rows] == [
        ["apples are red<|im_end|>"],
        ["snow<|im_end|>"],
    ]
    assert mask.learnt == sum(p.tokens for row in mask.rows for p in row if p.is_learnt)
    assert mask.tokens == sum(p.tokens for row in mask.rows for p in row)
    text = str(mask)
    assert f"chats.yaml: {mask.learnt} of {mask.tokens} tokens in 2 training rows are learnt" in text
    assert "<|im_start|>assistant\n⟦snow<|im_end|>⟧\n" in text
    assert "\x1b" not in text  # what the data say steers no terminal
    assert "⟦\x1b[32;4msnow<|im_end|>\x1b[0m⟧" in mask.coloured()
    assert not Path("nbft-runs").exists()


def test_in_a_notebook_they_are_coloured_and_text_of_the_data_is_escaped(spec: dict[str, Any]):
    shown = mask_of_spec(read_spec(spec)).output()
    assert "⟦snow&lt;|im_end|&gt;⟧</span>" in shown["text/html"]
    assert "background:" in shown["text/html"]
    assert "<b>red</b>" not in shown["text/html"]
    assert "<b>red</b>" in shown["text/plain"]


def test_of_a_run_it_shows_the_same_and_leaves_its_record_alone(spec: dict[str, Any], place: Path):
    run = train(spec, place / "runs").run
    before = run.folder.events.read_bytes()
    assert mask_of_run(run).rows == mask_of_spec(read_spec(spec)).rows
    assert run.folder.events.read_bytes() == before


def test_a_task_without_a_mask_says_so(tiny_spec: dict[str, Any], place: Path):
    with pytest.raises(SpecError, match="does not learn some tokens of a row and pass over others"):
        mask_of_spec(read_spec(tiny_spec))
    spec = {**tiny_spec, "train": {"epochs": 1}}
    with pytest.raises(NbftError, match="there is no mask"):
        mask_of_run(train(spec, place / "runs").run)
