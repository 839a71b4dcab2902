"""What an interval and a paired comparison cost: 20,000 rows, 2,000 resamples.

python tests/benchmarks/resampling.py [--rows 20000] [--resamples 2000]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from sacrebleu.metrics.bleu import BLEU

from nbft.metrics.decompose import decompose
from nbft.metrics.decompose.texts import bleu_value
from nbft.statistics.bootstrap import interval
from nbft.statistics.compare import compare
from nbft.statistics.decomposed import Decomposed, RowMetric


def metrics(rows: int, seed: int) -> dict[str, RowMetric]:
    """Returns metrics of random rows."""
    chance = np.random.default_rng(seed)
    two, many = chance.dirichlet([1, 1], rows), chance.dirichlet(np.ones(77), rows)
    kind, numbers = "text-classification", "text-classification, regression"
    wanted = np.random.default_rng(0).integers(0, 77, rows)
    length = chance.integers(5, 40, (rows, 1)) - np.arange(4)
    right = chance.binomial(length, 0.6)
    sums = np.column_stack([length[:, 0], length[:, 0], right, length]).astype(float)
    return {
        "accuracy": decompose("accuracy", kind, two, wanted % 2),
        "f1, 2 classes": decompose("f1", kind, two, wanted % 2),
        "f1, 77 classes": decompose("f1", kind, many, wanted),
        "bleu": Decomposed(sums, bleu_value(BLEU()), scale=100.0),
        "mse": decompose("mse", numbers, two[:, 0], wanted / 77),
        "spearman": decompose("spearman", numbers, two[:, 0], wanted),
        "roc_auc": decompose("roc_auc", kind, two, wanted % 2),
    }


def main() -> None:
    """Prints seconds by metric, and the memory's peak."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--resamples", type=int, default=2_000)
    given = options.parse_args()
    first, second = (metrics(given.rows, seed) for seed in (1, 2))
    print(f"{given.rows} rows, {given.resamples} resamples: seconds of a core for an interval, and for a comparison")
    for name, metric in first.items():
        start = time.process_time()
        interval(metric, resamples=given.resamples)
        middle = time.process_time()
        compare(metric, second[name], resamples=given.resamples)
        print(f"{name:16}{middle - start:8.2f}{time.process_time() - middle:8.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
