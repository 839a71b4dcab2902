"""How long a spec takes: `python tests/benchmarks/spec_speed.py` prints a table of medians.

The promises: importing the loader under 400 ms, a spec of 200 lines under 50 ms, and any text of 64 KB under a second.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from nbft.errors import SpecError
from nbft.spec.fields import keys
from nbft.spec.load import read_spec
from nbft.spec.scalars import spell
from nbft.spec.scope import is_read

REPEATS = 15
AT_ODDS = ("data.order_by", "data.labels", "data.clean")
"""Keys that exclude another, or whose examples fit only some data."""


def long_spec(lines: int = 200) -> str:
    """Returns a spec that gives every key, with comments up to the number of lines."""
    text = ["model: starter-encoder"]
    for key in keys().values():
        is_function = bool(key.examples) and str(key.examples[0]).startswith("$")
        is_elsewhere = not is_read("text-classification", *key.path) or key.path[0] in ("model", "tokenizer")
        above = keys().get(key.path[:-1])
        is_inside_value = above is not None and above.inner is not None
        if is_function or is_elsewhere or is_inside_value or key.name in AT_ODDS:
            continue
        text += [f"{'  ' * (len(key.path) - 1)}# {sentence}" for sentence in key.sentence.split("; ")]
        value = (
            "imdb"
            if key.path[-1] == "train" and key.section is None
            else spell(key.examples[0] if key.examples else key.default)
        )
        if key.name in ("data.test", "data.validation"):
            value = "10%"
        text.append(f"{'  ' * (len(key.path) - 1)}{key.path[-1]}:" + ("" if key.section else f" {value}"))
    return "\n".join(text + [f"# note {n}" for n in range(lines - len(text))])


def broken_spec() -> str:
    return (
        long_spec()
        .replace("epochs: 3", "epoch: 3")
        .replace("seed: 42", "sed: x")
        .replace("patience: 3", "patience: -1")
    )


def cpu_ms(code: str) -> float:
    """Returns the processor time that a new Python process takes for the code, its start included."""
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent * 1e3


def median_ms(act: Callable[[], object], repeats: int = REPEATS) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def read_or_refuse(text: str) -> None:
    try:
        read_spec(text)
    except SpecError as error:
        str(error)


def main() -> None:
    """Prints the table."""
    spec, broken = long_spec(), broken_spec()
    large = "".join(f"k{i}: [a, b, {{x: 1}}]\n" for i in range(2800))
    importing = statistics.median(cpu_ms("import nbft.spec.load") for _ in range(REPEATS))
    rows = [
        ("import nbft.spec.load in a new Python (processor time)", importing, 400),
        (f"read a spec of {len(spec.splitlines())} lines", median_ms(lambda: read_spec(spec)), 50),
        ("explain the same with three mistakes", median_ms(lambda: read_or_refuse(broken)), 50),
        ("read a spec of 2 lines", median_ms(lambda: read_spec("model: starter-encoder\ndata: {train: imdb}")), 50),
        (f"explain {len(large) // 1024} KB of unknown keys", median_ms(lambda: read_or_refuse(large), 3), 1000),
    ]
    print(f"{'':62} {'median':>9} {'promised':>9}")
    for name, took, promised in rows:
        print(f"{name:62} {took:6.1f} ms {promised:6.0f} ms")


if __name__ == "__main__":
    main()
