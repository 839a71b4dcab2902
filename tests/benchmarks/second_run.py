"""What a second run on the same rows saves: the phases before training, first without a cache and then with it.

    python tests/benchmarks/second_run.py --train sst2/glue_train.parquet [--model starter-encoder] [--rounds 3]

Every round has a cache folder of its own and starts two runs that end after one step. Seconds are from the runs' own record.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path

from nbft.launch.prepare import prepare_folder
from nbft.launch.process import start_process
from nbft.record import events as word
from nbft.run import Run
from nbft.spec.load import read_spec


def phases(options: argparse.Namespace) -> dict[str, float]:
    """Returns the seconds of each phase of a run until it trains, and their sum."""
    spec = {
        "model": options.model,
        "data": {"train": str(Path(options.train).absolute()), "validation": 500},
        "train": {"epochs": 0.0001},
    }
    folder = prepare_folder(read_spec(spec), "second")
    Run(folder, start_process(folder)).wait()
    starts = [e for e in Run(folder).follow() if isinstance(e, word.PhaseStarted)]
    until = next(i for i, e in enumerate(starts) if e.phase == "training")
    found = {first.phase: second.time - first.time for first, second in pairwise(starts[: until + 1])}
    return {**found, "all before training": sum(found.values())}


def main() -> None:
    """Prints a table of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--model", default="starter-encoder")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    first, second = [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as place:
            os.environ.update(NBFT_CACHE=f"{place}/cache", NBFT_RUNS=f"{place}/runs")
            first.append(phases(options))
            second.append(phases(options))
    print(f"{'phase':<24}{'first run, s':>14}{'second run, s':>15}")
    for phase in first[0]:
        medians = [statistics.median(run[phase] for run in runs) for runs in (first, second)]
        print(f"{phase:<24}{medians[0]:>14.2f}{medians[1]:>15.2f}")


if __name__ == "__main__":
    main()
