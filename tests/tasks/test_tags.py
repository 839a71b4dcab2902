"""Tags and words as people have them, made into BIO."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from nbft.errors import DataError
from nbft.inference.token_classification import stretches
from nbft.inference.words import joined, words_of
from nbft.tasks.tagged_rows import has_spans, read_tagged
from nbft.tasks.tags import read_spans, scheme_of, tag_names, tags_of_spans, to_bio

TEXT = "Ana Lopez flew to Rio."
SPANS = [{"start": 0, "end": 9, "label": "PER"}, {"start": 18, "end": 21, "label": "LOC"}]
BIO = ["B-PER", "I-PER", "O", "O", "B-LOC", "O"]


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in words_of(text)]


def read(columns: dict[str, list[Any]], features: Features | None = None) -> list[list[str] | None]:
    source, tags = columns
    rows, _ = read_tagged(Dataset.from_dict(columns, features=features), source, tags, None)
    return [row.tags if row else None for row in rows]


def test_the_scheme_is_seen_from_the_tags():
    assert scheme_of([["B-PER", "I-PER", "O"], ["O", "B-LOC"]]) == "BIO"
    assert scheme_of([["I-PER", "I-PER", "O"], ["I-LOC", "B-LOC"]]) == "IOB1"
    assert scheme_of([["I-PER", "O"], ["B-LOC", "O"]]) == "BIO"  # noise: IOB1 begins none with B-
    assert scheme_of([["S-PER", "O"], ["B-LOC", "E-LOC"]]) == "BIOES"
    assert scheme_of([["U-PER", "O"], ["B-LOC", "L-LOC"]]) == "BIOES"
    assert scheme_of([["DET", "NOUN"]]) == "words"


def test_every_scheme_becomes_bio():
    expected = ["B-PER", "I-PER", "B-PER", "O", "B-LOC", "B-ORG"]
    assert to_bio(["I-PER", "I-PER", "B-PER", "O", "I-LOC", "I-ORG"], "IOB1") == expected
    assert to_bio(["B-PER", "E-PER", "S-PER", "O", "S-LOC", "S-ORG"], "BIOES") == expected
    assert to_bio(["B-PER", "L-PER", "U-PER", "O", "U-LOC", "U-ORG"], "BIOES") == expected
    assert to_bio(expected, "IOB1") == expected


def test_names_are_o_and_both_marks_of_each_type():
    assert tag_names([["O", "B-PER"], ["B-LOC", "I-LOC"]], "BIO") == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert tag_names([["VERB", "NOUN"], ["O"]], "words") == ["O", "NOUN", "VERB"]


def test_stretches_are_read_as_seqeval_reads_them():
    from seqeval.metrics.sequence_labeling import get_entities

    rows = [["B-A", "I-A", "I-B", "O", "I-B", "B-B", "I-A", "B-A", "O"], ["I-A"], ["O", "B-A-b", "I-A-b"]]
    for tags in rows:
        assert [(label, first, last) for first, last, label in stretches(tags)] == get_entities(tags)


def test_words_are_runs_of_letters_single_signs_and_single_han_characters():
    assert words("It's Ana_1's 3.5%!") == ["It", "'", "s", "Ana_1", "'", "s", "3", ".", "5", "%", "!"]
    assert words("我爱Berlin。") == ["我", "爱", "Berlin", "。"]
    assert words("हिन्दी में") == ["हिन्दी", "में"]
    assert words(" \n") == []


def test_words_joined_are_found_at_their_places():
    text, places = joined(["A", "tiny", "one"])
    assert [text[start:end] for start, end in places] == ["A", "tiny", "one"]


def test_spans_of_characters_become_tags():
    assert tags_of_spans(read_spans(SPANS, 1, len(TEXT)), words_of(TEXT)) == (BIO, 0, 0)
    doccano = [[0, 9, "PER"], [18, 21, "LOC"]]
    assert read_spans(doccano, 1, len(TEXT)) == read_spans(SPANS, 1, len(TEXT))
    label_studio = [{"start": 0, "end": 9, "labels": ["PER"]}]
    assert read_spans(label_studio, 1, len(TEXT)) == [(0, 9, "PER")]


def test_a_span_within_a_word_is_widened_and_one_within_another_left_out_and_both_are_counted():
    inner = [(0, 9, "PER"), (4, 9, "NAME"), (19, 21, "LOC")]
    assert tags_of_spans(inner, words_of(TEXT)) == (BIO, 1, 1)


@pytest.mark.parametrize(
    ("span", "says"),
    [
        ({"start": 3, "end": 99, "label": "PER"}, "Row 7 holds a span from 3 to 99 of a text of 22 characters"),
        ({"start": 3, "end": 3, "label": "PER"}, "from 3 to 3"),
        ({"start": 3, "label": "PER"}, "Row 7 holds a span that can't be read"),
    ],
)
def test_a_span_that_cannot_be_is_refused_with_its_row(span: dict[str, Any], says: str):
    with pytest.raises(DataError, match=says):
        read_spans([span], 7, len(TEXT))


def test_rows_of_every_form_give_the_same_tags():
    tokens = ["Ana", "Lopez", "flew", "to", "Rio", "."]
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    numbers = [names.index(tag) for tag in BIO]
    named = Features({"tokens": List(Value("string")), "tags": List(ClassLabel(names=names))})
    assert read({"tokens": [tokens], "tags": [BIO]}) == [BIO]
    assert read({"tokens": [tokens], "tags": [numbers]}, named) == [BIO]
    assert read({"tokens": [" ".join(tokens)], "tags": [" ".join(BIO)]}) == [BIO]
    assert read({"tokens": [" ".join(tokens)], "tags": [",".join(BIO)]}) == [BIO]
    assert read({"tokens": [str(tokens)], "tags": [str(BIO)]}) == [BIO]
    assert read({"text": [TEXT, TEXT], "spans": [SPANS, []]}) == [BIO, ["O"] * 6]
    assert read({"tokens": [tokens, [], None], "tags": [BIO, [], None]}) == [BIO, None, None]


def test_numbers_without_names_stay_numbers_but_for_0():
    rows = Dataset.from_dict({"tokens": [["a", "b", "c"]], "tags": [[0, 2, 1]]})
    read_rows, said = read_tagged(rows, "tokens", "tags", None)
    assert [row.tags for row in read_rows if row] == [["O", "2", "1"]]
    assert said.notes == ["The tags in column 'tags' are numbers without names: 0 was taken for O."]


def test_spans_are_told_from_tags_also_where_no_row_has_one():
    feature = Features({"text": Value("string"), "spans": List({"start": Value("int64"), "label": Value("string")})})
    assert has_spans(Dataset.from_dict({"text": ["x"], "spans": [[]]}, features=feature), "spans")
    assert not has_spans(Dataset.from_dict({"text": ["x"], "spans": [["O"]]}), "spans")


def test_preprocessing_goes_word_by_word_and_is_refused_for_spans():
    rows = Dataset.from_dict({"tokens": [["Ana", "flew"]], "tags": [["B-PER", "O"]]})
    read_rows, _ = read_tagged(rows, "tokens", "tags", str.upper)
    assert [row.text for row in read_rows if row] == ["ANA FLEW"]
    with pytest.raises(DataError, match=r"data\.preprocess would move"):
        read_tagged(Dataset.from_dict({"text": [TEXT], "spans": [SPANS]}), "text", "spans", str.upper)


def test_tokens_and_tags_of_different_lengths_are_refused_with_their_row():
    rows = Dataset.from_dict({"tokens": [["a"], ["a", "b"]], "tags": [["O"], ["O"]]})
    with pytest.raises(DataError, match="Row 2 has 2 tokens and 1 tags"):
        read_tagged(rows, "tokens", "tags", None)
    missing = Dataset.from_dict({"tokens": [["a", "b"]], "tags": [["O", None]]})
    with pytest.raises(DataError, match="Row 1 holds the tag None"):
        read_tagged(missing, "tokens", "tags", None)
