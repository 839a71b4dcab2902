"""What a second run on the same rows saves: until it trains, first with an empty cache and then with what the first one kept.

    python tests/benchmarks/second_run.py --train sst2/glue_train.parquet [--model starter-encoder] [--rounds 3]

Every round has a cache folder of its own and starts two runs that end after one step. The phases are from the runs' own
record; `imports` is what a worker takes until it begins, `from tokens to the first step` is what is left once the rows are
tokenised or found: the model, the check-up, and the step itself. The bar of a second run is 2 seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from nbft.launch.prepare import prepare_folder
from nbft.launch.process import start_process
from nbft.record import events as word
from nbft.run import Run
from nbft.spec.load import read_spec

BAR_S = 2.0
BEFORE, FROM_TOKENS, WHOLE = "imports", "from tokens to the first step", "all until the first step"


def phases(options: argparse.Namespace) -> dict[str, float]:
    """Returns the seconds of each phase of a run until its first step is done."""
    spec = {
        "model": options.model,
        "data": {"train": str(Path(options.train).absolute()), "validation": 500},
        "train": {"epochs": 0.0001},
    }
    started = time.time()
    folder = prepare_folder(read_spec(spec), "second")
    Run(folder, start_process(folder)).wait()
    said = list(Run(folder).follow())
    first_step = next(e.time for e in said if isinstance(e, word.Measured | word.Progressed) and e.step == 1)
    begun = [(e.phase, e.time) for e in said if isinstance(e, word.PhaseStarted) and e.time < first_step]
    found = {BEFORE: begun[0][1] - started}
    for (phase, at), (_, until) in pairwise([*begun, ("", first_step)]):
        found["training, one step" if phase == "training" else phase] = until - at
    tokens = next(at for phase, at in begun if phase == "loading the model")
    return {**found, FROM_TOKENS: first_step - tokens, WHOLE: first_step - started}


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
    print(f"{'':<32}{'first run, s':>14}{'second run, s':>15}")
    for phase in first[0]:
        medians = [statistics.median(run[phase] for run in runs) for runs in (first, second)]
        print(f"{phase:<32}{medians[0]:>14.2f}{medians[1]:>15.2f}")
    taken = statistics.median(run[FROM_TOKENS] for run in second)
    print(f"\nbar: a second run steps {BAR_S:g} s after its tokens are found: {taken:.2f} s, {_met(taken)}")


def _met(taken: float) -> str:
    return "met" if taken <= BAR_S else "not met"


if __name__ == "__main__":
    main()
