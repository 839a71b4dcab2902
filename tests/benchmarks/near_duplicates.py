"""Measures the search for near duplicates on 100,000 short rows: python tests/benchmarks/near_duplicates.py [rows]

The rows are made of a vocabulary, a third of them as variants of others (a word left out, a letter changed, capitals, a
full stop). `found` counts rows like an earlier one; `missed` is against a comparison of all with all of 3,000 rows.
datasketch is measured beside it where it is installed; rows made from one template are the hardest case.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable

from nbft.data.duplicates import find_duplicates, find_near, folded
from nbft.data.near_duplicates import pieces, similarity

VOCABULARY = 20_000
CHECKED = 3_000


def texts_of(rows: int) -> list[str]:
    """Returns short rows, a third of them variants of others."""
    rng = random.Random(1)
    words = ["".join(rng.choices("etaoinshrdlucm", k=rng.randint(2, 9))) for _ in range(VOCABULARY)]
    weights = [1 / (place + 1) for place in range(VOCABULARY)]
    own = [" ".join(rng.choices(words, weights, k=rng.randint(3, 20))) for _ in range(rows * 2 // 3)]
    texts = own + [varied(rng.choice(own), rng) for _ in range(rows - len(own))]
    rng.shuffle(texts)
    return texts


def varied(text: str, rng: random.Random) -> str:
    """Returns a text that is nearly the same."""
    words = text.split()
    at = rng.randrange(len(text))
    return rng.choice(
        [
            text + " .",
            text.upper(),
            text[:at] + rng.choice("abcdefgh") + text[at + 1 :],
            " ".join(words[: rng.randrange(len(words))] + words[-1:]),
        ]
    )


def templates(rows: int) -> list[str]:
    """Returns rows that are all much alike."""
    rng = random.Random(1)
    return [
        f"Order {rng.randrange(10**7)} of customer {rng.randrange(10**5)} left the warehouse today" for _ in range(rows)
    ]


def missed(texts: list[str], wanted: float) -> tuple[int, int]:
    """Returns (rows that a comparison of all with all finds and the search doesn't, rows it finds)."""
    sets = [pieces(folded(text)) for text in texts]
    kept: list[int] = []
    expected = set()
    for row, own in enumerate(sets):
        if any(similarity(own, sets[other]) >= wanted for other in kept):
            expected.add(row)
        else:
            kept.append(row)
    return len(expected - {row for row, _ in find_near(texts, wanted)}), len(expected)


def with_datasketch(texts: list[str], wanted: float) -> int:
    """Returns how many rows datasketch's own index finds, each pair verified in the same way."""
    from datasketch import MinHash, MinHashLSH  # pyright: ignore[reportMissingImports] - measured where it is there

    index, found = MinHashLSH(threshold=wanted, num_perm=128), 0
    for row, text in enumerate(texts):
        own = pieces(folded(text))
        sketch = MinHash(num_perm=128, seed=1)
        sketch.update_batch([piece.encode() for piece in own])
        if any(similarity(own, pieces(folded(texts[int(str(other))]))) >= wanted for other in index.query(sketch)):
            found += 1
        else:
            index.insert(str(row), sketch)
    return found


def measure(name: str, search: Callable[[], int]) -> None:
    """Prints a line of the table."""
    start, cpu = time.perf_counter(), time.process_time()
    found = search()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {name} | {wall:.1f} | {cpu:.1f} | {found:,} | {memory:,.0f} |", flush=True)


def main() -> None:
    """Prints the tables."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    texts, alike = texts_of(rows), templates(rows)
    print(f"{rows:,} rows of {sum(map(len, texts)) / rows:.0f} characters\n")
    print("| search | seconds | of one core | found | peak MB |\n|---|---|---|---|---|")
    measure("exact", lambda: len(find_duplicates(texts).rows))
    for wanted in (0.9, 0.8, 0.7):
        measure(f"near, {wanted}", lambda wanted=wanted: len(find_near(texts, wanted)))
    measure("near, 0.9, one template", lambda: len(find_near(alike, 0.9)))
    try:
        measure("datasketch, 0.9", lambda: with_datasketch(texts, 0.9))
    except ImportError:
        print("| datasketch | not installed | | | |")
    print(f"\nAgainst all with all, {CHECKED:,} rows:\n\n| similarity | found | missed |\n|---|---|---|")
    for wanted in (0.95, 0.9, 0.8, 0.7):
        lost, total = missed(texts[:CHECKED], wanted)
        print(f"| {wanted} | {total - lost} | {lost} |")


if __name__ == "__main__":
    main()
