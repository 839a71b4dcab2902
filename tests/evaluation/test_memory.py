"""What an evaluation holds in memory: a batch's logits, not those of all rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nbft
from nbft.launch.inline import InlineWorker, run_inline
from nbft.launch.prepare import prepare_folder
from nbft.record.folder import RunFolder
from nbft.spec.load import read_spec
from tests.evaluation.runs import DECODER

WORDS, BLOCK, FEW = 8000, 64, 64
WORKER = """\
import resource, sys
from nbft import worker
code = worker.command(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
sys.exit(code)
"""


def text_of(blocks: int) -> str:
    """Returns a text of so many blocks, with every word of the vocabulary in its beginning."""
    return " ".join(f"w{i % WORDS}" for i in range(blocks * (BLOCK - 1)))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="getrusage is not of Windows")
def test_memory_grows_with_predictions_and_not_with_logits(place: Path, monkeypatch: pytest.MonkeyPatch):
    (place / "train.txt").write_text(text_of(2 * WORDS // BLOCK))
    for name, blocks in (("few", FEW), ("many", 8 * FEW)):
        (place / f"{name}.txt").write_text(text_of(blocks))
    spec = {
        "model": {"from_scratch": DECODER},
        "tokenizer": {"train": "words", "vocabulary": WORDS},
        "task": "text-generation",
        "data": {"train": "train.txt", "validation": "few.txt", "test": "few.txt"},
        "train": {"epochs": 0.05, "precision": "fp32"},
    }
    run_inline(prepare_folder(read_spec(spec), "large"))
    peaks: list[int] = []

    def measured(folder: RunFolder, *arguments: str) -> InlineWorker:
        command = [sys.executable, "-c", WORKER, str(folder.path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout.splitlines()[-1]))
        return InlineWorker(done.returncode)

    monkeypatch.setattr("nbft.evaluation.start_process", measured)
    rows = [len(nbft.evaluate("large", data=f"{name}.txt", baselines=False).predictions) for name in ("few", "many")]
    assert rows[1] == pytest.approx(8 * FEW, rel=0.1)
    logits = (rows[1] - rows[0]) * BLOCK * WORDS * 4
    assert logits > 700e6
    assert peaks[1] - peaks[0] < logits / 10
