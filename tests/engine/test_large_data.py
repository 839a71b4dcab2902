"""Two gigabytes of jsonl, trained on in the memory of a laptop: minutes, so it is marked slow."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path

import psutil
import pytest

from nbft.launch.prepare import prepare_folder
from nbft.launch.process import start_process
from nbft.run import Run
from nbft.spec.load import read_spec
from tests.conftest import BAD, FILLER, GOOD

BYTES = 2 * 10**9
MOST_BYTES = 1.5 * 10**9
ROW_CHARACTERS = 20_000


def write_large(file: Path) -> int:
    """Writes rows of long texts whose label is told by their words, and returns how many they are."""
    chance = random.Random(0)
    texts = []
    for i in range(50):
        words = (*FILLER, *((GOOD, BAD)[i % 2] * 2))
        texts.append(" ".join(chance.choices(words, k=ROW_CHARACTERS // 5)))
    written = count = 0
    with file.open("w", encoding="utf-8") as out:
        while written < BYTES:
            row = {"id": count, "text": f"row {count} {texts[count % 50]}", "label": ("good", "bad")[count % 2]}
            written += out.write(json.dumps(row) + "\n")
            count += 1
    return count


def peak_bytes(folder: Path, is_over: threading.Event) -> int:
    """Returns the most memory that a worker had for itself: pages of mapped files can be taken from it at any time."""
    (process,) = (p for p in psutil.Process().children() if str(folder) in p.cmdline())
    most = 0
    while not is_over.wait(0.05):
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except OSError:
            break
        own = [int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "RssShmem"))]
        most = max(most, sum(own) * 1024)
    return most


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read from Linux's /proc")
def test_two_gigabytes_are_trained_on_within_one_and_a_half(tiny_model: Path, place: Path):
    file = place / "large.jsonl"
    count = write_large(file)
    spec = {
        "model": str(tiny_model),
        "task": "text-classification",
        "data": {"train": str(file), "validation": 200, "max_tokens": 32},
        "train": {"epochs": 20 * 16 / count, "batch_size": 16, "learning_rate": 1e-3},
    }
    folder = prepare_folder(read_spec(spec), "large", place / "runs")
    start_process(folder)
    is_over, found = threading.Event(), []
    watcher = threading.Thread(target=lambda: found.append(peak_bytes(folder.path, is_over)))
    watcher.start()
    run = Run(folder).wait()
    is_over.set()
    watcher.join()
    file.unlink()
    assert run.status == "finished"
    assert run.state.plan is not None
    assert run.state.plan.rows["train"] == count - 200
    assert 2e8 < found[0] < MOST_BYTES
