"""What the live dashboard costs the training it shows: the same run from a cell with widgets, and without anybody looking.

    python tests/benchmarks/dashboard_cost.py [--model starter-encoder] [--train starter-reviews] [--rounds 5] [--epochs 2]

Timed is the training phase alone, from the run's own record; the two kinds are interleaved, and the ratio is taken pair by
pair. `kernel CPU` is what the notebook's kernel used meanwhile, as a share of the phase.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import psutil
from jupyter_client.manager import KernelManager, start_new_kernel

from nbft.launch.prepare import prepare_folder
from nbft.launch.process import start_process
from nbft.record import events as word
from nbft.run import Run, open_run
from nbft.spec.load import read_spec

CELL_TIMEOUT_S = 1200


def spec_text(options: argparse.Namespace) -> str:
    return (
        f"model: {options.model}\ndata: {{train: {options.train}, validation: 10%, test: 0}}\n"
        f"train: {{epochs: {options.epochs}, learning_rate: 1e-4}}\n"
    )


def training_seconds(run: Run) -> float:
    """Returns how long the training phase took, from the run's record."""
    events = run.follow()
    begin = next(e.time for e in events if isinstance(e, word.PhaseStarted) and e.phase == "training")
    end = next(e.time for e in events if isinstance(e, word.PhaseStarted) and e.time > begin)
    return end - begin


def alone(options: argparse.Namespace) -> float:
    """Trains with nobody looking."""
    folder = prepare_folder(read_spec(spec_text(options)), "alone")
    return training_seconds(Run(folder, start_process(folder)).wait())


def watched(options: argparse.Namespace) -> tuple[float, float]:
    """Trains from a cell whose front end may click, so that every widget is live; returns seconds and the kernel's CPU share."""
    manager, client = start_new_kernel(kernel_name="python3")
    assert isinstance(manager, KernelManager)
    try:
        client.execute_interactive("%load_ext nbft", timeout=60, output_hook=lambda _: None)
        process = next(p for p in psutil.Process().children() if "ipykernel" in " ".join(p.cmdline()))
        before = sum(process.cpu_times()[:2])
        cell = f"%%finetune watched\n{spec_text(options)}"
        client.execute_interactive(cell, timeout=CELL_TIMEOUT_S, output_hook=lambda _: None, allow_stdin=True)
        used = sum(process.cpu_times()[:2]) - before
        seconds = training_seconds(open_run("watched").wait())
        return seconds, used / seconds
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="starter-encoder")
    parser.add_argument("--train", default="starter-reviews")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=2)
    options = parser.parse_args()
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NBFT_RUNS"] = str(Path(folder) / "nbft-runs")
        for number in range(options.rounds):  # who goes first changes, so that a warm machine favours neither
            first = watched(options) if number % 2 else None
            nobody = alone(options)
            pairs.append((nobody, *(first or watched(options))))
    print(f"{'alone s':>9}{'watched s':>11}{'ratio':>8}{'kernel CPU':>12}")
    for nobody, seconds, share in pairs:
        print(f"{nobody:>9.2f}{seconds:>11.2f}{seconds / nobody:>8.3f}{share:>12.1%}")
    ratios = [seconds / nobody for nobody, seconds, _ in pairs]
    print(f"median ratio {statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")


if __name__ == "__main__":
    main()
