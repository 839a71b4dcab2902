"""YAML 1.2 truth, the place of everything, and that no text at all can do harm."""

from __future__ import annotations

import json
import math
import time

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbft.errors import SpecError
from nbft.spec import yaml_text
from nbft.spec.dump import dump_yaml
from nbft.spec.load import read_spec
from nbft.spec.scalars import spell
from nbft.spec.yaml_text import read_yaml

NUMBERS = {
    "2e-5": 2e-5,
    "1e5": 100_000,
    "1.5e3": 1500.0,
    ".5": 0.5,
    "5.": 5.0,
    "1_000": 1000,
    "-3": -3,
    "+3": 3,
    "0x1F": 31,
    "0o17": 15,
    "1E-3": 1e-3,
    "0": 0,
    "0.1": 0.1,
    ".inf": math.inf,
    "-.INF": -math.inf,
}
TEXTS = [
    "on",
    "off",
    "yes",
    "no",
    "Yes",
    "y",
    "n",
    "010",
    "007",
    "12:30",
    "190:20:30",
    "1_",
    "_1",
    "1__0",
    "2026-11-23",
]
TEXTS += [
    "0b11",
    "0o9",
    "1.2.3",
    "10%",
    "e5",
    "1e",
    "--1",
    "=",
    "<<",
    "None",
    "none",
    "nan",
    "inf",
    "٣",
    "9" * 5000,
]


@pytest.mark.parametrize(("word", "value"), NUMBERS.items())
def test_numbers_of_yaml_1_2_are_numbers(word, value):
    found = read_yaml(f"a: {word}").data["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("word", TEXTS)
def test_what_yaml_1_1_took_for_something_else_is_text(word):
    assert read_yaml(f"a: {word}").data == {"a": word}


@pytest.mark.parametrize("word", ["'1'", '"true"', "'~'", "'2e-5'"])
def test_words_in_quotes_are_text(word):
    assert read_yaml(f"a: {word}").data == {"a": word[1:-1]}


@pytest.mark.parametrize(("word", "value"), [("true", True), ("FALSE", False), ("~", None), ("Null", None), ("", None)])
def test_truth_and_null_are_spelled_as_in_yaml_1_2(word, value):
    assert read_yaml(f"a: {word}").data == {"a": value}


def test_every_key_and_value_knows_its_place():
    text = "model: bert\ndata:\n  columns: {text: 'a b', label: c}\nevaluate:\n  metrics:\n  - f1\n  - accuracy\n"
    found = read_yaml(text)

    def stands(span) -> str:
        assert span.line == span.end_line
        return found.lines[span.line][span.column : span.end_column]

    assert {path[-1]: stands(span) for path, span in found.keys.items()} == {
        name: name for name in ("model", "data", "columns", "text", "label", "evaluate", "metrics")
    }
    scalars = {path: stands(span) for path, span in found.values.items() if span.line == span.end_line}
    assert scalars[("data", "columns", "text")] == "'a b'"
    assert scalars[("data", "columns")] == "{text: 'a b', label: c}"
    assert scalars[("evaluate", "metrics", 1)] == "accuracy"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_alike_for_every_line_end(end):
    problem = read_yaml(end.join(["a: 1", "b: 2", "", "a: 3"])).problems[0]
    assert (problem.line, problem.column) == (4, 1)


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    assert read_yaml("\ufeffa: 1").data == {"a": 1}


def test_the_pure_parser_gives_the_same_as_libyaml(monkeypatch):
    text = "a: [1, {b: 'x'}]\nc:\n  - d: |\n      long\n      text\n    e: \"\\t\"\n  - 😀: ä # note\n"
    fast = read_yaml(text)
    monkeypatch.setattr(yaml_text, "_Loader", yaml.SafeLoader)
    slow = read_yaml(text)
    assert (fast.data, fast.keys, fast.values) == (slow.data, slow.keys, slow.values)
    assert fast.data == {"a": [1, {"b": "x"}], "c": [{"d": "long\ntext\n", "e": "\t"}, {"😀": "ä"}]}


def test_a_tab_inside_a_text_is_allowed():
    assert read_yaml("a: |\n  one\n  \ttwo\nb:\t3\n").data == {"a": "one\n\ttwo\n", "b": 3}


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 30000,
        "{" * 30000,
        "- " * 30000,
        "a: " + "'" * 60001,
        "? " * 30000,
        "a:\n" + " b:\n" * 15000,
        "a: &a [x,x]\n" + "".join(f"{c}: &{c} [*{p},*{p}]\n" for p, c in zip("abcdefghij", "bcdefghijk", strict=True)),
        "".join(f"k{i}: [a, b, {{x: 1}}]\n" for i in range(2800)),
        "a: " + "x" * 65000,
        "x" * 1000000,
        "a\n" * 30000,
        "nested: " + "{a: " * 10000,
        "%" * 60000,
        "\t" * 60000,
        "#" * 65000,
        "\n" * 65000,
        '"\\u0000' * 9000,
        "a: !!" * 9000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_large_and_hostile_texts_are_answered_within_a_second(text):
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        read_spec(text)
    assert time.process_time() - start < 1
    assert len(str(caught.value)) < 3_000_000


def test_a_text_of_a_megabyte_is_refused_by_its_size():
    with pytest.raises(SpecError, match=r"977 KB long; a spec has at most 64 KB"):
        read_spec("a" * 1_000_000)


WORDS = st.sampled_from(
    [
        "model",
        "data",
        "train",
        "columns",
        "evaluate",
        "metrics",
        "epochs",
        "every",
        "seed",
        "early_stopping",
        "text",
        "monitor",
        "validation",
        ":",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        '"',
        "#",
        " #",
        "|",
        ">",
        "&a",
        "*a",
        "!t",
        "?",
        "%",
        "@",
        "\t",
        "$x",
        "$$",
        "10%",
        "2e-5",
        "-1",
        "null",
        "~",
        "on",
        "é",
        "\xa0",
        "\\",
        "---",
        "...",
        "<<",
        "reviews.csv",
        "starter-encoder",
        "f1",
        "0",
        "1e400",
        ".nan",
        "\ufeff",
        "\u2028",
        "\x00",
        "😀",
        "lr",
        "=",
        "x: y: z",
    ]
)


@settings(max_examples=400, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map("".join)))
@example("model: x\ndata: {train: \ud800}")
@example('model: "\\0"\ndata: {train: "\\0.csv"}')
@example("model: ~nobody/x\ndata: {train: ~nobody/x.csv}")
@example("model: x\ndata: {train: " + "y" * 5000 + ".csv}")
@example("train: {epochs: 1e400, learning_rate: 1" + "0" * 30 + "}")
def test_any_text_gives_a_spec_or_a_spec_error(text):
    assert outcome(text, variables={"x": 3})


def outcome(source, **how) -> str:
    """Returns the spec or its problems as text; whatever else happens is an error of nbft."""
    try:
        return str(read_spec(source, **how).spec)
    except SpecError as error:
        said = str(error)
        said.encode()
        return said if all(problem.what for problem in error.problems) else ""


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=1000)
@given(st.dictionaries(st.text(min_size=1, max_size=8), PLAIN, min_size=1, max_size=4))
@example(
    {"a": "1e5", "k": "%", "b": "on", "c": "007", "d": "2e-5", "e": "", "f": "~", "g": "\x85", "h": "=", "<<": "10%"}
)
def test_what_is_written_is_read_back(data):
    found = read_yaml(dump_yaml(data))
    assert (found.problems, found.data) == ([], data)


@settings(max_examples=300, deadline=1000)
@given(PLAIN)
def test_a_value_spelled_on_one_line_is_read_back(value):
    found = read_yaml(f"a: {spell(value)}")
    assert (found.problems, found.data) == ([], {"a": value}), spell(value)


def test_reading_makes_nothing_but_plain_data(tmp_path):
    touched = tmp_path / "touched"
    found = read_yaml(f"a: !!python/object/apply:pathlib.Path.touch ['{touched}']\nb: !!python/name:os.system")
    assert not touched.exists()
    json.dumps(found.data)
    assert len(found.problems) == 2
