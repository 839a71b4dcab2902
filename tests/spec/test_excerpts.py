"""How a problem is shown: the line without its indentation, and a caret below the right characters."""

from __future__ import annotations

import pytest

from nbft.errors import MAX_EXCERPT, Problem


def shown(excerpt: str, column: int, width: int = 1) -> list[str]:
    """Returns the line and the carets, without the six spaces that they begin with."""
    return [line[6:] for line in str(Problem("x", line=1, column=column, width=width, excerpt=excerpt)).split("\n")[1:]]


@pytest.mark.parametrize(
    ("excerpt", "column", "width", "lines"),
    [
        ("    txt: review", 5, 3, ["txt: review", "^^^"]),
        ("  c: 2", 1, 2, ["  c: 2", "^^"]),
        ("\ta: 1", 1, 1, ["→a: 1", "^"]),
        ("名前: 値", 5, 1, ["名前: 値", "      ^^"]),
        ("e\u0301a: b", 5, 1, ["e\u0301a: b", "   ^"]),
        ("a: \u202ex\x1b[31m", 4, 2, ["a: ·x·[31m", "   ^^"]),
        ("a: 1", 5, 1, ["a: 1", "    ^"]),
        ("a: 1", 4, 99, ["a: 1", "   ^"]),
    ],
)
def test_the_caret_stands_below_what_is_meant(excerpt, column, width, lines):
    assert shown(excerpt, column, width) == lines


@pytest.mark.parametrize("column", [1, 50, 150, 250, 299])
def test_of_a_long_line_only_the_part_around_the_caret_is_shown(column):
    text = "".join(chr(ord("a") + n % 26) for n in range(300))
    line, carets = shown(text, column)
    assert len(line) <= MAX_EXCERPT + 2
    assert line[carets.index("^")] == text[column - 1]


def test_a_problem_without_a_place_is_a_sentence():
    assert str(Problem("There is no YAML here.", "Write one.")) == "  There is no YAML here.\n  Write one."
