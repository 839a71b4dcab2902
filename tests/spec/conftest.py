"""Rows and variables that the specs of these tests name."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
REVIEWS = [{"review": "A fine film.", "stars": 1}, {"review": "Dull.", "stars": 0}]


def average(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.fixture
def variables() -> dict[str, object]:
    return {
        "reviews": REVIEWS,
        "table": {"review": ["A fine film."], "stars": [1]},
        "pairs": [{"first": "a", "second": "b"}],
        "share": 0.1,
        "seed": 7,
        "nothing": [],
        "rate": "fast",
        "average": average,
    }


@pytest.fixture
def in_rows(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Works in the folder that holds reviews.csv and messages.jsonl."""
    monkeypatch.chdir(HERE / "rows")
    return HERE / "rows"
